// A row of words or regions: each with a bar for its weight, one tab stop, arrows to move.
import { signedPoints } from "../core/difference.js";
import { percent } from "../core/text.js";
import { make, rovingList, setTabStop } from "./dom.js";

/**
 * The chips' elements; `hover(index or -1)`, `choose(index)`, `press(index)` (a click, where it
 * is more than a choice) and `take(index)` (Delete or X) are called back; those in `added` are rows of the encoder's own.
 */
export function makeChips(name, pieces, { hover, choose, press = choose, take, added = [] }) {
  const list = make("div", { class: "wb-chips", role: "listbox", "aria-label": name, "aria-orientation": "horizontal" });
  const options = pieces.map(([text, joined], index) => {
    const bar = make("span", { class: "wb-chip-bar" });
    const option = make("span", {
      class: `wb-chip${joined ? " wb-joined" : ""}${added.includes(index) ? " wb-added" : ""}`, role: "option", tabindex: "-1", "aria-selected": "false",
    }, make("span", { class: "wb-chip-text", text }), bar);
    option.addEventListener("pointerenter", () => hover(index));
    option.addEventListener("click", () => press(index));
    return option;
  });
  list.append(...wholeWords(options, pieces));
  list.addEventListener("pointerleave", () => hover(-1));
  rovingList(list, options, choose);
  list.addEventListener("keydown", (event) => {
    const index = options.indexOf(document.activeElement);
    if (index < 0 || !take || !["Delete", "x", "X"].includes(event.key) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    take(index);
  });
  return { list, options, pieces };
}

// Pieces of one word keep together where the line breaks.
function wholeWords(options, pieces) {
  const words = [];
  options.forEach((option, index) => {
    if (pieces[index][1] && words.length) words[words.length - 1].append(option);
    else words.push(make("span", { class: "wb-whole", role: "presentation" }, option));
  });
  return words;
}

/**
 * Mark the focus, fill the bars with `values` (null: no bars; `signed`: differences), hide the chips in
 * `hidden` and cross those in `taken`.
 */
export function drawChips({ options, pieces }, { focus, pinned, values, peak, hidden, taken = [], signed = false }) {
  const sizes = values ? values.map(Math.abs) : [];
  const best = values ? Math.max(...sizes) : 0;
  options.forEach((option, index) => {
    const value = values ? values[index] : 0;
    const told = signed ? signedPoints(value) : percent(value);
    const gone = taken.includes(index);
    option.hidden = hidden.includes(index);
    option.parentElement.hidden = Array.from(option.parentElement.children).every((piece) => piece.hidden);
    option.classList.toggle("wb-focus", index === focus);
    option.classList.toggle("wb-best", best > 0 && sizes[index] === best);
    option.classList.toggle("wb-less", value < 0);
    option.classList.toggle("wb-taken", gone);
    option.setAttribute("aria-selected", String(index === pinned));
    option.setAttribute("aria-label", `${pieces[index][0]}${values ? `, ${told}` : ""}${gone ? ", taken away" : ""}`);
    // scaled and not resized: the page need not be laid out again while the pointer moves
    option.lastChild.style.transform = `scaleX(${values && peak > 0 ? sizes[index] / peak : 0})`;
    if (values) option.title = told;
    else option.removeAttribute("title");
  });
  const shown = options.findIndex((option) => !option.hidden);
  setTabStop(options, pinned >= 0 && !options[pinned].hidden ? pinned : shown);
}
