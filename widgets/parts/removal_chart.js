// Scores as rows are taken away or brought back: a line a method, the chosen one strong, chance quiet.
import { cssColour, seriesColour } from "../core/colour.js";
import { extent, formatTick, niceTicks } from "../core/curves.js";
import { sharpen } from "./dom.js";

const TALL = 168;
const PATTERNS = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [1.5, 2]];

/** The line pattern of the method with this index. */
export function patternOf(method) {
  return PATTERNS[method % PATTERNS.length];
}

/** Draw `curves` (the last one is chance) over `shares` 0..1, between the bounds of all scores. */
export function drawRemovalChart(canvas, { shares, curves, bounds, chosen, width, theme }) {
  const pen = sharpen(canvas, width, TALL);
  const [low, high] = bounds;
  const ticks = niceTicks(low, high, 4);
  pen.font = `11px ${theme.font}`;
  const label = Math.max(...ticks.map((tick) => pen.measureText(formatTick(tick)).width)) + 8;
  const [left, right, top, bottom] = [Math.ceil(label), width - 6, 8, TALL - 20];
  const across = (share) => left + (right - left) * share;
  const down = (score) => bottom - ((bottom - top) * (score - low)) / (high - low);
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  ticks.forEach((tick) => {
    pen.fillStyle = theme.line;
    pen.fillRect(left, Math.round(down(tick)), right - left, 1);
    pen.fillStyle = theme.quiet;
    pen.fillText(formatTick(tick), left - 6, down(tick));
  });
  pen.textBaseline = "alphabetic";
  [0, 0.5, 1].forEach((share) => {
    pen.textAlign = share === 0 ? "left" : share === 1 ? "right" : "center";
    pen.fillText(`${100 * share} %`, across(share), TALL - 4);
  });
  const line = (curve, colour, thick, dash) => {
    pen.beginPath();
    Array.from(curve).forEach((score, i) => pen[i ? "lineTo" : "moveTo"](across(shares[i]), down(score)));
    pen.lineWidth = thick;
    pen.lineJoin = "round";
    pen.strokeStyle = colour;
    pen.setLineDash(dash);
    pen.stroke();
    pen.setLineDash([]);
  };
  line(curves[curves.length - 1], theme.quiet, 1.5, [1, 3]);
  const order = curves.slice(0, -1).map((_, method) => method).sort((a, b) => (a === chosen) - (b === chosen));
  order.forEach((method) =>
    line(curves[method], cssColour(seriesColour(method, theme.dark)), method === chosen ? 3 : 1.4, patternOf(method)));
}

/** The lowest and highest score of several sets of curves, with a little room. */
export function boundsOfCurves(sets) {
  const [low, high] = extent(sets.flatMap((curves) => curves.flatMap((curve) => Array.from(curve))), 0);
  const room = 0.04 * (high - low);
  return [low - room, high + room];
}
