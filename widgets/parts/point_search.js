// Find a point by its name: a line to type in, and the list of what was found below it.
import { pointName, searchNames } from "../core/scatter.js";
import { freshName, make } from "./dom.js";

const MOST_FOUND = 8;

/** The search box; `choose(point)` is called back. `told(point)` is what stands beside a name. */
export function makeSearch(names, kinds, told, choose) {
  const listName = freshName("wb-found");
  const entry = make("input", {
    class: "wb-input wb-search", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
    placeholder: "Find a word or region", "aria-label": "find a word or region and make it the centre",
    "aria-expanded": "false", "aria-controls": listName, "aria-autocomplete": "list", "data-lm-suppress-shortcuts": "true",
  });
  const list = make("div", { class: "wb-found", id: listName, role: "listbox", "aria-label": "points found", hidden: true });
  const box = make("div", { class: "wb-search-box" }, entry, list);
  let found = [];
  let at = 0;
  const close = () => {
    list.hidden = true;
    entry.setAttribute("aria-expanded", "false");
    entry.removeAttribute("aria-activedescendant");
  };
  const take = (place) => {
    if (!(place in found)) return;
    const point = found[place];
    entry.value = "";
    close();
    choose(point);
  };
  const mark = () => {
    Array.from(list.children).forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    if (list.children[at]?.id) entry.setAttribute("aria-activedescendant", list.children[at].id);
  };
  const search = () => {
    found = searchNames(names, entry.value, MOST_FOUND);
    at = 0;
    const options = found.map((point, i) => {
      const option = make("div", { class: "wb-found-one", role: "option", id: `${listName}-${i}` },
        make("span", { class: kinds[point] ? "wb-glyph wb-square" : "wb-glyph", "aria-hidden": "true" }),
        make("span", { text: pointName(names[point], kinds[point] ? "region" : "word") }), make("span", { class: "wb-note", text: told(point) }));
      option.addEventListener("pointerdown", (event) => {
        event.preventDefault(); // the line keeps the focus
        take(i);
      });
      return option;
    });
    const nothing = entry.value.trim() && !found.length;
    list.replaceChildren(...(nothing ? [make("div", { class: "wb-found-one wb-note", role: "option", text: "nothing is called so" })] : options));
    list.hidden = !entry.value.trim();
    entry.setAttribute("aria-expanded", String(!list.hidden));
    mark();
  };
  entry.addEventListener("input", search);
  entry.addEventListener("focus", () => entry.value && search());
  entry.addEventListener("blur", close);
  entry.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") take(at);
    else if (event.key === "Escape") close();
    else if (step && found.length) at = (at + step + found.length) % found.length;
    else return;
    event.preventDefault();
    mark();
  });
  return box;
}
