// The runs there are: tick some to see their curves and to steer them.
import { formatNumber } from "../core/curves.js";
import { freshName, make } from "./dom.js";

const MORE = 100; // steps that a run is extended by, if nobody says otherwise

/** An empty list; `tick(folder, on)` and `ask(folder, verb, amount)` are called back. */
export function makeRunList({ tick, ask }) {
  const list = make("ul", { class: "wb-runs", "aria-label": "runs", role: "list" });
  const empty = make("p", { class: "wb-note", text: "None yet." });
  const box = make("div", {}, make("h3", { class: "wb-heading", text: "Runs" }), list, empty);
  return { box, list, empty, rows: new Map(), tick, ask };
}

/** Show these runs in their order; a row that is there already keeps its elements. */
export function showRuns(runs, rows, shown, live) {
  for (const row of rows) if (!runs.rows.has(row.folder)) runs.rows.set(row.folder, makeRow(runs, row));
  for (const folder of runs.rows.keys()) {
    if (!rows.some((row) => row.folder === folder)) runs.rows.delete(folder);
  }
  const wanted = rows.map((row) => runs.rows.get(row.folder).box);
  const now = Array.from(runs.list.children);
  if (wanted.length !== now.length || wanted.some((box, i) => box !== now[i])) placeRows(runs.list, wanted);
  rows.forEach((row) => showRow(runs.rows.get(row.folder), row, shown.includes(row.folder), live));
  runs.empty.hidden = rows.length > 0;
}

// Only what stands in the wrong place is moved: what is moved would lose the focus.
function placeRows(list, wanted) {
  Array.from(list.children).filter((box) => !wanted.includes(box)).forEach((box) => box.remove());
  wanted.forEach((box, i) => {
    if (list.children[i] !== box) list.insertBefore(box, list.children[i] || null);
  });
}

function makeRow(runs, { folder, name }) {
  const box = make("li", { class: "wb-run-row" });
  const check = make("input", { type: "checkbox" });
  check.addEventListener("change", () => runs.tick(folder, check.checked));
  const state = make("span", { class: "wb-badge" });
  const progress = make("span", { class: "wb-note" });
  const amount = make("input", { class: "wb-input wb-amount", type: "text", inputmode: "numeric", value: String(MORE), id: freshName("wb-amount") });
  const button = (text, verb, more = () => 0) => make("button", {
    class: "wb-button", type: "button", text, "aria-label": `${text}: ${name}`, onclick: () => runs.ask(folder, verb, more()),
  });
  const buttons = {
    pause: button("Pause", "pause"), resume: button("Resume", "resume"),
    checkpoint: button("Checkpoint now", "checkpoint"), stop: button("Stop", "stop"),
  };
  const extend = make("span", { class: "wb-row wb-extend" },
    button("Extend", "extend", () => Number(amount.value) || 0),
    make("label", { class: "wb-field", for: amount.id }, make("span", { text: "by" }), amount, make("span", { text: "steps" })));
  box.append(make("label", { class: "wb-field" }, check, make("span", { class: "wb-run-name", text: name })),
    state, progress, make("span", { class: "wb-push" }), ...Object.values(buttons), extend);
  return { box, check, state, progress, buttons, extend };
}

function showRow(row, { state, step, steps }, ticked, live) {
  row.check.checked = ticked;
  row.check.disabled = !live;
  if (row.state.textContent !== state) row.state.textContent = state;
  row.state.dataset.state = state;
  const progress = `step ${formatNumber(step)} of ${formatNumber(steps)}`;
  if (row.progress.textContent !== progress) row.progress.textContent = progress;
  const steer = live && ticked;
  const ended = ["stopped", "dead", "failed"].includes(state);
  row.buttons.pause.hidden = !(steer && state === "running");
  row.buttons.checkpoint.hidden = row.buttons.pause.hidden;
  row.buttons.resume.hidden = !(steer && (state === "paused" || ended));
  row.buttons.stop.hidden = !(steer && (state === "running" || state === "paused"));
  row.extend.hidden = !(steer && (state === "finished" || ended));
}
