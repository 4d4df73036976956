// Which charts there are: a loss each, what was validated, speed and rate, and on wish the rest.
import { oneAStep } from "../core/curves.js";
import { prepareCurves } from "./chart.js";
import { measuredOf, pointsOf } from "./point_store.js";

const HELD_OUT = "validation "; // what the names of measures on held-out data begin with
const [LOSS, RATE, PAIRS, TOKENS, PADDING, WAITING, NORM] = [3, 4, 5, 6, 7, 8, 9];
const DETAILS = [["tokens per second", TOKENS], ["padding, %", PADDING], ["waiting for data, %", WAITING], ["gradient norm", NORM]];

/** The charts of a store as [title, prepared curves]; `view` has names, series, measures and the choices. */
export function curveList(store, view) {
  const curves = (rowsOf, field) => view.names.map((_, run) => {
    const rows = rowsOf(run);
    return { steps: rows.map((row) => row[0]), values: rows.map((row) => row[field]) };
  });
  const { smoothing } = view;
  const losses = view.series.map((name, index) => [name.replaceAll("_", " "), prepareCurves(
    curves((run) => pointsOf(store, run).filter((row) => row[2] === index), LOSS),
    { smoothing, logarithmic: view.logarithmic })]);
  const shared = (field, smooth) => prepareCurves(
    curves((run) => oneAStep(pointsOf(store, run)), field), { smoothing: smooth, fromZero: true });
  const single = (name, how) => prepareCurves(
    curves((run) => measuredOf(store, run).filter((row) => row[2] === view.measures.indexOf(name)), 3), how);
  const heldOut = view.measures.filter((name) => name.startsWith(HELD_OUT))
    .map((name) => [name.replaceAll("_", " "), single(name, { dots: true })]);
  const found = [...losses, ...heldOut, ["pairs per second", shared(PAIRS, smoothing)], ["learning rate", shared(RATE, 0)]];
  if (!view.details) return found;
  const more = DETAILS.map(([title, field]) => [title, shared(field, smoothing)]);
  const machine = view.measures.filter((name) => !name.startsWith(HELD_OUT))
    .map((name) => [name, single(name, { smoothing, fromZero: true })]);
  return [...found, ...[...more, ...machine].filter(([, one]) => one.placed.some(({ values }) => values.some(Number.isFinite)))];
}
