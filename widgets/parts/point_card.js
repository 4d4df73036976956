// What is told of the point under the pointer: its name, kind, concept, picture and rank.
import { percent } from "../core/text.js";
import { make } from "./dom.js";

/** A hidden card inside a panel. */
export function makeCard() {
  return make("div", { class: "wb-card", hidden: true, "aria-hidden": "true" });
}

/** Fill the card for a point and put it beside its place [x, y] in a panel of this width. */
export function showCard(card, { point, at, width, data, near, agreement, sheet, told }) {
  const rank = near ? near.numbers.indexOf(point) : -1;
  const lines = [describePoint(data, point, near)];
  if (agreement) lines.push(`models share ${percent(agreement.points[point])} of its neighbours`);
  const fresh = make("div", {}, make("strong", { text: data.names[point] || "unnamed" }),
    ...lines.map((text) => make("div", { class: "wb-note", text })),
    told ? make("div", { class: "wb-note wb-told", text: told }) : "");
  card.replaceChildren(...[sheet.element(point, 48), fresh].filter(Boolean));
  card.classList.toggle("wb-card-near", rank >= 0);
  card.hidden = false;
  const left = Math.min(Math.max(4, at[0] + 14), Math.max(4, width - card.offsetWidth - 4));
  const above = at[1] + 18 + card.offsetHeight > width;
  card.style.left = `${left}px`;
  card.style.top = `${above ? Math.max(4, at[1] - card.offsetHeight - 14) : at[1] + 18}px`;
}

/** A point in a few words: "word, concept toucan, neighbour 3 at 0.214". */
export function describePoint(data, point, near) {
  const rank = near ? near.numbers.indexOf(point) : -1;
  const concept = data.groups[point] && data.groups[point] !== data.names[point].toLowerCase() ? `, concept ${data.groups[point]}` : "";
  const place = rank >= 0 ? `, neighbour ${rank + 1} at ${near.distances[rank].toFixed(3)}` : "";
  return `${data.kinds[point] ? "region" : "word"}${concept}${place}`;
}
