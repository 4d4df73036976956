// R@1, R@5, R@10 and the median rank both ways, and how the ranks of one direction are spread.
import { formatNumber } from "../core/curves.js";
import { medianRank, rankCounts, rankNames, recallAt } from "../core/retrieval.js";
import { percent } from "../core/text.js";
import { make } from "./dom.js";

const DEPTHS = [1, 5, 10];
const WAYS = ["Text to image", "Image to text"];

/** The table of all models; it never changes. */
export function recallTable(run) {
  const groups = WAYS.map((text) => make("th", { text, scope: "colgroup", colspan: String(DEPTHS.length + 1), class: "wb-group-head" }));
  const names = WAYS.flatMap(() => [...DEPTHS.map((depth) => `R@${depth}`), "median"]);
  const columns = names.map((text, i) => make("th", { text, scope: "col", class: `wb-number${i === DEPTHS.length + 1 ? " wb-group-edge" : ""}` }));
  const rows = run.models.map((name, which) => make("tr", {}, make("th", { text: name, scope: "row" }),
    ...WAYS.flatMap((_, way) => {
      const ranks = run.ranks(which, way);
      const shares = DEPTHS.map((depth) => make("td", { text: percent(recallAt(ranks, depth)), class: "wb-number" }));
      if (way) shares[0].classList.add("wb-group-edge");
      return [...shares, make("td", { text: formatNumber(medianRank(ranks)), class: "wb-number" })];
    })));
  return make("table", { class: "wb-table wb-recall" },
    make("caption", { class: "wb-unseen", text: "Recall at 1, 5 and 10 and median rank, both ways" }),
    make("thead", {}, make("tr", {}, make("td", {}), ...groups), make("tr", {}, make("td", { "aria-hidden": "true" }), ...columns)),
    make("tbody", {}, ...rows));
}

/** What the bars count, and which bar is whose. */
export function rankBarsKey(run) {
  const keys = run.models.length < 2 ? [] : run.models.flatMap((name, which) =>
    [make("span", { class: `wb-bar wb-bar-${which} wb-bar-key`, "aria-hidden": "true" }), name]);
  return make("p", { class: "wb-note" }, "questions by rank", ...keys);
}

/** Bars of how many questions have each rank, one bar a model, for one direction. */
export function rankBars(run) {
  const counts = run.models.map((_, which) => rankCounts(run.ranks(which)));
  const most = Math.max(1, ...counts.flat());
  const columns = rankNames().map((name, place) => make("div", { class: "wb-bar-column" },
    make("div", { class: "wb-bar-pair" }, ...counts.map((own, which) => {
      const bar = make("span", { class: `wb-bar wb-bar-${which}` });
      bar.style.height = `${Math.max(own[place] ? 2 : 0, (44 * own[place]) / most)}px`;
      return make("span", { class: "wb-bar-one" }, make("span", { class: "wb-bar-count", text: String(own[place]) }), bar);
    })),
    make("span", { class: "wb-bar-name", text: name })));
  const told = run.models.map((name, which) =>
    `${name}: ${rankNames().map((bar, i) => `${counts[which][i]} at rank ${bar}`).join(", ")}`);
  return make("div", { class: "wb-bars", role: "img", "aria-label": `How often each rank. ${told.join(". ")}` }, ...columns);
}
