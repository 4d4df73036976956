// The questions of a run with their ranks: a list with one tab stop, made once for each direction.
import { make, rovingList, setTabStop } from "./dom.js";

/** An empty list; `choose(query)` is called back. */
export function makeQueryList(run, thumbnails, choose) {
  const box = make("div", { class: "wb-queries", role: "listbox", "aria-label": "questions" });
  return { box, run, thumbnails, choose, options: [], made: "" };
}

/** Show the questions of this direction that are among `shown`, and mark the chosen one. */
export function drawQueryList(queries, shown, chosen, direction) {
  if (queries.made !== direction) remake(queries, direction);
  const visible = new Set(shown);
  queries.options.forEach((option, query) => {
    option.hidden = !visible.has(query);
    const selected = String(query === chosen);
    if (option.getAttribute("aria-selected") !== selected) option.setAttribute("aria-selected", selected);
  });
  setTabStop(queries.options, visible.has(chosen) ? chosen : shown[0] ?? -1);
  if (visible.has(chosen)) bringIntoView(queries.box, queries.options[chosen]);
}

// Only the list is scrolled, never the page around it.
function bringIntoView(list, option) {
  const [outer, inner] = [list.getBoundingClientRect(), option.getBoundingClientRect()];
  if (inner.top < outer.top) list.scrollTop += inner.top - outer.top - 4;
  else if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom + 4;
}

function remake(queries, direction) {
  const { run, thumbnails } = queries;
  queries.made = direction;
  queries.options = run.queries().map((text, query) => {
    const ranks = run.models.map((name, which) => rankBadge(run.rank(which, query)));
    const said = run.models.map((name, which) => `rank ${run.rank(which, query) || "none"}${run.models.length > 1 ? ` by ${name}` : ""}`);
    const picture = run.fromText() ? [] : [thumbnails.element(query, "")];
    return make("div", { class: "wb-query", role: "option", tabindex: "-1", "aria-selected": "false", title: said.join(", ") },
      make("span", { class: "wb-query-ranks", "aria-hidden": "true" }, ...ranks), ...picture,
      make("span", { class: "wb-query-text", text }), make("span", { class: "wb-unseen", text: `, ${said.join(", ")}` }));
  });
  const list = queries.box.cloneNode(false); // without the listeners of the last direction
  list.append(...queries.options);
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) queries.choose(queries.options.indexOf(option));
  });
  rovingList(list, queries.options, queries.choose);
  queries.box.replaceWith(list);
  queries.box = list;
}

/** A rank as a small badge: a tick and "1", or the number. */
export function rankBadge(rank) {
  if (rank < 1) return make("span", { class: "wb-rank", text: "–" });
  return make("span", { class: rank === 1 ? "wb-rank wb-right" : "wb-rank", text: rank === 1 ? "✓ 1" : String(rank) });
}
