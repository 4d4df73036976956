// One column a method: its name to choose it, its picture in small, and a bar for every row.
import { cssColour, signedColour } from "../core/colour.js";
import { cellAt, fitInside } from "../core/layout.js";
import { make, sharpen } from "./dom.js";
import { drawSignedPicture } from "./signed_picture.js";

const WIDE_LABEL = 116;
const NARROW_LABEL = 84;
const GAP = 12;
const NARROWEST = 104;
const NUMBER = 54;
const ROW = 18;
const HIGHEST = 110;

/** The columns' elements; `choose(method)`, `hover(row or -1)` and `pin(row)` are called back. */
export function makeMethodColumns(methods, { choose, hover, pin }) {
  const thumbs = methods.map(() => make("canvas", { "aria-hidden": "true" }));
  const buttons = methods.map((method, index) => make("button", {
    class: "wb-method", type: "button", "aria-pressed": "false", onclick: () => choose(index),
  }, make("span", { class: "wb-method-name", text: method }), thumbs[index]));
  const bars = make("canvas", { class: "wb-method-bars", role: "img" });
  const heads = make("div", { class: "wb-method-heads" }, ...buttons);
  const columns = { buttons, thumbs, bars, heads, rows: [] };
  const rowAt = (event) => {
    const frame = bars.getBoundingClientRect();
    const place = cellAt(event.clientY - frame.top, ROW * columns.rows.length, columns.rows.length);
    return place < 0 ? -1 : columns.rows[place];
  };
  bars.addEventListener("pointermove", (event) => hover(rowAt(event)));
  bars.addEventListener("pointerleave", () => hover(-1));
  bars.addEventListener("click", (event) => rowAt(event) >= 0 && pin(rowAt(event)));
  columns.box = make("div", { class: "wb-method-frame" }, heads, bars);
  return columns;
}

/** Where the columns stand in this much room: their left edges and their width. */
function columnPlaces(count, room) {
  const label = room < 560 ? NARROW_LABEL : WIDE_LABEL;
  const wide = Math.max(NARROWEST, (room - label) / count - GAP);
  return { label, wide, lefts: Array.from({ length: count }, (_, i) => label + GAP + i * (wide + GAP)) };
}

/** Draw every column: `rows` are those shown, in order; `focus` is a row or -1. */
export function drawMethodColumns(columns, image, boxes, numbers, { rows, chosen, focus, room, theme }) {
  const { label, wide, lefts } = columnPlaces(numbers.methods.length, room);
  const width = Math.max(room, lefts[lefts.length - 1] + wide);
  columns.rows = rows;
  columns.heads.style.paddingLeft = `${label + GAP}px`;
  columns.heads.style.width = `${width}px`;
  columns.heads.style.gap = `${GAP}px`;
  columns.buttons.forEach((button, method) => {
    button.style.width = `${wide}px`;
    button.setAttribute("aria-pressed", String(method === chosen));
    if (!image.naturalWidth) return;
    const [w, h] = fitInside(image.naturalWidth, image.naturalHeight, wide - 12, HIGHEST);
    const shares = numbers.shares(method).slice(numbers.words);
    drawSignedPicture(columns.thumbs[method], image, {
      width: w, height: h, boxes, shares, tags: [], marked: focus - numbers.words, theme,
    });
  });
  const pen = sharpen(columns.bars, width, rows.length * ROW + 4);
  drawRowNames(pen, numbers, rows, focus, { label, width, theme });
  numbers.methods.forEach((_, method) =>
    drawBars(pen, numbers, method, rows, focus, { left: lefts[method], wide: wide - NUMBER, theme }));
  columns.bars.setAttribute("aria-label", `Bars of ${rows.length} words and regions by ${numbers.methods.length} methods; the table has their numbers`);
}

function drawRowNames(pen, numbers, rows, focus, { label, width, theme }) {
  const standing = rows.every((row, place) => place === 0 || rows[place - 1] < row); // not sorted
  pen.textBaseline = "middle";
  rows.forEach((row, place) => {
    const y = place * ROW;
    if (row === focus) {
      pen.fillStyle = theme.line;
      pen.fillRect(0, y, width, ROW);
    }
    pen.textAlign = "right";
    pen.font = `${row === focus ? "600 " : ""}12px ${theme.font}`;
    pen.fillStyle = row === focus ? theme.ink : theme.quiet;
    pen.fillText(numbers.shortName(row), label, y + ROW / 2 + 0.5, label);
    if (standing && row >= numbers.words && rows[place - 1] < numbers.words) {
      pen.fillStyle = theme.line;
      pen.fillRect(0, y - 0.5, width, 1);
    }
  });
}

// A method without values below zero has its zero at the left.
function drawBars(pen, numbers, method, rows, focus, { left, wide, theme }) {
  const shares = numbers.shares(method);
  const low = Math.min(0, ...rows.map((row) => shares[row]));
  const high = Math.max(0, ...rows.map((row) => shares[row]));
  const scale = wide / Math.max(high - low, 1e-9);
  const zero = left - low * scale;
  rows.forEach((row, place) => {
    const y = place * ROW;
    const length = shares[row] * scale;
    pen.fillStyle = cssColour(signedColour(0.25 * Math.sign(shares[row]) + 0.5 * shares[row], theme.dark));
    pen.fillRect(zero + Math.min(0, length), y + 4, Math.abs(length), ROW - 8);
    pen.textAlign = "right";
    pen.font = `${row === focus ? "600 " : ""}11px ${theme.font}`;
    pen.fillStyle = row === focus || Math.abs(shares[row]) === 1 ? theme.ink : theme.quiet;
    pen.fillText(numbers.number(row, method), left + wide + NUMBER - 2, y + ROW / 2 + 0.5);
  });
  pen.fillStyle = theme.edge;
  pen.fillRect(Math.round(zero) - 0.5, 0, 1, rows.length * ROW);
}
