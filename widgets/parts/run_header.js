// The line above a run's curves: its name, state and speed, how far it is, and what it can be asked.
import { cssColour, seriesColour } from "../core/colour.js";
import { dashOf } from "./chart.js";
import { make, sharpen } from "./dom.js";

const ASKED = { stop: "stopping", pause: "pausing", continue: "going on", checkpoint: "" };

/** The elements of one run's header; `ask(request)` is called by its buttons. */
export function makeRunHeader(runName, several, ask) {
  const name = make("span", { class: "wb-title", text: runName });
  const state = make("span", { class: "wb-badge" });
  const facts = make("span", { class: "wb-note wb-run-facts" });
  const fill = make("div");
  const bar = make("div", {
    class: "wb-progress", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100",
    "aria-label": `progress of ${runName}`,
  }, fill);
  const button = (text, request) =>
    make("button", { class: "wb-button", type: "button", text, onclick: () => ask(request()) });
  const pause = button("Pause", () => (pause.textContent === "Pause" ? "pause" : "continue"));
  const save = button("Checkpoint now", () => "checkpoint");
  const stop = button("Stop", () => "stop");
  const key = make("canvas", { class: "wb-key", "aria-hidden": "true", hidden: !several });
  const message = make("p", { class: "wb-note wb-message", hidden: true });
  const box = make("div", { class: "wb-run" },
    make("div", { class: "wb-row" }, key, name, state, facts, make("span", { class: "wb-push" }), pause, save, stop),
    bar, message);
  return { box, key, state, facts, fill, bar, pause, save, stop, message };
}

/** Write the present status of the run with this index into its header. */
export function showRunHeader(header, run, status, theme, buttons) {
  const colour = cssColour(seriesColour(run, theme.dark));
  drawKey(header.key, run, colour);
  header.state.textContent = ASKED[status.request] || status.state;
  header.state.dataset.state = status.state;
  header.facts.textContent = status.facts.join(" · ");
  const share = status.steps ? Math.min(100, (100 * status.step) / status.steps) : 0;
  header.fill.style.width = `${share}%`;
  header.fill.style.background = colour;
  header.bar.setAttribute("aria-valuenow", String(Math.round(share)));
  const alive = status.state === "running" || status.state === "paused";
  for (const button of [header.pause, header.save, header.stop]) {
    button.hidden = !(buttons && alive);
    button.disabled = status.request !== "";
  }
  header.save.hidden ||= status.state === "paused"; // a pause wrote one
  header.pause.textContent = status.state === "paused" ? "Continue" : "Pause";
  header.save.textContent = status.request === "checkpoint" ? "Checkpoint asked" : "Checkpoint now";
  header.stop.textContent = status.request === "stop" ? "Stop asked" : "Stop";
  header.message.textContent = status.message;
  header.message.hidden = status.message === "";
}

function drawKey(key, run, colour) {
  const pen = sharpen(key, 26, 10);
  pen.strokeStyle = colour;
  pen.lineWidth = 2.5;
  pen.setLineDash(dashOf(run));
  pen.beginPath();
  pen.moveTo(0, 5);
  pen.lineTo(26, 5);
  pen.stroke();
  pen.setLineDash([]);
}
