// A row of words or regions: each with a bar for its weight, one tab stop, arrows to move.
import { percent } from "../core/text.js";
import { make, rovingList, setTabStop } from "./dom.js";

/** The chips' elements; `hover(index or -1)` and `choose(index)` are called back. */
export function makeChips(name, pieces, { hover, choose }) {
  const list = make("div", { class: "wb-chips", role: "listbox", "aria-label": name, "aria-orientation": "horizontal" });
  const options = pieces.map(([text, joined], index) => {
    const bar = make("span", { class: "wb-chip-bar" });
    const option = make("span", {
      class: joined ? "wb-chip wb-joined" : "wb-chip", role: "option", tabindex: "-1", "aria-selected": "false",
    }, make("span", { class: "wb-chip-text", text }), bar);
    option.addEventListener("pointerenter", () => hover(index));
    option.addEventListener("click", () => choose(index));
    return option;
  });
  list.append(...wholeWords(options, pieces));
  list.addEventListener("pointerleave", () => hover(-1));
  rovingList(list, options, choose);
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

/** Mark the focus, fill the bars with `values` (null: no bars) and hide the chips in `hidden`. */
export function drawChips({ options, pieces }, { focus, pinned, values, peak, hidden }) {
  const best = values ? Math.max(...values) : 0;
  options.forEach((option, index) => {
    const value = values ? values[index] : 0;
    option.hidden = hidden.includes(index);
    option.parentElement.hidden = Array.from(option.parentElement.children).every((piece) => piece.hidden);
    option.classList.toggle("wb-focus", index === focus);
    option.classList.toggle("wb-best", best > 0 && value === best);
    option.setAttribute("aria-selected", String(index === pinned));
    option.setAttribute("aria-label", values ? `${pieces[index][0]}, ${percent(value)}` : pieces[index][0]);
    // scaled and not resized: the page need not be laid out again while the pointer moves
    option.lastChild.style.transform = `scaleX(${values && peak > 0 ? value / peak : 0})`;
    if (values) option.title = percent(value);
    else option.removeAttribute("title");
  });
  const shown = options.findIndex((option) => !option.hidden);
  setTabStop(options, pinned >= 0 && !options[pinned].hidden ? pinned : shown);
}
