// Layers down, words and regions across: where on its way through a model an answer sits.
import { signedShares } from "../core/attribution.js";
import { cssColour, signedColour } from "../core/colour.js";
import { cellAt } from "../core/layout.js";
import { sharpen } from "./dom.js";

const BESIDE = 132;
const LINE = 20;
const BETWEEN = 10; // words from regions
const LONGEST = 84;

/** Sizes of the strip for these column names inside `width`. */
export function layerStripLayout(canvas, names, words, layers, width, font) {
  const pen = canvas.getContext("2d");
  pen.font = `11px ${font}`;
  const longest = Math.max(...names.map((name) => pen.measureText(name).width));
  const head = Math.min(LONGEST, Math.ceil(longest)) + 8;
  const cell = Math.min(44, (width - BESIDE - BETWEEN) / names.length);
  const x = (row) => BESIDE + row * cell + (row >= words ? BETWEEN : 0);
  return { head, cell, x, words, width, height: head + LINE * layers + 2, count: names.length };
}

/** The values of layers as shares of the largest of them all, one after the other. */
export function layerShares(layers) {
  const all = layers.flatMap((layer) => Array.from(layer));
  return signedShares(all, all.map(() => false));
}

/** Draw `shares` [L * S] by the names of layers and rows; `focus` is a row or -1. */
export function drawLayerStrip(canvas, layout, { shares, layerNames, names, focus, theme }) {
  const { head, cell, x, width, height, count } = layout;
  const pen = sharpen(canvas, width, height);
  pen.textBaseline = "middle";
  layerNames.forEach((name, layer) => {
    const y = head + layer * LINE;
    pen.font = `12px ${theme.font}`;
    pen.textAlign = "right";
    pen.fillStyle = theme.quiet;
    pen.fillText(name, BESIDE - 8, y + LINE / 2, BESIDE - 10);
    for (let row = 0; row < count; row++) {
      pen.fillStyle = cssColour(signedColour(shares[layer * count + row], theme.dark));
      pen.fillRect(x(row), y, Math.max(1, cell - (cell > 5 ? 1 : 0)), LINE - 1);
    }
  });
  const every = Math.max(1, Math.ceil(12 / cell));
  names.forEach((name, row) => {
    if (row % every && row !== focus) return;
    pen.save();
    pen.translate(x(row) + cell / 2, head - 5);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "left";
    pen.font = `${row === focus ? "600 " : ""}11px ${theme.font}`;
    pen.fillStyle = row === focus ? theme.ink : theme.quiet;
    pen.fillText(name, 0, 0, LONGEST);
    pen.restore();
  });
  if (focus < 0) return;
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1.5;
  pen.strokeRect(x(focus) - 0.5, head - 1, cell, LINE * layerNames.length + 1);
}

/** The row under a point of the strip, or -1. */
export function layerStripRow(layout, across) {
  const { words, cell, count, x } = layout;
  const word = cellAt(across - x(0), cell * words, words);
  if (word >= 0) return word;
  const region = cellAt(across - x(words), cell * (count - words), count - words);
  return region < 0 ? -1 : words + region;
}
