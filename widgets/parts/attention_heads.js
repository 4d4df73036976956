// All layers and heads of an attention view: what colours them, the best of them, and their mix.
import { shareWords } from "../core/attention_words.js";
import { formatNumber } from "../core/curves.js";
import { cellNumber, signedPoints } from "../core/difference.js";
import { percent } from "../core/text.js";
import { make, rovingList, setTabStop } from "./dom.js";
import { drawHeadGrid, makeHeadGrid } from "./head_grid.js";

const BEST = 8;

/** The grid under its select, with two disclosures; `take` is called to take a head away. */
export function makeHeads(model, numbers, { keep, take, taking }) {
  const layerNames = model.get("layer_names");
  const choose = (layer, head, moved) => (taking() && !moved ? take(layer, head) : keep({ layer, head }));
  function only(layer, head) {
    const one = Array.from({ length: numbers().heads }, (_, i) => Number(i === head));
    const same = String(model.get("head_weights")) === String(one);
    keep({ layer, head: -1, head_weights: same ? [] : one });
  }
  const grid = makeHeadGrid(numbers().layers, numbers().heads, layerNames, { choose, only, take });
  const select = make("select", { class: "wb-select", "aria-label": "what colours the heads" },
    make("option", { value: "", text: "share of attention" }),
    ...model.get("metric_names").map((name) => make("option", { value: name, text: name })));
  select.addEventListener("change", () => keep({ metric: select.value }));
  const note = make("p", { class: "wb-note wb-grid-note" });
  const best = makeBest((layer, head) => keep({ layer, head }));
  const mix = makeMix(model, numbers, keep);
  const box = make("div", {},
    make("h3", { class: "wb-heading" }, make("span", { text: "Layers and heads" }), select), note,
    grid.grid, make("div", { class: "wb-row wb-disclosures" }, best.box, mix.box));

  function show(dark) {
    const [layer, head] = numbers().place();
    const metric = model.get("metric");
    const values = numbers().grid();
    const signed = numbers().signed();
    const plus = (value, text) => (signed && value > 0 && text !== "0" ? `+${text}` : text);
    const told = metric ? (value) => plus(value, formatNumber(value).replace("-", "−"))
      : signed ? (value) => `${signedPoints(value)} points` : percent;
    const short = metric ? (value) => plus(value, cellNumber(value)) : signed ? signedPoints : (value) => percent(value).replace(" %", "");
    const meaning = metric || shareWords(model.get("direction"));
    const known = model.get("metric_meanings")[model.get("metric_names").indexOf(metric)];
    select.value = metric;
    note.textContent = metric ? `${known || metric}${signed ? " Shown is the difference." : ""}` : `% ${meaning}${signed ? ", difference in points" : ""}`;
    drawHeadGrid(grid, { values, layer, head, dark, signed, told, short, meaning, taken: model.get("change").heads || [] });
    best.show(values, numbers().heads, layerNames, signed, told);
    mix.show();
  }
  return { box, show };
}

function makeBest(choose) {
  const list = make("div", { class: "wb-best-heads", role: "listbox", "aria-label": "best heads, strongest first" });
  const box = make("details", { class: "wb-more" }, make("summary", { text: "Best heads" }), list);
  let drawn = "";
  let last = () => {};
  box.addEventListener("toggle", () => last());
  function show(...given) {
    last = () => show(...given);
    const [values, heads, names, signed, told] = given;
    const key = `${signed} ${values}`;
    if (!box.open || key === drawn) return;
    drawn = key;
    const size = (value) => (signed ? Math.abs(value) : value);
    const order = values.map((value, place) => ({ value, layer: Math.floor(place / (heads + 1)), head: place % (heads + 1) }))
      .filter(({ value, head }) => head < heads && !Number.isNaN(value))
      .sort((a, b) => size(b.value) - size(a.value)).slice(0, BEST);
    const options = order.map(({ value, layer, head }) => {
      const option = make("div", { class: "wb-best-head", role: "option", tabindex: "-1", "aria-selected": "false" },
        make("span", { text: `${names.length ? names[layer] : `layer ${layer}`}, head ${head}` }), make("span", { text: told(value) }));
      return option;
    });
    const pick = (index) => {
      options.forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
      setTabStop(options, index);
      choose(order[index].layer, order[index].head);
    };
    options.forEach((option, index) => option.addEventListener("click", () => pick(index)));
    const fresh = list.cloneNode(false);
    fresh.append(...options);
    rovingList(fresh, options, pick);
    setTabStop(options, 0);
    box.lastChild.replaceWith(fresh);
  }
  return { box, show };
}

function makeMix(model, numbers, keep) {
  const { heads } = numbers();
  const sliders = Array.from({ length: heads }, (_, head) =>
    make("input", { type: "range", min: "0", max: "1", step: "0.05", "aria-label": `weight of head ${head}` }));
  const even = make("button", { class: "wb-button", type: "button", text: "All alike" });
  const read = () => sliders.map((slider) => Number(slider.value));
  sliders.forEach((slider) => slider.addEventListener("input", () => {
    const weights = read();
    // nothing at all is no mix: it counts as all alike
    keep({ head: -1, head_weights: weights.some((weight) => weight > 0) && new Set(weights).size > 1 ? weights : [] });
  }));
  even.addEventListener("click", () => keep({ head: -1, head_weights: [] }));
  const box = make("details", { class: "wb-more" }, make("summary", { text: "Mix of heads" }),
    make("div", { class: "wb-mix" }, ...sliders.map((slider, head) =>
      make("label", { class: "wb-field" }, make("span", { class: "wb-mix-name", text: String(head) }), slider))), even);
  box.addEventListener("toggle", () => show());
  function show() {
    if (!box.open) return;
    const weights = model.get("head_weights").length ? model.get("head_weights") : Array(heads).fill(1);
    const most = Math.max(...weights);
    sliders.forEach((slider, head) => {
      if (slider !== document.activeElement) slider.value = String(weights[head] / most);
      slider.disabled = numbers().asleep(numbers().place()[0], head);
    });
  }
  return { box, show };
}
