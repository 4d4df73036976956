// A row of words or regions tinted by signed shares, each with its number; one tab stop, arrows to move.
import { cssColour, inkOn, signedColour } from "../core/colour.js";
import { make, rovingList, setTabStop } from "./dom.js";

const TOLD = 0.08; // smaller shares have their number in the table, not under the word

/** The chips of [text, joined] pieces; `hover(index or -1)` and `choose(index)` are called back. */
export function makeSignedChips(name, pieces, { hover, choose }) {
  const list = make("div", { class: "wb-signed", role: "listbox", "aria-label": name, "aria-orientation": "horizontal" });
  const options = pieces.map(([text, joined], index) => {
    const option = make("span", {
      class: joined ? "wb-signed-chip wb-joined" : "wb-signed-chip", role: "option", tabindex: "-1", "aria-selected": "false",
    }, make("span", { class: "wb-signed-text", text }), make("span", { class: "wb-signed-number", "aria-hidden": "true" }));
    option.addEventListener("pointerenter", () => hover(index));
    option.addEventListener("click", () => choose(index));
    return option;
  });
  list.append(...options);
  list.addEventListener("pointerleave", () => hover(-1));
  rovingList(list, options, choose);
  return { list, options, pieces };
}

/** Tint the chips by `shares` with their `numbers` as text; `marked` is hovered, `pinned` chosen (-1: none). */
export function drawSignedChips(chips, { shares, numbers, fixed, marked, pinned, dark }) {
  const key = [dark, ...shares, ...numbers].join();
  if (chips.drawn !== key) tintChips(chips, { shares, numbers, fixed, dark });
  chips.drawn = key;
  for (const [name, index, now] of [["focus", chips.focus, marked], ["pinned", chips.pinned, pinned]]) {
    [index, now].forEach((one) => {
      const option = chips.options[one];
      if (!option) return;
      if (name === "focus") option.classList.toggle("wb-focus", one === now);
      else option.setAttribute("aria-selected", String(one === now));
    });
  }
  if (chips.pinned !== pinned) setTabStop(chips.options, Math.max(0, pinned));
  [chips.focus, chips.pinned] = [marked, pinned];
}

function tintChips({ options, pieces }, { shares, numbers, fixed, dark }) {
  options.forEach((option, index) => {
    const share = shares[index];
    const paper = signedColour(share, dark);
    option.style.background = share === 0 ? "" : cssColour(paper);
    option.style.color = share === 0 ? "" : cssColour(inkOn(paper));
    option.lastChild.textContent = Math.abs(share) >= TOLD ? numbers[index] : "";
    option.classList.toggle("wb-fixed", fixed[index]);
    option.setAttribute("aria-label", `${pieces[index][0]}, ${numbers[index]}`);
    option.title = numbers[index];
  });
}
