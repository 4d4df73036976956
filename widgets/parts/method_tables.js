// Two small tables of methods: how far they agree, and the areas under their curves.
import { alignedNumber } from "../core/attribution.js";
import { cssColour, inkOn, seriesColour, signedColour } from "../core/colour.js";
import { make, sharpen } from "./dom.js";
import { patternOf } from "./removal_chart.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** A correlation to two places: "0.83", "−0.10", "–" where there is none. */
function twoPlaces(value) {
  if (!Number.isFinite(value)) return "–";
  const text = Math.abs(value).toFixed(2);
  return value < 0 && text !== "0.00" ? `−${text}` : text;
}

/** Spearman's rho over the diagonal and Kendall's tau below it, methods by methods. */
export function agreementTable(methods, [rho, tau], dark) {
  const head = make("tr", {}, make("td"),
    ...methods.map((method, i) => make("th", { scope: "col", title: method }, make("abbr", { text: LETTERS[i], title: method }))));
  const body = methods.map((method, row) => make("tr", {},
    make("th", { scope: "row" }, make("span", { class: "wb-letter", text: LETTERS[row] }), method),
    ...methods.map((_, column) => {
      if (row === column) return make("td", { class: "wb-same", text: "·" });
      const value = column > row ? rho[row][column] : tau[row][column];
      const cell = make("td", { text: twoPlaces(value) });
      const paper = signedColour(Number.isFinite(value) ? 0.6 * value : 0, dark);
      cell.style.background = cssColour(paper);
      cell.style.color = cssColour(inkOn(paper));
      cell.title = `${method} and ${methods[column]}: ${column > row ? "Spearman" : "Kendall"} ${twoPlaces(value)}`;
      return cell;
    })));
  return make("table", { class: "wb-agreement" }, make("thead", {}, head), make("tbody", {}, ...body));
}

/** Every curve's line, name and two areas; the best of each is strong. */
export function areaTable(names, areas, chosen, theme) {
  const least = Math.min(...areas.slice(0, -1).map(([deletion]) => deletion));
  const most = Math.max(...areas.slice(0, -1).map(([, insertion]) => insertion));
  const size = Math.max(...areas.flat().map(Math.abs));
  const head = make("tr", {}, make("th", { scope: "col", text: "area under the curve" }),
    make("th", { scope: "col", text: "deletion ↓", title: "the lower the better" }),
    make("th", { scope: "col", text: "insertion ↑", title: "the higher the better" }));
  const body = names.map((name, i) => {
    const chance = i === names.length - 1;
    const [deletion, insertion] = areas[i];
    const cell = (value, best) => make("td", { text: alignedNumber(value, size), class: best && !chance ? "wb-best-area" : null });
    return make("tr", { class: i === chosen ? "wb-chosen" : null },
      make("th", { scope: "row" }, lineSample(i, chance, theme), name),
      cell(deletion, deletion === least), cell(insertion, insertion === most));
  });
  return make("table", { class: "wb-areas" }, make("thead", {}, head), make("tbody", {}, ...body));
}

function lineSample(method, chance, theme) {
  const canvas = make("canvas", { class: "wb-line-sample", "aria-hidden": "true" });
  const pen = sharpen(canvas, 26, 10);
  pen.strokeStyle = chance ? theme.quiet : cssColour(seriesColour(method, theme.dark));
  pen.lineWidth = 2;
  pen.setLineDash(chance ? [1, 3] : patternOf(method));
  pen.beginPath();
  pen.moveTo(0, 5);
  pen.lineTo(26, 5);
  pen.stroke();
  return canvas;
}
