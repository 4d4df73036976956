// The picture: dimmed where nothing looks, lit where attention goes, the strongest regions marked.
import { strongest } from "../core/attention.js";
import { cssColour, inkOn } from "../core/colour.js";
import { boxToRectangle, placeTags } from "../core/layout.js";
import { percent } from "../core/text.js";
import { sharpen } from "./dom.js";

const AMBER = [255, 192, 92];
const NIGHT = [14, 16, 20];
const VEIL = 0.6;

/**
 * Draw the picture. `values` are the regions' weights for the word in focus, or null where a region is
 * in focus; `marked` is the region in focus, or -1.
 */
export function drawPicture(canvas, image, { width, height, boxes, values, marked, font }) {
  const pen = sharpen(canvas, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, width, height);
  const rectangles = boxes.map((box) => boxToRectangle(box, width, height));
  const best = values ? Math.max(...values) : 0;
  if (values) drawVeil(pen, rectangles, values, best, width, height);
  pen.lineWidth = 1;
  pen.strokeStyle = `rgba(255, 255, 255, ${Math.max(0.08, 0.32 * Math.min(1, 20 / boxes.length))})`;
  rectangles.forEach(([x, y, wide, high]) => pen.strokeRect(x + 0.5, y + 0.5, wide - 1, high - 1));
  const top = values ? strongest(values, 3).filter((index) => values[index] > 0.2 * best) : [];
  const order = marked >= 0 ? [marked, ...top.filter((index) => index !== marked)] : top;
  const tags = order.map((index) => (values ? `${index}  ${percent(values[index])}` : String(index)));
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const line = order[rank] === marked ? 3 : [3, 2, 1.5, 1.5][rank];
    outline(pen, rectangles[order[rank]], line);
  }
  pen.font = `600 13px ${font}`;
  const sizes = tags.map((tag) => [Math.ceil(pen.measureText(tag).width) + 12, 20]);
  placeTags(order.map((index) => rectangles[index]), sizes, width, height).forEach((place, rank) => {
    if (place) drawTag(pen, tags[rank], place, sizes[rank], rank === 0 ? AMBER : NIGHT);
  });
}

// Weakest first: where boxes overlap, the stronger one's light stays.
function drawVeil(pen, rectangles, values, best, width, height) {
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

function outline(pen, [x, y, wide, high], line) {
  pen.lineWidth = line + 2;
  pen.strokeStyle = cssColour(NIGHT, 0.75);
  pen.strokeRect(x, y, wide, high);
  pen.lineWidth = line;
  pen.strokeStyle = cssColour(AMBER);
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
