// The questions of a run with their ranks: a list with one tab stop, made once for each direction.
import { make, rovingList } from "./dom.js";

/** An empty list; `choose(query)` is called back. */
export function makeQueryList(run, thumbnails, choose) {
  return { box: make("div"), lists: {}, run, thumbnails, choose, options: [], made: "", seen: -1, count: -1 };
}

/** Show the questions of this direction that are among `shown`, and mark the chosen one. */
export function drawQueryList(queries, shown, chosen, direction) {
  if (queries.made !== direction) turn(queries, direction);
  const visible = new Set(shown);
  const stop = visible.has(chosen) ? chosen : shown[0] ?? -1;
  queries.options.forEach((option, query) => { // a thousand rows: only what changes is touched
    if (option.hidden === visible.has(query)) option.hidden = !visible.has(query);
    put(option, "aria-selected", String(query === chosen));
    put(option, "tabindex", query === stop ? "0" : "-1");
  });
  if (!visible.has(chosen) || (queries.seen === chosen && queries.count === shown.length)) return;
  Object.assign(queries, { seen: chosen, count: shown.length });
  bringIntoView(queries.box, queries.options[chosen]);
  requestAnimationFrame(() => bringIntoView(queries.box, queries.options[chosen])); // rows now have their heights
}

function put(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// Only the list is scrolled, never the page around it.
function bringIntoView(list, option) {
  const [outer, inner] = [list.getBoundingClientRect(), option.getBoundingClientRect()];
  if (inner.top < outer.top) list.scrollTop += inner.top - outer.top - 4;
  else if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom + 4;
}

// A list is made when its direction is first asked for, and kept.
function turn(queries, direction) {
  queries.lists[direction] ??= makeList(queries);
  const { list, options } = queries.lists[direction];
  queries.box.replaceWith(list);
  Object.assign(queries, { box: list, options, made: direction, seen: -1 });
}

function makeList({ run, thumbnails, choose }) {
  const options = run.queries().map((text, query) => {
    const ranks = run.models.map((name, which) => rankBadge(run.rank(which, query)));
    const said = run.models.map((name, which) => `rank ${run.rank(which, query) || "none"}${run.models.length > 1 ? ` by ${name}` : ""}`);
    const picture = run.fromText() ? [] : [thumbnails.element(query, "")];
    return make("div", { class: "wb-query", role: "option", tabindex: "-1", "aria-selected": "false", title: said.join(", ") },
      make("span", { class: "wb-query-ranks", "aria-hidden": "true" }, ...ranks), ...picture,
      make("span", { class: "wb-query-text", text }), make("span", { class: "wb-unseen", text: `, ${said.join(", ")}` }));
  });
  const list = make("div", { class: "wb-queries", role: "listbox", "aria-label": "questions" }, ...options);
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(options.indexOf(option));
  });
  rovingList(list, options, choose);
  return { list, options };
}

/** A rank as a small badge: a tick and "1", or the number. */
export function rankBadge(rank) {
  if (rank < 1) return make("span", { class: "wb-rank", text: "–" });
  return make("span", { class: rank === 1 ? "wb-rank wb-right" : "wb-rank", text: rank === 1 ? "✓ 1" : String(rank) });
}
