// The numbers of an attribution record as its views read them, each worked out once.
import { curveArea, pairAgreement, rankCorrelation, signedNumber, signedShares, sizeRanks } from "../core/attribution.js";
import { readablePieces, regionName } from "../core/text.js";

/** Of more rows than these, the largest have bars. */
export const MOST_ROWS = 40;

function floatsOf(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

function tableOfRows(numbers, width) {
  const count = width ? numbers.length / width : 0;
  return Array.from({ length: count }, (_, row) => numbers.slice(row * width, (row + 1) * width));
}

/** Values, shares and ranks by method; names of rows; curves, layers and agreement. */
export function makeAttributionNumbers(model) {
  const pieces = readablePieces(model.get("words"));
  const labels = model.get("labels");
  const size = pieces.length + labels.length;
  const fixed = model.get("fixed");
  const [score, baseline, ...deltas] = floatsOf(model.get("numbers"));
  const values = tableOfRows(floatsOf(model.get("values")), size);
  const removal = floatsOf(model.get("shares"));
  const kept = new Map();
  const remember = (key, work) => {
    if (!kept.has(key)) kept.set(key, work());
    return kept.get(key);
  };
  const allFixed = fixed.every(Boolean);
  const hides = () => model.get("hide_special") && !allFixed;
  const nothing = fixed.map(() => false);
  const leftOut = () => (hides() ? fixed : nothing);
  const ranks = (method) => remember(`ranks ${method} ${hides()}`, () => sizeRanks(values[method], leftOut()));
  const ranked = (method) => remember(`ranked ${method} ${hides()}`, () =>
    fixed.map((_, row) => row).filter((row) => ranks(method)[row]).sort((a, b) => ranks(method)[a] - ranks(method)[b]));
  const shares = (method) => remember(`shares ${method} ${hides()}`, () => signedShares(values[method], leftOut()));
  const most = (method) => Math.abs(values[method][ranked(method)[0]] || 0);
  const told = (method) => remember(`told ${method} ${hides()}`, () =>
    Array.from(values[method], (value) => signedNumber(value, most(method))));
  // Words before regions and as they stand, or by a method; of many the largest by any.
  const rowsShown = (method, sort) => remember(`rows ${sort ? method : ""} ${hides()}`, () => {
    const best = fixed.map((_, row) => Math.max(...values.map((_, one) => Math.abs(shares(one)[row]))));
    const shown = best.map((_, row) => row).filter((row) => !leftOut()[row]);
    const kept = new Set(shown.sort((a, b) => best[b] - best[a] || a - b).slice(0, MOST_ROWS));
    return sort ? ranked(method).filter((row) => kept.has(row)) : [...kept].sort((a, b) => a - b);
  });
  const removable = fixed.map((_, row) => row).filter((row) => allFixed || !fixed[row]);
  const sizes = values.map((own) => removable.map((row) => Math.abs(own[row])));
  const curves = ["deletion", "insertion"].map((name) => tableOfRows(floatsOf(model.get(name)), removal.length));
  return {
    pieces, labels, size, fixed, score, baseline, deltas, values, removal, leftOut, ranks, ranked,
    methods: model.get("methods"), words: pieces.length, deletion: curves[0], insertion: curves[1],
    layers: tableOfRows(floatsOf(model.get("layers")), size), layerNames: model.get("layer_names"),
    shares, most, told, rowsShown,
    number: (row, method) => told(method)[row],
    counted: () => leftOut().filter((out) => !out).length,
    rowName: (row) => (row < pieces.length ? `“${pieces[row][0]}”` : regionName(row - pieces.length, labels[row - pieces.length])),
    shortName: (row) => (row < pieces.length ? pieces[row][0] : `${row - pieces.length} ${labels[row - pieces.length]}`.trim()),
    agreement: () => remember("agreement", () => [rankCorrelation, pairAgreement].map((measure) =>
      sizes.map((first) => sizes.map((second) => measure(first, second))))),
    areas: () => remember("areas", () => curves[0].map((curve, i) =>
      [curveArea(removal, curve), curveArea(removal, curves[1][i])])),
  };
}
