// Points on a canvas: shapes where there are few, pixels where there are thousands.
import { onScreen } from "../core/scatter.js";
import { sharpen } from "./dom.js";

const MANY = 2500;
export const WORD_SHAPE = 0; // a circle; regions are squares

/** How large points are drawn: smaller the more there are, a little larger when one is close. */
export function pointRadius(count, zoom) {
  const plain = count < 300 ? 3.6 : count < 1000 ? 2.8 : count < 5000 ? 2 : 1.4;
  return plain * Math.min(2, 1 + 0.16 * Math.log2(zoom));
}

/**
 * Draw the shown points. `inks` [count] are colours as 0xBBGGRR; `strength` 0..1 their opacity.
 * Answers how many are inside the panel.
 */
export function drawPoints(canvas, { width, shares, shown, kinds, inks, view, strength }) {
  const pen = sharpen(canvas, width, width);
  const radius = pointRadius(shown.length, view[2]);
  if (shown.length > MANY) return drawPixels(pen, { width, shares, shown, kinds, inks, view, strength, radius });
  let inside = 0;
  pen.globalAlpha = strength;
  for (const point of shown) {
    const x = onScreen(shares[2 * point], view[0], view[2]) * width;
    const y = onScreen(shares[2 * point + 1], view[1], view[2]) * width;
    if (x < -radius || y < -radius || x > width + radius || y > width + radius) continue;
    inside += 1;
    pen.fillStyle = `rgb(${inks[point] & 255}, ${(inks[point] >> 8) & 255}, ${inks[point] >> 16})`;
    shape(pen, x, y, radius, kinds[point]);
  }
  pen.globalAlpha = 1;
  return inside;
}

/** A filled circle for a word, a filled square for a region. */
export function shape(pen, x, y, radius, kind) {
  pen.beginPath();
  if (kind === WORD_SHAPE) pen.arc(x, y, radius, 0, 2 * Math.PI);
  else pen.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
  pen.fill();
}

// Written pixel by pixel into one image: a few milliseconds for tens of thousands of points.
function drawPixels(pen, { width, shares, shown, kinds, inks, view, strength, radius }) {
  const ratio = window.devicePixelRatio || 1;
  const side = pen.canvas.width;
  const image = pen.createImageData(side, pen.canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const high = pen.canvas.height;
  const stamps = [stampOf(radius * ratio, false, side, strength), stampOf(radius * ratio, true, side, strength)];
  const border = Math.ceil(radius * ratio) + 1;
  const scale = view[2] * width * ratio;
  const [left, top] = [view[0] * scale - side / 2, view[1] * scale - side / 2];
  let inside = 0;
  for (let i = 0; i < shown.length; i++) {
    const point = shown[i];
    const x = Math.round(shares[2 * point] * scale - left);
    const y = Math.round(shares[2 * point + 1] * scale - top);
    if (x < border || y < border || x >= side - border || y >= high - border) continue;
    inside += 1;
    const { offsets, cover } = stamps[kinds[point]];
    const ink = inks[point];
    const at = y * side + x;
    for (let part = 0; part < offsets.length; part++) {
      const place = at + offsets[part];
      const before = pixels[place] >>> 24;
      const now = before + (((255 - before) * cover[part]) >> 8);
      pixels[place] = ((now << 24) | ink) >>> 0;
    }
  }
  pen.putImageData(image, 0, 0);
  return inside;
}

// The pixels of one point as offsets in the image, and how much each covers, 0 to 256.
function stampOf(radius, square, side, strength) {
  const offsets = [];
  const cover = [];
  const reach = Math.ceil(radius);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const away = square ? Math.max(Math.abs(x), Math.abs(y)) / 0.9 : Math.hypot(x, y);
      const share = Math.min(1, radius + 0.5 - away);
      if (share < 0.1) continue;
      offsets.push(y * side + x);
      cover.push(Math.round(256 * share * strength));
    }
  }
  return { offsets, cover };
}
