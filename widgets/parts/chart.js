// One small chart: a title with its present value, quiet rules, one line a run, a mark at a step.
import { cssColour, mixColours, seriesColour } from "../core/colour.js";
import { extent, formatNumber, formatTick, logTicks, niceTicks, smooth, thin, withZero } from "../core/curves.js";
import { make, sharpen } from "./dom.js";

const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [1.5, 2]];
const HEIGHT = 132;

/** The line pattern of the run with this index, as canvas wants it. */
export function dashOf(run) {
  return DASHES[run % DASHES.length];
}

/** The elements of one chart, empty. */
export function makeChart(title) {
  const values = make("span", { class: "wb-chart-values" });
  const canvas = make("canvas", { "aria-hidden": "true" });
  const box = make("div", { class: "wb-chart" },
    make("div", { class: "wb-chart-title" }, make("span", { text: title, title }), values), canvas);
  return { box, canvas, values };
}

/**
 * What a chart draws: for each run its steps and values, smoothed, and the bounds of the axis.
 * `fromZero` puts zero on the axis; `logarithmic` turns values into their logarithms first; `dots`
 * marks every value.
 */
export function prepareCurves(curves, { smoothing = 0, logarithmic = false, fromZero = false, dots = false }) {
  const placed = curves.map(({ steps, values }) => ({
    steps,
    values: logarithmic ? values.map((value) => (value > 0 ? Math.log10(value) : NaN)) : values,
  }));
  const lines = placed.map(({ values }) => smooth(values, smoothing));
  const raw = extent(placed.flatMap(({ values }) => values), 0.01);
  const thick = lines.flat();
  const inner = thick.some(Number.isFinite) ? extent(thick, 0) : raw;
  let bounds = [Math.min(raw[0], inner[0]), Math.max(raw[1], inner[1])];
  if (fromZero) bounds = [Math.min(0, bounds[0]), bounds[1]];
  if (!logarithmic) bounds = withZero(bounds[0], bounds[1]);
  return { placed, lines, low: bounds[0], high: bounds[1], smoothing, logarithmic, dots };
}

/** The value of a run at or before a step (its last one where `step` is null), or NaN. */
export function valueAt(prepared, run, step) {
  const { steps } = prepared.placed[run];
  for (let i = steps.length - 1; i >= 0; i--) {
    const value = prepared.lines[run][i];
    if ((step === null || steps[i] <= step) && Number.isFinite(value)) {
      return prepared.logarithmic ? 10 ** value : value;
    }
  }
  return NaN;
}

/** Draw the chart into its elements. Answers the left and right edge of its steps, in canvas units. */
export function drawChart(chart, prepared, { width, lastStep, step, theme }) {
  const pen = sharpen(chart.canvas, width, HEIGHT);
  const { low, high, logarithmic } = prepared;
  pen.font = `11px ${theme.font}`;
  const ticks = logarithmic
    ? logTicks(10 ** low, 10 ** high).map((value) => [Math.log10(value), formatTick(value)])
    : niceTicks(low, high, 3).map((value) => [value, formatTick(value)]);
  const room = Math.max(22, ...ticks.map(([, name]) => pen.measureText(name).width)) + 7;
  const [left, right, top, bottom] = [Math.ceil(room), width - 4, 6, HEIGHT - 20];
  const across = (at) => left + ((right - left) * at) / Math.max(1, lastStep);
  const down = (value) =>
    Math.min(bottom + 3, Math.max(top - 3, bottom - ((bottom - top) * (value - low)) / (high - low)));

  pen.fillStyle = theme.quiet;
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const [value, name] of ticks) {
    const y = Math.round(down(value)) + 0.5;
    strokePath(pen, [[left, y], [right, y]]);
    pen.fillText(name, left - 6, y);
  }
  pen.textBaseline = "alphabetic";
  for (const at of niceTicks(0, lastStep, 2)) {
    if (step !== null && Math.abs(across(at) - across(step)) < 40) continue; // the mark's own number
    pen.textAlign = across(at) > right - 14 ? "right" : "center";
    pen.fillText(formatTick(at), across(at), HEIGHT - 3);
  }
  prepared.placed.forEach(({ steps, values }, run) => {
    const colour = seriesColour(run, theme.dark);
    const path = (line) => thin(line, Math.max(200, width * 2))
      .filter((i) => Number.isFinite(line[i])).map((i) => [across(steps[i]), down(line[i])]);
    if (prepared.smoothing > 0) {
      pen.strokeStyle = cssColour(mixColours(colour, theme.dark ? [24, 26, 30] : [255, 255, 255], theme.dark ? 0.62 : 0.7));
      pen.lineWidth = 1;
      strokePath(pen, path(values));
    }
    pen.strokeStyle = cssColour(colour);
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    pen.setLineDash(dashOf(run));
    strokePath(pen, path(prepared.lines[run]));
    pen.setLineDash([]);
    if (prepared.dots) path(values).forEach((place) => fillDot(pen, place, 3, colour));
  });
  if (step !== null) drawMark(pen, prepared, step, { across, down, top, bottom, theme });
  writeValues(chart.values, prepared, step, theme);
  return [left, right];
}

function drawMark(pen, prepared, step, { across, down, top, bottom, theme }) {
  pen.strokeStyle = theme.edge;
  pen.lineWidth = 1;
  const x = Math.round(across(step)) + 0.5;
  strokePath(pen, [[x, top], [x, bottom]]);
  writeStep(pen, formatTick(step), x, theme);
  prepared.placed.forEach((_, run) => {
    const value = valueAt(prepared, run, step);
    if (!Number.isFinite(value)) return;
    fillDot(pen, [x, down(prepared.logarithmic ? Math.log10(value) : value)], 3.5, seriesColour(run, theme.dark));
    pen.strokeStyle = theme.surface;
    pen.stroke();
  });
}

function writeStep(pen, text, x, theme) {
  pen.font = `600 11px ${theme.font}`;
  pen.textAlign = "center";
  const half = pen.measureText(text).width / 2;
  const right = pen.canvas.width / (window.devicePixelRatio || 1);
  const middle = Math.min(Math.max(x, half), right - half);
  pen.fillStyle = theme.ink;
  pen.fillText(text, middle, HEIGHT - 3);
}

function writeValues(place, prepared, step, theme) {
  const several = prepared.placed.length > 1;
  const numbers = prepared.placed.map((_, run) => {
    const number = make("span", { text: formatNumber(valueAt(prepared, run, step)) });
    if (several) number.style.color = cssColour(seriesColour(run, theme.dark));
    return number;
  });
  place.replaceChildren(...numbers);
}

function fillDot(pen, [x, y], radius, colour) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = cssColour(colour);
  pen.fill();
}

function strokePath(pen, path) {
  pen.beginPath();
  path.forEach(([x, y], i) => (i === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
  pen.stroke();
}
