// The curves of training runs, drawn on living canvases: new points are added, nothing is replaced.
import { formatNumber } from "../core/curves.js";
import { drawChart, makeChart, valueAt } from "../parts/chart.js";
import { curveList } from "../parts/curve_list.js";
import { make, oncePerFrame, tableOf, themeAt } from "../parts/dom.js";
import { addPacked, makeStore, pointsOf, takeMessage } from "../parts/point_store.js";
import { makeRunHeader, showRunHeader } from "../parts/run_header.js";
import { followHost, hearTraits, makeTableFrame } from "../parts/view.js";

const stores = new Map(); // one a widget, shared by its views
const VIEW = ["names", "series", "measures", "smoothing", "logarithmic", "details"];

function storeOf(model) {
  const key = model.get("identifier");
  if (!stores.has(key)) stores.set(key, makeStore());
  return stores.get(key);
}

function initialize({ model }) {
  const store = storeOf(model);
  addPacked(store, model.get("snapshot"), model.get("measured"));
  store.count = model.get("snapshot_count");
  const hear = (content, buffers) => {
    if (!takeMessage(store, content, buffers)) model.send({ request: "history" });
  };
  model.on("msg:custom", hear);
  return () => {
    model.off("msg:custom", hear);
    stores.delete(model.get("identifier"));
  };
}

function render({ model, el }) {
  const store = storeOf(model);
  const runs = model.get("names").length;
  const headers = model.get("names").map((name, run) =>
    makeRunHeader(name, runs > 1, (request) => model.send({ request, run })));
  const grid = make("div", {
    class: "wb-charts", role: "slider", tabindex: "0", "aria-label": "step", "aria-valuemin": "0",
  });
  const smoothing = make("input", { type: "range", min: "0", max: "0.99", step: "0.01", "aria-label": "smoothing" });
  const logarithmic = make("input", { type: "checkbox" });
  const details = make("input", { type: "checkbox" });
  const said = make("p", { class: "wb-unseen", role: "status", "aria-live": "polite" });
  const problem = make("p", { class: "wb-message", role: "alert" });
  const { button: tableButton, frame } = makeTableFrame("losses as a table", () => soon());
  const controls = make("div", { class: "wb-row wb-controls" },
    make("label", { class: "wb-field" }, make("span", { text: "Smoothing" }), smoothing),
    make("label", { class: "wb-field" }, logarithmic, make("span", { text: "Logarithmic losses" })),
    make("label", { class: "wb-field" }, details, make("span", { text: "Details" })),
    make("span", { class: "wb-push" }), tableButton);
  const box = make("section", { class: "wb wb-live-curve", "aria-label": "training curves" },
    ...headers.map((header) => header.box), problem, grid, controls, frame, said);
  el.replaceChildren(box);

  let charts = new Map();
  let theme = null; // known once the host has put the box on its page
  let step = null; // the step under the mark
  let edges = [0, 1];
  let lastStep = 1;
  let spoken = "";

  function describe(prepared) {
    const parts = prepared.filter(([, one]) => Number.isFinite(valueAt(one, 0, step)))
      .map(([title, one]) => `${title} ${model.get("names").map((_, run) => formatNumber(valueAt(one, run, step))).join(" and ")}`);
    return `step ${formatNumber(step === null ? lastStep : step)}: ${parts.join(", ")}`;
  }

  function fillTable(prepared) {
    const rows = prepared.flatMap(([title, one]) => model.get("names").map((name, run) => {
      const values = one.placed[run].values.filter(Number.isFinite).map((value) => (one.logarithmic ? 10 ** value : value));
      const number = (value) => formatNumber(value === undefined ? NaN : value);
      const lowest = values.length ? values.reduce((a, b) => Math.min(a, b)) : NaN;
      return [title, name, number(values[0]), number(lowest), number(valueAt(one, run, null)), formatNumber(values.length)];
    }));
    frame.replaceChildren(tableOf("Each curve: first value, lowest, the smoothed value now, and how many points",
      [["curve", false], ["run", false], ["first", true], ["lowest", true], ["now", true], ["points", true]], rows));
  }

  function draw() {
    if (!box.isConnected) return;
    theme ??= themeAt(box);
    const prepared = curveList(store, Object.fromEntries(VIEW.map((name) => [name, model.get(name)])));
    const names = prepared.map(([title]) => title);
    if (names.join() !== Array.from(charts.keys()).join()) {
      charts = new Map(names.map((title) => [title, makeChart(title)]));
      grid.replaceChildren(...Array.from(charts.values(), (chart) => chart.box));
    }
    const statuses = model.get("statuses");
    headers.forEach((header, run) => showRunHeader(header, run, statuses[run], theme, model.get("live") && model.get("buttons")));
    const reached = model.get("names").map((_, run) => {
      const points = pointsOf(store, run);
      return points.length ? points[points.length - 1][0] : 0;
    });
    lastStep = Math.max(1, ...reached, ...statuses.map((status) => status.steps));
    const marked = step === null ? Math.max(...reached) : step;
    grid.style.setProperty("--wb-columns", columnsFor(names.length, box.clientWidth, runs));
    for (const [title, one] of prepared) {
      const chart = charts.get(title);
      edges = drawChart(chart, one, { width: chart.box.clientWidth, lastStep, step, theme });
    }
    grid.setAttribute("aria-valuemax", String(Math.max(...reached, 0)));
    grid.setAttribute("aria-valuenow", String(marked));
    grid.setAttribute("aria-valuetext", describe(prepared));
    smoothing.value = String(model.get("smoothing"));
    logarithmic.checked = model.get("logarithmic");
    details.checked = model.get("details");
    problem.textContent = model.get("problem");
    problem.hidden = problem.textContent === "";
    if (!frame.hidden) fillTable(prepared);
    speak(statuses);
  }

  // Said when a run changes its state and at every tenth of the way, not at every point.
  function speak(statuses) {
    const mark = statuses.map((s) => `${s.state} ${s.steps ? Math.floor((10 * s.step) / s.steps) : 0}`).join();
    if (mark !== spoken) said.textContent = statuses.map((s) => s.sentence).join(" ");
    spoken = mark;
  }

  const soon = oncePerFrame(draw);
  const reach = () => Number(grid.getAttribute("aria-valuemax"));
  const moveTo = (next) => {
    step = next === null ? null : Math.min(reach(), Math.max(0, Math.round(next)));
    soon();
  };
  grid.addEventListener("pointermove", (event) => {
    const chart = event.target.closest(".wb-chart");
    if (!chart) return;
    const x = event.clientX - chart.getBoundingClientRect().left;
    moveTo(((x - edges[0]) / (edges[1] - edges[0])) * lastStep);
  });
  grid.addEventListener("pointerleave", () => moveTo(null));
  grid.addEventListener("keydown", (event) => {
    const now = step === null ? reach() : step;
    const stride = Math.max(1, Math.round(reach() / 100));
    const next = {
      ArrowLeft: now - stride, ArrowDown: now - stride, ArrowRight: now + stride, ArrowUp: now + stride,
      PageDown: now - 10 * stride, PageUp: now + 10 * stride, Home: 0, End: reach(), Escape: null,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(next);
  });
  const keep = (name, value) => {
    model.set(name, value);
    model.save_changes();
    soon();
  };
  smoothing.addEventListener("input", () => keep("smoothing", Number(smoothing.value)));
  logarithmic.addEventListener("change", () => keep("logarithmic", logarithmic.checked));
  details.addEventListener("change", () => keep("details", details.checked));
  store.listeners.add(soon);
  const dress = () => {
    theme = null;
    soon();
  };
  const unhear = hearTraits(model, [[...VIEW, "statuses", "problem", "buttons"], soon]);
  const unfollow = followHost(box, dress);
  soon();
  return () => {
    unhear();
    store.listeners.delete(soon);
    unfollow();
  };
}

function columnsFor(charts, width, runs) {
  const choices = width >= 800 && runs === 1 ? [4, 3] : width >= 700 ? [3] : width >= 420 ? [2] : [1];
  const holes = (columns) => (columns - (charts % columns)) % columns;
  return Math.min(charts, choices.reduce((best, columns) => (holes(columns) < holes(best) ? columns : best)));
}

export default { initialize, render };
