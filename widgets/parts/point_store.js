// The points of every run in the browser, and what was measured now and then: filled by a snapshot,
// then by what is new.
import { keepPoint, keptPoints } from "../core/curves.js";

// run, step, attempt, series, loss, learning rate, pairs/s, tokens/s, padding, waiting, norm, seconds
const POINT = 12;
const MEASURE = 5; // run, step, attempt, series, value

function makeRows(fields) {
  return { fields, runs: new Map(), ordered: new Map() };
}

/** An empty store; `count` says how many rows Python had sent when it was last in step. */
export function makeStore() {
  return { points: makeRows(POINT), measured: makeRows(MEASURE), count: 0, listeners: new Set() };
}

/** Add packed points and measures to the store and tell its listeners. */
export function addPacked(store, points, measured) {
  addRows(store.points, points);
  addRows(store.measured, measured);
  store.listeners.forEach((call) => call());
}

function addRows(rows, view) {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const numbers = new Float32Array(bytes);
  for (let i = 0; i + rows.fields <= numbers.length; i += rows.fields) {
    const run = numbers[i];
    if (!rows.runs.has(run)) rows.runs.set(run, new Map());
    const row = Array.from(numbers.subarray(i + 1, i + rows.fields));
    if (!keepPoint(rows.runs.get(run), row)) continue;
    const ordered = rows.ordered.get(run);
    if (ordered && (ordered.length === 0 || follows(ordered[ordered.length - 1], row))) ordered.push(row);
    else rows.ordered.delete(run);
  }
}

/** Whether `row` stands behind `last`: at a later step, or a later series of the same one. */
function follows(last, row) {
  return last[0] < row[0] || (last[0] === row[0] && last[1] === row[1] && last[2] < row[2]);
}

function rowsOf(rows, run) {
  if (!rows.ordered.has(run)) rows.ordered.set(run, keptPoints(rows.runs.get(run) || new Map()));
  return rows.ordered.get(run);
}

/** The points of one run, by step. */
export function pointsOf(store, run) {
  return rowsOf(store.points, run);
}

/** The measures of one run, by step. */
export function measuredOf(store, run) {
  return rowsOf(store.measured, run);
}

/** Take a message from Python; answers false if something before it was missed. */
export function takeMessage(store, content, buffers) {
  const whole = content.kind === "history" || content.start <= store.count;
  addPacked(store, buffers[0], buffers[1]);
  const rows = buffers[0].byteLength / (4 * POINT) + buffers[1].byteLength / (4 * MEASURE);
  store.count = content.kind === "history" ? content.start : Math.max(store.count, content.start + rows);
  return whole;
}
