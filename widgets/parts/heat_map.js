// Rows down, columns across, each cell a weight; the focus framed.
import { cssColour, inkOn, signedColour } from "../core/colour.js";
import { cellAt } from "../core/layout.js";
import { sharpen } from "./dom.js";

const COLUMN_HEAD = 20;
const LABEL_GAP = 7;

/** Sizes of a map inside `width`; `rows` and `columns` are lists of {index, name}, `upright` names stand. */
export function heatMapLayout(canvas, rows, columns, upright, width, font) {
  const pen = canvas.getContext("2d");
  pen.font = `600 12px ${font}`; // as wide as the row in focus will be
  const widest = (items) => Math.ceil(Math.max(0, ...items.map(({ name }) => pen.measureText(name).width)));
  const label = Math.min(92, widest(rows)) + LABEL_GAP;
  const head = upright ? Math.min(92, widest(columns)) + 8 : COLUMN_HEAD;
  const cell = Math.min(34, (width - label) / Math.max(1, columns.length));
  const row = Math.min(19, Math.max(rows.length > 60 ? 4 : 13, (rows.length > 60 ? 420 : 300) / Math.max(1, rows.length)));
  return { label, cell, row, head, upright, width, height: head + row * rows.length + 2 };
}

/**
 * Draw the map of `weights` [.., wide]; `focus` is {row, column}, -1 for neither. The cells are kept
 * as a picture for as long as `weights` are the same array.
 */
export function drawHeatMap(canvas, layout, { rows, columns, wide, weights, peak, focus, theme }) {
  const { label, cell, row, head, width, height } = layout;
  const pen = sharpen(canvas, width, height);
  const cells = cellsOf(canvas, layout, { rows, columns, wide, weights, peak, theme });
  pen.drawImage(cells, label, head, cells.width / cells.ratio, cells.height / cells.ratio);
  drawNames(pen, layout, rows, focus.row, theme);
  if (layout.upright) drawUpright(pen, layout, columns, focus.column, theme);
  else drawNumbers(pen, layout, columns, focus.column, theme);
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1.5;
  const place = rows.findIndex(({ index }) => index === focus.row);
  if (place >= 0) pen.strokeRect(label - 0.5, head + place * row - 1, cell * columns.length, row + 1);
  const across = columns.findIndex(({ index }) => index === focus.column);
  if (across >= 0) pen.strokeRect(label + across * cell - 0.5, head - 1, cell, row * rows.length + 1);
}

/** The row and the column (as indices of what they stand for) under a point, or null outside the cells. */
export function heatMapCell(layout, x, y, rows, columns) {
  const across = cellAt(x - layout.label, layout.cell * columns.length, columns.length);
  const place = cellAt(y - layout.head, layout.row * rows.length, rows.length);
  return across >= 0 && place >= 0 ? { row: rows[place].index, column: columns[across].index } : null;
}

function cellsOf(canvas, { cell, row }, { rows, columns, wide, weights, peak, theme }) {
  const ratio = window.devicePixelRatio || 1;
  const size = [Math.max(1, Math.round(cell * columns.length * ratio)), Math.max(1, Math.round(row * rows.length * ratio))];
  const key = [...size, theme.dark, rows.length, columns.length, theme.ink].join();
  if (canvas.cells && canvas.cells.weights === weights && canvas.cells.key === key) return canvas.cells;
  const cells = Object.assign(new OffscreenCanvas(...size), { weights, key, ratio });
  const pen = cells.getContext("2d");
  pen.scale(ratio, ratio);
  const gap = cell >= 6 ? 1 : 0;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `11px ${theme.font}`;
  rows.forEach(({ index: down }, place) => columns.forEach(({ index: across }, column) => {
    const share = peak > 0 ? weights[down * wide + across] / peak : 0;
    const paper = signedColour(share, theme.dark);
    pen.fillStyle = cssColour(paper);
    pen.fillRect(column * cell, place * row, cell - gap, row - (row >= 8 ? 1 : 0));
    if (share < -0.15 && cell >= 8 && row >= 10) { // a sign, for colour alone says too little
      pen.fillStyle = cssColour(inkOn(paper));
      pen.fillText("−", (column + 0.5) * cell, (place + 0.5) * row);
    }
  }));
  canvas.cells = cells;
  return cells;
}

function drawNames(pen, { label, row, head }, rows, chosen, theme) {
  const every = Math.max(1, Math.ceil(12 / row));
  const at = rows.findIndex(({ index }) => index === chosen);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  rows.forEach(({ index, name }, place) => {
    const strong = index === chosen;
    if (!strong && (place % every || (at >= 0 && Math.abs(place - at) * row < 12))) return;
    write(pen, name, strong, theme, label - LABEL_GAP, label - LABEL_GAP, head + (place + 0.5) * row);
  });
}

function drawUpright(pen, { label, cell, head }, columns, chosen, theme) {
  const every = Math.max(1, Math.ceil(12 / cell));
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  columns.forEach(({ index, name }, column) => {
    if (column % every && index !== chosen) return;
    pen.save();
    pen.translate(label + (column + 0.5) * cell, head - 6);
    pen.rotate(-Math.PI / 2);
    write(pen, name, index === chosen, theme, head - 8, 0, 0);
    pen.restore();
  });
}

function drawNumbers(pen, { label, cell, head }, columns, chosen, theme) {
  const every = Math.max(1, Math.ceil(18 / cell));
  const at = columns.findIndex(({ index }) => index === chosen);
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  columns.forEach(({ index }, column) => {
    const strong = index === chosen;
    if (column % every && !strong) return;
    if (!strong && at >= 0 && Math.abs(column - at) * cell < 18) return;
    pen.font = `${strong ? "600 " : ""}11px ${theme.font}`;
    pen.fillStyle = strong ? theme.ink : theme.quiet;
    pen.fillText(String(index), label + (column + 0.5) * cell, head - 6);
  });
}

function write(pen, text, strong, theme, widest, x, y) {
  pen.font = `${strong ? "600 " : ""}12px ${theme.font}`;
  pen.fillStyle = strong ? theme.ink : theme.quiet;
  let kept = text;
  while (kept && pen.measureText(kept === text ? kept : `${kept}…`).width > widest) kept = kept.slice(0, -1);
  pen.fillText(kept === text ? text : `${kept}…`, x, y);
}
