// A row a word: how surprising it is with and without the other modality, and by how much that differs.
import { bitsText } from "../core/guesses.js";
import { make } from "./dom.js";

/** The elements, empty; `choose(place)` is called back. */
export function makeHelpBars(choose) {
  const keys = [0, 1].map((side) => make("span", { class: "wb-key" },
    make("span", { class: side ? "wb-bar wb-blind" : "wb-bar" }), make("span")));
  const list = make("ul", { class: "wb-helps", "aria-label": "surprise at the truth" });
  const box = make("div", {},
    make("h3", { class: "wb-heading" }, make("span", { text: "Surprise at the truth, bits" }), make("span", { text: "helps by" })),
    make("p", { class: "wb-row wb-note" }, ...keys), list);
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-place]");
    if (row) choose(Number(row.dataset.place));
  });
  return { box, list, keys };
}

/** Fill them: `groups` are words (or regions) as lists of places; the one with `place` is marked. */
export function drawHelpBars({ list, keys }, numbers, { groups, moment, place, conditions, keptBack }) {
  keys.forEach((key, side) => { key.lastChild.textContent = conditions[side]; });
  // a long list scrolls, which the keyboard must be able to do as well
  if (groups.length > 15) list.setAttribute("tabindex", "0");
  else list.removeAttribute("tabindex");
  const bits = groups.map((group) => numbers.bits(moment, group));
  const most = Math.max(1, ...bits.flat());
  list.replaceChildren(...groups.map((group, index) => {
    const asked = group.includes(place);
    const name = asked && keptBack ? "?" : numbers.groupName(group);
    const bars = bits[index].map((value, side) => {
      const bar = make("div", { class: side ? "wb-bar wb-blind" : "wb-bar" });
      bar.style.width = `${(100 * value) / most}%`;
      bar.title = `${bitsText(value)} bits ${conditions[side]}`;
      return bar;
    });
    const [seeing, blind] = bits[index];
    return make("li", { class: asked ? "wb-help wb-asked" : "wb-help", "data-place": String(group[0]) },
      make("span", { text: name, title: name }),
      make("div", { class: "wb-help-bars", role: "img", "aria-label": `${bitsText(seeing)} bits ${conditions[0]}, ${bitsText(blind)} ${conditions[1]}` }, ...bars),
      make("span", { text: bitsText(blind - seeing) }));
  }));
}
