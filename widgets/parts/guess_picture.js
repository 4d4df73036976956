// The picture of a guess: its regions, and over those that are hidden a veil with a question mark.
import { cssColour } from "../core/colour.js";
import { boxToRectangle } from "../core/layout.js";
import { sharpen } from "./dom.js";

const ASKED = [255, 192, 92];
const COVER = [14, 16, 20];

/** Draw it: `hidden` are regions, `asked` the one asked about (-1: none); `keptBack` covers them whole. */
export function drawGuessPicture(canvas, image, { width, height, boxes, hidden, asked, keptBack, font }) {
  const pen = sharpen(canvas, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, width, height);
  pen.strokeStyle = "rgba(255, 255, 255, 0.32)";
  pen.lineWidth = 1;
  boxes.forEach((box, region) => {
    const [x, y, wide, high] = boxToRectangle(box, width, height);
    if (!hidden.includes(region)) pen.strokeRect(x + 0.5, y + 0.5, wide - 1, high - 1);
  });
  for (const region of hidden) {
    const [x, y, wide, high] = boxToRectangle(boxes[region], width, height);
    pen.fillStyle = cssColour(COVER, keptBack ? 1 : 0.5);
    pen.fillRect(x, y, wide, high);
    pen.lineWidth = region === asked ? 3 : 1.5;
    pen.strokeStyle = cssColour(ASKED);
    pen.strokeRect(x, y, wide, high);
    pen.fillStyle = cssColour(ASKED);
    pen.font = `700 ${Math.min(28, Math.max(10, 0.5 * high))}px ${font}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText("?", x + wide / 2, y + high / 2);
  }
}
