// The probability of the truth over training, with and without the other modality; a slider of steps.
import { formatNumber } from "../core/curves.js";
import { drawChart, makeChart, prepareCurves } from "./chart.js";
import { make } from "./dom.js";

/** The elements; `choose(moment)` is called back with the number of a step. */
export function makeCourse(steps, choose) {
  const chart = makeChart("Probability of the truth, %");
  const slider = make("input", { type: "range", min: "0", max: String(steps.length - 1), step: "1", "aria-label": "step of training" });
  slider.addEventListener("input", () => choose(Number(slider.value)));
  const box = make("div", { class: "wb-course" }, chart.box, slider);
  box.hidden = steps.length < 2;
  return { box, chart, slider };
}

/** Draw it: `curves` are the probabilities of both conditions, one a step. */
export function drawCourse({ box, chart, slider }, { steps, curves, moment, theme, keptBack }) {
  box.hidden = steps.length < 2 || keptBack;
  if (box.hidden) return;
  const prepared = prepareCurves(curves.map((values) => ({ steps, values: values.map((value) => 100 * value) })), { dots: true });
  prepared.low = 0;
  prepared.high = 100;
  drawChart(chart, prepared, { width: box.clientWidth, lastStep: steps[steps.length - 1], step: steps[moment], theme });
  slider.value = String(moment);
  slider.setAttribute("aria-valuetext", `step ${formatNumber(steps[moment])}`);
}
