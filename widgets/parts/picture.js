// The picture: dimmed where nothing looks, lit where attention goes, the strongest regions marked.
import { strongest } from "../core/attention.js";
import { cssColour, inkOn } from "../core/colour.js";
import { boxToRectangle, placeTags } from "../core/layout.js";
import { signedPoints } from "../core/difference.js";
import { percent } from "../core/text.js";
import { sharpen } from "./dom.js";

const AMBER = [255, 192, 92];
const LESS = [140, 196, 255];
const NIGHT = [14, 16, 20];
const VEIL = 0.6;

/**
 * Draw the picture. `values` are the regions' weights for what is in focus, or null where words are
 * weighed; `marked` is the region in focus, or -1; `signed` means that values are differences; regions
 * in `taken` are crossed out.
 */
export function drawPicture(canvas, image, { width, height, boxes, values, marked, font, signed = false, taken = [] }) {
  const pen = sharpen(canvas, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, width, height);
  const rectangles = boxes.map((box) => boxToRectangle(box, width, height));
  const sizes = values ? values.map(Math.abs) : null;
  const best = sizes ? Math.max(...sizes) : 0;
  if (sizes) drawVeil(pen, rectangles, sizes, best, width, height);
  pen.lineWidth = 1;
  pen.strokeStyle = `rgba(255, 255, 255, ${Math.max(0.08, 0.32 * Math.min(1, 20 / boxes.length))})`;
  rectangles.forEach(([x, y, wide, high]) => pen.strokeRect(x + 0.5, y + 0.5, wide - 1, high - 1));
  taken.forEach((index) => crossOut(pen, rectangles[index]));
  const top = sizes ? strongest(sizes, 3).filter((index) => sizes[index] > 0.2 * best) : [];
  const order = marked >= 0 ? [marked, ...top.filter((index) => index !== marked)] : top;
  const told = (index) => (signed ? signedPoints(values[index]) : percent(values[index]));
  const tags = order.map((index) => (values && top.includes(index) ? `${index}  ${told(index)}` : String(index)));
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const line = order[rank] === marked ? 3 : [3, 2, 1.5, 1.5][rank];
    outline(pen, rectangles[order[rank]], line, values && signed && values[order[rank]] < 0 ? LESS : AMBER);
  }
  pen.font = `600 13px ${font}`;
  const rooms = tags.map((tag) => [Math.ceil(pen.measureText(tag).width) + 12, 20]);
  placeTags(order.map((index) => rectangles[index]), rooms, width, height).forEach((place, rank) => {
    if (place) drawTag(pen, tags[rank], place, rooms[rank], rank === 0 ? AMBER : NIGHT);
  });
}

function crossOut(pen, [x, y, wide, high]) {
  for (const [colour, line] of [[cssColour(NIGHT, 0.8), 4], ["rgb(255, 255, 255)", 1.5]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = line;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + wide, y + high);
    pen.moveTo(x + wide, y);
    pen.lineTo(x, y + high);
    pen.stroke();
  }
}

// Weakest first: where boxes overlap, the stronger one's light stays.
function drawVeil(pen, rectangles, values, best, width, height) {
  if (!(width > 0 && height > 0)) return; // in a tab that is not shown
  const veil = new OffscreenCanvas(Math.ceil(width), Math.ceil(height));
  const shade = veil.getContext("2d");
  shade.fillStyle = cssColour(NIGHT, VEIL);
  shade.fillRect(0, 0, width, height);
  strongest(values, values.length).reverse().forEach((index) => {
    const share = best > 0 ? values[index] / best : 0;
    shade.clearRect(...rectangles[index]);
    shade.fillStyle = cssColour(NIGHT, VEIL * (1 - share));
    shade.fillRect(...rectangles[index]);
  });
  pen.drawImage(veil, 0, 0, width, height);
}

function outline(pen, [x, y, wide, high], line, colour) {
  pen.lineWidth = line + 2;
  pen.strokeStyle = cssColour(NIGHT, 0.75);
  pen.strokeRect(x, y, wide, high);
  pen.lineWidth = line;
  pen.strokeStyle = cssColour(colour);
  pen.strokeRect(x, y, wide, high);
}

function drawTag(pen, text, [x, y], [wide, high], paper) {
  pen.fillStyle = cssColour(paper);
  pen.beginPath();
  pen.roundRect(x, y, wide, high, 3);
  pen.fill();
  pen.fillStyle = cssColour(inkOn(paper));
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillText(text, x + 6, y + high / 2 + 0.5);
}
