// The neighbours of the centre in one model as a list, and how far models agree as a small table.
import { sharedCount } from "../core/scatter.js";
import { percent } from "../core/text.js";
import { make, rovingList, setTabStop, tableOf } from "./dom.js";
import { pairsOf } from "./neighbour_data.js";

/** An empty list for a model; `hover(point or -1)` and `choose(point)` are called back. */
export function makeNeighbourList(title, calls) {
  const box = make("div", { class: "wb-near" });
  const show = ({ near, data, sheet, tiled, all, centre, waiting }) => {
    if (!near) {
      box.replaceChildren(make("p", { class: "wb-note", text: waiting }));
      return;
    }
    const focused = Array.from(box.querySelectorAll("[role=option]")).indexOf(document.activeElement);
    const list = make("div", { role: "listbox", class: "wb-near-list", "aria-label": `nearest in ${title}` });
    const options = near.numbers.map((point, i) => {
      const found = all.filter((other) => other && other.numbers.includes(point)).length;
      const same = data.groups[point] === data.groups[centre];
      const option = make("div", { class: "wb-near-one", role: "option", tabindex: "-1", "aria-selected": "false" },
        make("b", { class: "wb-number", text: String(i + 1) }),
        (tiled && sheet.element(point, 20)) || make("span", { class: data.kinds[point] ? "wb-glyph wb-square" : "wb-glyph" }),
        make("span", { class: same ? "wb-near-name wb-same" : "wb-near-name", text: data.names[point] || "unnamed", title: data.names[point] }),
        make("span", { class: "wb-note wb-near-kind", text: data.kinds[point] ? "region" : "word" }),
        make("span", { class: "wb-note wb-number", text: near.distances[i].toFixed(3) }),
        all.length > 1 ? make("span", { class: "wb-note wb-found-in", text: `${found} of ${all.length}`, title: `among the neighbours of ${found} of ${all.length} models` }) : "");
      option.addEventListener("pointerenter", () => calls.hover(point));
      option.addEventListener("focus", () => calls.hover(point));
      option.addEventListener("click", () => calls.choose(point));
      option.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        calls.choose(point);
      });
      return option;
    });
    rovingList(list, options, () => {});
    setTabStop(options, Math.max(0, focused));
    list.append(...options);
    list.addEventListener("pointerleave", () => calls.hover(-1));
    const heads = [["", null], ["", null], ["nearest", null], ["", "wb-near-kind"], ["distance", "wb-number"], ...(all.length > 1 ? [["models", "wb-number"]] : [])];
    const head = make("div", { class: "wb-near-one wb-near-head wb-note", "aria-hidden": "true" },
      ...heads.map(([text, kind]) => make("span", { text, class: kind })));
    box.replaceChildren(head, list);
    if (focused >= 0) options[Math.min(focused, options.length - 1)]?.focus();
  };
  return { box, show };
}

/** How far every two models agree: around the centre, over all points, and by chance. */
export function agreementTable(data, lists, centre) {
  const all = data.agreement();
  const rows = pairsOf(data.models.length).map(([one, other], i) => {
    const k = Math.max(1, lists[one].numbers.length);
    return [`${data.models[one]} – ${data.models[other]}`, `${sharedCount(lists[one].numbers, lists[other].numbers)} of ${k}`,
      all ? percent(all.means[i]) : "not worked out", percent(k / Math.max(1, data.others(centre)))];
  });
  const around = data.names[centre] || "the centre";
  return tableOf("Neighbours that two models have in common", [["models", false], [`around ${around}`, true], ["over all points", true], ["by chance", true]], rows);
}

/** The neighbours in every model, and the selected points (at most 500 of them), as tables. */
export function neighbourTables(data, lists, centre, selection) {
  const kind = (point) => (data.kinds[point] ? "region" : "word");
  const rows = lists.flatMap((near, panel) => (near?.numbers ?? []).map((point, i) =>
    [data.models[panel], String(i + 1), data.names[point], kind(point), data.groups[point], near.distances[i].toFixed(4)]));
  const selected = selection.slice(0, 500).map((point) => [String(point), data.names[point], kind(point), data.groups[point]]);
  return [
    tableOf(`Nearest to ${data.names[centre]}`, [["model", false], ["rank", true], ["name", false], ["kind", false], ["concept", false], ["distance", true]], rows),
    tableOf(`Selected points (${selection.length})`, [["point", true], ["name", false], ["kind", false], ["concept", false]], selected),
  ];
}
