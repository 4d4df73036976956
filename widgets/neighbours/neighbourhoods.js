// What stands near a word or a region, and where, in several models at once. All in the browser.
import { collapsed, gridIndex, neighbourSentence, nextPoint, onScreen, pointAt, pointName, pointsInside, sharedCount, viewAround, zoomedView } from "../core/scatter.js";
import { make, oncePerFrame, themeAt } from "../parts/dom.js";
import { makeNeighbourControls } from "../parts/neighbour_controls.js";
import { makeNeighbourData, pairsOf } from "../parts/neighbour_data.js";
import { agreementTable, makeNeighbourList, neighbourTables } from "../parts/neighbour_list.js";
import { describePoint, makeCard, showCard } from "../parts/point_card.js";
import { inksOf, strengthOf } from "../parts/point_inks.js";
import { makeSearch } from "../parts/point_search.js";
import { drawCloud, drawMarks, makePanel, showAxes } from "../parts/scatter_panel.js";
import { listen } from "../parts/scatter_pointer.js";
import { makeSheet } from "../parts/thumbnail_sheet.js";
import { followHost, hearTraits, makeTableFrame } from "../parts/view.js";

const CHOICES = ["centre", "layer", "k", "kind", "group", "metric", "projection", "selection", "thumbnails", "shade", "focused"];
const DATA = ["positions", "numbers", "distances", "nearby", "drawn", "explained", "scales"];
const REACH = 12; // pixels around the pointer in which a point is meant

function render({ model, el }) {
  let data = makeNeighbourData(model);
  let view = model.get("view").slice();
  let tool = "move";
  let hovered = { point: -1, panel: -1 };
  let outline = { panel: -1, path: [] };
  let theme = null;
  let inks = null;
  let listsKey = "";
  const grids = new Map();

  const keep = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    soon();
  };
  const hover = (point, panel = -1) => {
    if (point === hovered.point && panel === hovered.panel) return;
    hovered = { point, panel };
    soonMarks();
  };
  const setView = (next, done) => {
    view = next;
    if (done) {
      model.set("view", next);
      model.save_changes();
    }
    soonCloud();
  };
  /** The view of a panel: the common one, shifted so that the centre stands at the same place in all. */
  const viewOf = (panel) => {
    if (!model.get("focused")) return view;
    const [own, first] = [data.shares(panel), data.shares(0)];
    const shift = (axis) => own[2 * model.get("centre") + axis] - first[2 * model.get("centre") + axis];
    return [view[0] + shift(0), view[1] + shift(1), view[2]];
  };
  const choose = (point) => {
    if (point < 0) return;
    keep({ centre: point });
    if (model.get("focused")) setView([data.shares(0)[2 * point], data.shares(0)[2 * point + 1], view[2]], true);
  };
  const toNeighbours = () => {
    const centre = model.get("centre");
    const spots = data.models.flatMap((_, panel) => {
      const [own, first] = [data.shares(panel), data.shares(0)];
      return [centre, ...(data.near(panel)?.numbers ?? [])].map((point) =>
        [0, 1].map((axis) => own[2 * point + axis] - own[2 * centre + axis] + first[2 * centre + axis]));
    });
    keep({ focused: true });
    setView(viewAround(spots.flat(), spots.map((_, i) => i)), true);
  };
  const showAll = () => {
    keep({ focused: false });
    setView([0.5, 0.5, 1], true);
  };
  const select = (points, adds) => keep({ selection: [...new Set([...(adds ? model.get("selection") : []), ...points])] });
  const toggle = (point) => {
    if (point < 0) return;
    const chosen = model.get("selection");
    keep({ selection: chosen.includes(point) ? chosen.filter((one) => one !== point) : [...chosen, point] });
  };
  const act = (name) => {
    const point = hovered.point >= 0 ? hovered.point : model.get("centre");
    if (name === "choose") choose(point);
    else if (name === "toggle") toggle(point);
    else if (name === "reset") showAll();
    else if (name === "in" || name === "out") setView(zoomedView(view, name === "in" ? 1.5 : 1 / 1.5, 0.5, 0.5), true);
    else if (name === "near") toNeighbours();
    else if (name === "escape" && hovered.point >= 0) hover(-1);
    else if (name === "escape") keep({ selection: [] });
  };

  const sheet = makeSheet(model, () => soon());
  const sentences = model.get("column_names").indexOf("sentence");
  const told = (point) => (sentences >= 0 ? model.get("columns")[point][sentences] : "");
  const search = makeSearch(data.names, data.kinds, (point) => told(point).slice(0, 40), choose);
  const controls = makeNeighbourControls(model, keep, { act, setTool: (value) => { tool = value; soonMarks(); } });
  const sentence = make("p", { class: "wb-sentence", role: "status", "aria-live": "polite" });
  const where = make("p", { class: "wb-note wb-where" });
  const spoken = make("p", { class: "wb-unseen", role: "status", "aria-live": "polite" });
  const panels = data.models.map((name, panel) => makeOne(name, panel));
  const agreement = make("div", { class: "wb-agreement" });
  const chosen = make("div", { class: "wb-row wb-chosen" });
  const { button: tableButton, frame } = makeTableFrame("neighbours and selection as tables", () => soon());
  const box = make("section", { class: "wb wb-neighbourhoods", "aria-label": "neighbourhoods of words and regions" },
    make("div", { class: "wb-row" }, search, controls.spaces, make("span", { class: "wb-push" }), tableButton),
    make("div", { class: "wb-said" }, sentence, where, spoken),
    controls.above, controls.beside,
    make("div", { class: "wb-panels" }, ...panels.map((one) => one.box)),
    chosen, agreement, frame);
  el.replaceChildren(box);

  function makeOne(name, panel) {
    const one = { ...makePanel(name), card: makeCard(), list: makeNeighbourList(name, { hover: (point) => hover(point), choose }) };
    one.stack.append(one.card);
    one.box.append(one.list.box);
    const meant = (event) => pickAt(one, panel, event);
    listen(one.marks, {
      view: () => view, setView, tool: () => tool, act,
      hover: (event) => hover(event ? meant(event) : -1, panel),
      choose: (event) => choose(meant(event)),
      toggle: (event) => toggle(meant(event)),
      outline: (path) => { outline = { panel, path: path.slice() }; soonMarks(); },
      select: (path, adds) => {
        outline = { panel: -1, path: [] };
        const width = one.marks.clientWidth;
        const own = viewOf(panel);
        const line = path.map((value, i) => (value / width - 0.5) / own[2] + own[i % 2]);
        select(pointsInside(data.shares(panel), data.shown(), line), adds);
      },
      step: (across, down) => {
        const from = hovered.point >= 0 ? hovered.point : model.get("centre");
        hover(nextPoint(data.shares(panel), data.shown(), from, across, down), panel);
        spoken.textContent = `${data.names[hovered.point]}, ${describePoint(data, hovered.point, data.near(panel))}`;
      },
    });
    one.marks.addEventListener("blur", () => hover(-1));
    return one;
  }

  function pickAt(one, panel, event) {
    const area = one.marks.getBoundingClientRect();
    const [x, y] = [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height];
    const own = viewOf(panel);
    const at = [(x - 0.5) / own[2] + own[0], (y - 0.5) / own[2] + own[1]];
    const shown = data.shown();
    const cells = Math.max(1, Math.min(128, Math.round(Math.sqrt(shown.length))));
    const key = `${panel} ${data.layer()} ${model.get("kind")} ${model.get("group")}`;
    if (!grids.has(key)) grids.set(key, gridIndex(data.shares(panel), shown, cells));
    return pointAt(data.shares(panel), grids.get(key), cells, ...at, REACH / area.width / view[2]);
  }

  function drawCloudNow() {
    if (!box.isConnected || !panels[0].stack.clientWidth) return;
    theme ??= themeAt(box);
    inks ??= inksOf(data, model.get("centre"), model.get("shade") ? data.agreement() : null, theme);
    const shown = data.shown();
    panels.forEach((one, panel) => drawCloud(one, {
      width: one.stack.clientWidth, shares: data.shares(panel), shown, kinds: data.kinds, inks, view: viewOf(panel), sheet,
      tiled: model.get("thumbnails") && data.projection !== "local", strength: strengthOf(data, shown.length, model.get("shade"), view[2]),
    }));
    drawMarksNow();
  }

  function drawMarksNow() {
    if (!theme) return;
    const centre = model.get("centre");
    panels.forEach((one, panel) => {
      const near = data.near(panel);
      const width = one.stack.clientWidth;
      drawMarks(one, {
        width, shares: data.shares(panel), kinds: data.kinds, names: data.names, centre, near: near?.numbers ?? [], view: viewOf(panel), sheet, theme,
        hovered: hovered.point, selected: model.get("selection"), outline: outline.panel === panel ? outline.path : [],
        tiled: model.get("thumbnails"), count: data.shown().length,
      });
      const shares = data.shares(panel);
      const own = viewOf(panel);
      const place = (axis) => onScreen(shares[2 * hovered.point + axis], own[axis], own[2]) * width;
      if (hovered.point < 0 || hovered.panel !== panel) one.card.hidden = true;
      else showCard(one.card, {
        point: hovered.point, at: [place(0), place(1)], width, data, near, agreement: data.agreement(), sheet,
        told: told(hovered.point),
      });
      one.marks.style.cursor = tool === "move" ? "" : "crosshair";
    });
  }

  function draw() {
    if (!box.isConnected) return;
    inks = null;
    controls.show(tool);
    const centre = model.get("centre");
    const lists = data.models.map((_, panel) => data.near(panel));
    panels.forEach((one, panel) => {
      const names = model.get("layer_names")[panel];
      one.layer.textContent = names[Math.min(data.layer(), names.length - 1)];
      showAxes(one, data.explained(panel), data.projection === "umap" ? "UMAP" : "axis");
      one.marks.setAttribute("aria-label", `${data.models[panel]}: ${data.shown().length} points. Arrow keys move from point to point, Enter makes one the centre, Space selects it, plus and minus zoom.`);
    });
    showLists(lists, centre);
    if (lists.every(Boolean)) say(lists, centre);
    where.textContent = whereNow();
    showChosen();
    if (!frame.hidden) frame.replaceChildren(...neighbourTables(data, lists, centre, model.get("selection")));
    drawCloudNow();
  }

  function showLists(lists, centre) {
    const key = JSON.stringify([lists, centre, data.layer(), model.get("thumbnails")]);
    if (key === listsKey) return;
    listsKey = key;
    const waiting = model.get("live") ? "looking for the neighbours…" : "this page holds the neighbours of the point it was saved with; a notebook finds those of any other";
    panels.forEach((one, panel) => one.list.show({ near: lists[panel], data, sheet, tiled: model.get("thumbnails"), all: lists, centre, waiting }));
    agreement.hidden = data.models.length < 2 || !lists.every(Boolean);
    if (!agreement.hidden) agreement.replaceChildren(agreementTable(data, lists, centre));
  }

  function say(lists, centre) {
    const name = (point) => pointName(data.names[point], data.kinds[point] ? "region" : "word");
    const shared = pairsOf(lists.length).map(([one, other]) => sharedCount(lists[one].numbers, lists[other].numbers));
    const others = data.others(centre);
    const k = Math.min(model.get("k"), others);
    const mean = shared.length ? shared.reduce((sum, one) => sum + one, 0) / shared.length : 0;
    const said = neighbourSentence(name(centre), data.models, lists.map((near) => collapsed(near.numbers.map(name), 3)), mean, k, others ? (k * k) / others : 0);
    if (sentence.textContent !== said) sentence.textContent = said;
  }

  function whereNow() {
    const words = data.kinds.reduce((sum, kind) => sum + Number(kind === 0), 0);
    const counts = [words && `${words.toLocaleString("en")} words (circles)`, data.count - words && `${(data.count - words).toLocaleString("en")} regions (squares)`];
    const held = model.get("busy") || (model.get("live") || data.projection !== "local" ? "" : `axes of the neighbourhood of ${data.names[data.around[0]]}`);
    const shaded = model.get("shade") && data.agreement() ? "the stronger the colour, the more neighbours models share" : "";
    return [counts.filter(Boolean).join(", "), `${model.get("metric")} distance in the original space`, shaded, held].filter(Boolean).join(" · ");
  }

  function showChosen() {
    const points = model.get("selection");
    const names = points.slice(0, 6).map((point) => data.names[point] || "unnamed").join(", ");
    const button = (text, click, disabled = false) => make("button", { class: "wb-button", type: "button", text, disabled, onclick: click });
    const near = panels.flatMap((_, panel) => data.near(panel)?.numbers ?? []);
    const focused = Array.from(chosen.querySelectorAll("button")).indexOf(document.activeElement);
    chosen.replaceChildren(
      make("span", { text: points.length ? `${points.length} selected: ${names}${points.length > 6 ? " …" : ""}` : "Nothing selected" }),
      button("Select the neighbours", () => select([model.get("centre"), ...near], true)),
      button("Clear", () => keep({ selection: [] }), points.length === 0));
    if (focused >= 0) chosen.querySelectorAll("button")[focused]?.focus();
  }

  const soon = oncePerFrame(draw);
  const soonCloud = oncePerFrame(drawCloudNow);
  const soonMarks = oncePerFrame(drawMarksNow);
  const follow = () => {
    view = model.get("view").slice();
    soonCloud();
  };
  const renew = oncePerFrame(() => {
    data = makeNeighbourData(model);
    grids.clear();
    listsKey = "";
    draw();
  });
  const dress = () => {
    theme = null;
    soon();
  };
  const unhear = hearTraits(model, [[...CHOICES, "busy"], soon], [DATA, renew], [["view"], follow]);
  const unfollow = followHost(box, dress);
  soon();
  return () => {
    unhear();
    unfollow();
    sheet.end();
  };
}

export default { render };
