// What can be chosen in a neighbourhood view, as labelled controls that show the model's choice.
import { makeSelect, setChoices } from "./fields.js";
import { freshName, make } from "./dom.js";

const MOST_GROUPS = 300;
const KINDS = [["all", "All"], ["word", "Words"], ["region", "Regions"]];
const TOOLS = [["move", "Move"], ["lasso", "Lasso"], ["box", "Box"]];
const DRAWINGS = [["pca", "PCA, turned onto the first"], ["shared", "PCA, one basis for all"], ["local", "PCA of the neighbourhood"], ["umap", "UMAP"]];
const METRICS = [["cosine", "cosine"], ["euclidean", "Euclidean"]];

function segments(label, choices, change) {
  const name = freshName("wb-segments");
  const parts = choices.map(([value, text]) => {
    const input = make("input", { type: "radio", name, value });
    input.addEventListener("change", () => change(value));
    return make("label", {}, input, make("span", { text }));
  });
  const box = make("div", { class: "wb-segments", role: "radiogroup", "aria-label": label }, ...parts);
  return { box, show: (value) => parts.forEach((part) => { part.firstChild.checked = part.firstChild.value === value; }) };
}

function field(text, control, ...beside) {
  return make("label", { class: "wb-field" }, make("span", { class: "wb-note", text }), control, ...beside);
}

/** Rows of controls; `keep(values)` writes choices, `setTool(tool)` and `act(name)` are called. */
export function makeNeighbourControls(model, keep, { setTool, act }) {
  const both = new Set(model.get("kinds")).size > 1;
  const pictures = model.get("side") > 0;
  const kind = segments("points shown", KINDS, (value) => keep({ kind: value }));
  const tool = segments("what dragging does", TOOLS, setTool);
  const group = makeSelect(groupChoices(model.get("groups")), (value) => keep({ group: value.slice(1) }));
  const metric = makeSelect(METRICS, (value) => keep({ metric: value }));
  const projection = makeSelect(DRAWINGS, (value) => keep({ projection: value }));
  const layer = make("input", { type: "range", min: "0", step: "1", "aria-label": "layer" });
  const layerText = make("span", { class: "wb-note wb-layer-name" });
  const count = make("input", { type: "range", min: "1", max: "10", step: "1", "aria-label": "neighbours", class: "wb-short" });
  const countText = make("span", { class: "wb-number" });
  const tick = (text, name) => {
    const input = make("input", { type: "checkbox" });
    input.addEventListener("change", () => keep({ [name]: input.checked }));
    return { input, box: make("label", { class: "wb-field" }, input, make("span", { text })) };
  };
  const tiles = tick("Thumbnails", "thumbnails");
  const shade = tick("Shade by agreement", "shade");
  const button = (text, name, label) => make("button", { class: "wb-button", type: "button", text, "aria-label": label, onclick: () => act(name) });
  const layers = () => (model.get("live") ? null : model.get("drawn").layers);
  layer.addEventListener("input", () => keep({ layer: layers() ? layers()[Number(layer.value)] : Number(layer.value) }));
  count.addEventListener("input", () => keep({ k: Number(count.value) }));
  const few = model.get("models").length < 2;
  const above = make("div", { class: "wb-row" }, both ? kind.box : "", field("Concept", group),
    field("Layer", layer, layerText), field("Neighbours", count, countText));
  const beside = make("div", { class: "wb-row" }, tool.box,
    button("−", "out", "zoom out"), button("+", "in", "zoom in"), button("Reset", "reset", null), button("To the neighbours", "near", null),
    make("span", { class: "wb-push" }), pictures ? tiles.box : "", few ? "" : shade.box);
  const spaces = make("div", { class: "wb-row" }, field("Axes", projection), field("Distance", metric));

  function show(currentTool) {
    const own = layers();
    kind.show(model.get("kind"));
    tool.show(currentTool);
    setChoices(group, groupChoices(model.get("groups")));
    group.value = `=${model.get("group")}`;
    metric.value = model.get("metric");
    projection.value = model.get("projection");
    metric.disabled = projection.disabled = own !== null; // a page holds one of each
    const names = model.get("layer_names");
    const last = Math.max(...names.map((one) => one.length)) - 1;
    layer.max = String(own ? own.length - 1 : last);
    layer.value = String(own ? Math.max(0, own.indexOf(model.get("layer"))) : model.get("layer"));
    layer.disabled = layer.max === "0";
    const called = [...new Set(names.map((one) => one[Math.min(model.get("layer"), one.length - 1)]))];
    layerText.textContent = called.length === 1 ? called[0] : `${model.get("layer")} of 0–${last}`;
    layer.setAttribute("aria-valuetext", called.join(", "));
    count.value = String(model.get("k"));
    countText.textContent = String(model.get("k"));
    tiles.input.checked = model.get("thumbnails");
    shade.input.checked = model.get("shade");
  }
  return { spaces, above, beside, show };
}

function groupChoices(groups) {
  const counts = new Map();
  groups.forEach((group) => counts.set(group, (counts.get(group) || 0) + 1));
  const often = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_GROUPS);
  return [["=", "all"], ...often.filter(([group]) => group).map(([group, count]) => [`=${group}`, `${group} (${count})`])];
}
