// The regions that were hidden, as a list to choose from.
import { make, rovingList, setTabStop } from "./dom.js";

/** The list of these places; `choose(place)` is called back. */
export function makeHiddenRegions(places, choose) {
  const list = make("div", { class: "wb-blanks", role: "listbox", "aria-label": "hidden regions", "aria-orientation": "horizontal" });
  const options = places.map((place) => {
    const option = make("span", { class: "wb-blank", role: "option", tabindex: "-1", "aria-selected": "false" });
    option.addEventListener("click", () => choose(place));
    return option;
  });
  list.append(...options);
  rovingList(list, options, (index) => choose(places[index]));
  return { list, options, places };
}

/** Name them and mark the one asked about; names stay away while an answer is kept back. */
export function drawHiddenRegions({ options, places }, numbers, place, keptBack) {
  const together = numbers.together(place);
  options.forEach((option, index) => {
    const asked = places[index] === place;
    option.textContent = keptBack ? `region ${numbers.regionOf(places[index])}` : numbers.nameOf(places[index]);
    option.classList.toggle("wb-hidden", together.includes(places[index]));
    option.classList.toggle("wb-asked", asked);
    option.setAttribute("aria-selected", String(asked));
  });
  setTabStop(options, Math.max(0, places.indexOf(place)));
}
