// A greyed picture whose boxes are tinted by signed shares; the strongest are outlined and told.
import { cssColour, inkOn, signedColour } from "../core/colour.js";
import { boxToRectangle, placeTags } from "../core/layout.js";
import { sharpen } from "./dom.js";

const TINT = 0.6; // where on the scale the colour of a box is: its ends are too dark for a picture
const DASH = [5, 4];
const FAINT = 0.005; // a share so small has no sign to tell

const tintedSheets = new WeakMap(); // what hovering does not change, by canvas

/**
 * Draw it: `shares` -1..1 a box, `tags` are [box, text], the first ones first, `marked` is the box in
 * focus or -1. What speaks against is outlined with dashes.
 */
export function drawSignedPicture(canvas, image, { width, height, boxes, shares, tags, marked, theme }) {
  const pen = sharpen(canvas, width, height);
  const rectangles = boxes.map((box) => boxToRectangle(box, width, height));
  pen.drawImage(tintedSheet(canvas, image, { width, height, rectangles, shares, theme }), 0, 0, width, height);
  for (let rank = tags.length - 1; rank >= 0; rank--) {
    const [box] = tags[rank];
    outlineSigned(pen, rectangles[box], shares[box], [2.5, 2, 1.5, 1.5][rank]);
  }
  if (marked >= 0) outlineFocus(pen, rectangles[marked], theme);
  pen.font = `600 13px ${theme.font}`;
  const sizes = tags.map(([, text]) => [Math.ceil(pen.measureText(text).width) + 12, 20]);
  placeTags(tags.map(([box]) => rectangles[box]), sizes, width, height).forEach((place, rank) => {
    if (place) drawSignedTag(pen, tags[rank][1], place, sizes[rank], shares[tags[rank][0]]);
  });
}

function tintedSheet(canvas, image, { width, height, rectangles, shares, theme }) {
  const key = [image.src, canvas.width, canvas.height, theme.surface, ...shares].join();
  const kept = tintedSheets.get(canvas);
  if (kept && kept.key === key) return kept.sheet;
  const sheet = new OffscreenCanvas(canvas.width, canvas.height);
  const pen = sheet.getContext("2d");
  pen.scale(canvas.width / width, canvas.height / height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, width, height);
  drawGrey(pen, width, height, theme);
  drawTints(pen, rectangles, shares, width, height);
  pen.lineWidth = 1;
  pen.strokeStyle = `rgba(128, 128, 128, ${Math.max(0.12, 0.4 * Math.min(1, 20 / rectangles.length))})`;
  rectangles.forEach(([x, y, wide, high]) => pen.strokeRect(x + 0.5, y + 0.5, wide - 1, high - 1));
  tintedSheets.set(canvas, { key, sheet });
  return sheet;
}

function drawGrey(pen, width, height, theme) {
  pen.save();
  pen.globalCompositeOperation = "saturation";
  pen.globalAlpha = 0.85;
  pen.fillStyle = "rgb(128, 128, 128)";
  pen.fillRect(0, 0, width, height);
  pen.globalCompositeOperation = "source-over";
  pen.globalAlpha = 0.22;
  pen.fillStyle = theme.surface;
  pen.fillRect(0, 0, width, height);
  pen.restore();
}

// Weakest first: where boxes overlap, the stronger one's tint stays.
function drawTints(pen, rectangles, shares, width, height) {
  if (!(width > 0 && height > 0)) return; // in a tab that is not shown
  const sheet = new OffscreenCanvas(Math.ceil(width), Math.ceil(height));
  const brush = sheet.getContext("2d");
  const order = shares.map((_, box) => box).sort((a, b) => Math.abs(shares[a]) - Math.abs(shares[b]));
  order.filter((box) => shares[box] !== 0).forEach((box) => {
    brush.clearRect(...rectangles[box]);
    brush.fillStyle = cssColour(signedColour(TINT * Math.sign(shares[box]), false), 0.75 * Math.abs(shares[box]));
    brush.fillRect(...rectangles[box]);
  });
  pen.drawImage(sheet, 0, 0, width, height);
}

function outlineSigned(pen, [x, y, wide, high], share, line) {
  pen.save();
  pen.lineWidth = line + 1.5;
  pen.strokeStyle = "rgba(14, 16, 20, 0.6)";
  pen.strokeRect(x, y, wide, high);
  pen.setLineDash(share < 0 ? DASH : []);
  pen.lineWidth = line;
  pen.strokeStyle = cssColour(signedColour(0.35 * Math.sign(share), false));
  pen.strokeRect(x, y, wide, high);
  pen.restore();
}

function outlineFocus(pen, [x, y, wide, high], theme) {
  pen.lineWidth = 5;
  pen.strokeStyle = theme.surface;
  pen.strokeRect(x, y, wide, high);
  pen.lineWidth = 2.5;
  pen.strokeStyle = theme.ink;
  pen.strokeRect(x, y, wide, high);
}

function drawSignedTag(pen, text, [x, y], [wide, high], share) {
  const paper = signedColour(Math.abs(share) < FAINT ? 0 : 0.85 * Math.sign(share), false);
  pen.fillStyle = cssColour(paper);
  pen.beginPath();
  pen.roundRect(x, y, wide, high, 3);
  pen.fill();
  pen.fillStyle = cssColour(inkOn(paper));
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillText(text, x + 6, y + high / 2 + 0.5);
}
