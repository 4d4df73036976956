// The sentence with its blanks: words that were hidden can be chosen, the others are only read.
import { make, rovingList, setTabStop } from "./dom.js";

/** The sentence's elements; `choose(place)` is called back with the place of a hidden piece. */
export function makeBlanks(numbers, choose) {
  const { pieces, places, words } = numbers;
  const hidden = places.flatMap((row, place) => (row < words.length ? [place] : []));
  const shown = new Map(); // a word hidden in several turns has one blank
  const list = make("div", { class: "wb-blanks", role: "listbox", "aria-label": "sentence", "aria-orientation": "horizontal" });
  let whole = null;
  pieces.forEach(([text, joined], row) => {
    if (!joined || !whole) {
      whole = make("span", { class: "wb-blanks-word", role: "presentation" });
      list.append(whole);
    }
    const own = hidden.filter((place) => places[place] === row);
    if (!own.length) {
      whole.append(make("span", { text }));
      return;
    }
    const option = make("span", { class: "wb-blank", role: "option", tabindex: "-1", "aria-selected": "false", text });
    option.addEventListener("click", () => choose(own[0]));
    shown.set(row, option);
    whole.append(option);
  });
  const options = [...shown.values()];
  const rows = [...shown.keys()];
  const placeAt = (index) => hidden.find((place) => places[place] === rows[index]);
  rovingList(list, options, (index) => choose(placeAt(index)));
  return { list, options, rows };
}

/** Mark what is hidden together and which of it is asked about; `keptBack` leaves blanks empty. */
export function drawBlanks({ options, rows }, numbers, place, keptBack) {
  const together = numbers.together(place).map((other) => numbers.places[other]);
  options.forEach((option, index) => {
    const row = rows[index];
    const hidden = together.includes(row);
    const asked = row === numbers.places[place];
    const text = hidden && keptBack ? "?" : numbers.pieces[row][0];
    if (option.textContent !== text) option.textContent = text;
    option.classList.toggle("wb-hidden", hidden);
    option.classList.toggle("wb-asked", asked);
    option.setAttribute("aria-selected", String(asked));
    option.setAttribute("aria-label", hidden ? (keptBack ? "hidden word" : `${text}, hidden`) : text);
  });
  setTabStop(options, Math.max(0, rows.indexOf(numbers.places[place])));
}
