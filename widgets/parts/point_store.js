// The points of every run in the browser: filled by a snapshot, then by what is new.
import { keepPoint, keptPoints } from "../core/curves.js";

const FIELDS = 8; // run, step, attempt, series, loss, learning rate, pairs per second, seconds

/** An empty store; `count` says how many points Python had sent when it was last in step. */
export function makeStore() {
  return { runs: new Map(), ordered: new Map(), count: 0, listeners: new Set() };
}

/** Add packed rows to the store and tell its listeners. */
export function addPacked(store, view) {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const numbers = new Float32Array(bytes);
  for (let i = 0; i + FIELDS <= numbers.length; i += FIELDS) {
    const run = numbers[i];
    if (!store.runs.has(run)) store.runs.set(run, new Map());
    const row = Array.from(numbers.subarray(i + 1, i + FIELDS));
    if (!keepPoint(store.runs.get(run), row)) continue;
    const ordered = store.ordered.get(run);
    if (ordered && (ordered.length === 0 || follows(ordered[ordered.length - 1], row))) ordered.push(row);
    else store.ordered.delete(run);
  }
  store.listeners.forEach((call) => call());
}

/** Whether `row` stands behind `last`: at a later step, or a later series of the same one. */
function follows(last, row) {
  return last[0] < row[0] || (last[0] === row[0] && last[1] === row[1] && last[2] < row[2]);
}

/** The points of one run, by step. */
export function pointsOf(store, run) {
  if (!store.ordered.has(run)) store.ordered.set(run, keptPoints(store.runs.get(run) || new Map()));
  return store.ordered.get(run);
}

/** Take a message from Python; answers false if something before it was missed. */
export function takeMessage(store, content, buffers) {
  const whole = content.kind === "history" || content.start <= store.count;
  addPacked(store, buffers[0]);
  const rows = buffers[0].byteLength / (4 * FIELDS);
  store.count = content.kind === "history" ? content.start : Math.max(store.count, content.start + rows);
  return whole;
}
