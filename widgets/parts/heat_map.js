// Words down, regions across, each cell a weight; the focus framed.
import { cssColour, scaleColour } from "../core/colour.js";
import { cellAt } from "../core/layout.js";
import { sharpen } from "./dom.js";

const COLUMN_HEAD = 20;
const LABEL_GAP = 7;

/** Sizes of a map of these words and regions inside `width`. */
export function heatMapLayout(canvas, names, regions, width, font) {
  const pen = canvas.getContext("2d");
  pen.font = `600 12px ${font}`; // as wide as the word in focus will be
  const widest = Math.max(...names.map((name) => pen.measureText(name).width));
  const label = Math.min(92, Math.ceil(widest)) + LABEL_GAP;
  const cell = Math.min(34, (width - label) / regions);
  const row = Math.min(19, Math.max(13, 300 / names.length));
  return { label, cell, row, head: COLUMN_HEAD, width, height: COLUMN_HEAD + row * names.length + 2 };
}

/** Draw the map: `weights` has one row a word of `shown`; `focus` is {word, region}, -1 for neither. */
export function drawHeatMap(canvas, layout, { names, shown, regions, weights, peak, focus, theme }) {
  const { label, cell, row, head, width, height } = layout;
  const pen = sharpen(canvas, width, height);
  shown.forEach((word, place) => {
    const y = head + place * row;
    for (let region = 0; region < regions; region++) {
      const share = peak > 0 ? weights[word * regions + region] / peak : 0;
      pen.fillStyle = cssColour(scaleColour(share, theme.dark));
      const gap = cell >= 6 ? 1 : 0;
      pen.fillRect(label + region * cell, y, cell - gap, row - 1);
    }
    const chosen = word === focus.word;
    pen.font = `${chosen ? "600 " : ""}12px ${theme.font}`;
    pen.fillStyle = chosen ? theme.ink : theme.quiet;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.fillText(shortened(pen, names[place], label - LABEL_GAP), label - LABEL_GAP, y + row / 2);
  });
  drawNumbers(pen, layout, regions, focus.region, theme);
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1.5;
  const place = shown.indexOf(focus.word);
  if (place >= 0) pen.strokeRect(label - 0.5, head + place * row - 1, cell * regions, row + 1);
  if (focus.region >= 0) {
    pen.strokeRect(label + focus.region * cell - 0.5, head - 1, cell, row * shown.length + 1);
  }
}

/** The word (its place among those shown) and the region under a point, or null outside the cells. */
export function heatMapCell(layout, x, y, words, regions) {
  const region = cellAt(x - layout.label, layout.cell * regions, regions);
  const place = cellAt(y - layout.head, layout.row * words, words);
  return region >= 0 && place >= 0 ? { place, region } : null;
}

function drawNumbers(pen, { label, cell, head }, regions, chosen, theme) {
  const every = Math.max(1, Math.ceil(18 / cell));
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  for (let region = 0; region < regions; region++) {
    const strong = region === chosen;
    if (region % every && !strong) continue;
    if (!strong && chosen >= 0 && Math.abs(region - chosen) * cell < 18) continue;
    pen.font = `${strong ? "600 " : ""}11px ${theme.font}`;
    pen.fillStyle = strong ? theme.ink : theme.quiet;
    pen.fillText(String(region), label + (region + 0.5) * cell, head - 6);
  }
}

function shortened(pen, text, widest) {
  let kept = text;
  while (kept && pen.measureText(kept === text ? kept : `${kept}…`).width > widest) kept = kept.slice(0, -1);
  return kept === text ? text : `${kept}…`;
}
