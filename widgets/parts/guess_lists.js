// Two columns of guesses, one a condition, each guess with its bar; the right one is checked.
import { percent } from "../core/text.js";
import { make } from "./dom.js";

/** The elements of both columns, empty. */
export function makeGuessLists() {
  const columns = [0, 1].map((side) => {
    const name = make("span");
    const list = make("ol", { class: "wb-guess-list" });
    const rank = make("p", { class: "wb-note" });
    const box = make("div", { class: side ? "wb-blind" : "" },
      make("p", { class: "wb-condition" }, make("span", { class: "wb-sample" }), name), list, rank);
    return { name, list, rank, box };
  });
  return { columns, box: make("div", { class: "wb-answers" }, ...columns.map(({ box }) => box)) };
}

/** Fill one column; `guesses` is null while the answer is kept back. */
export function drawGuessList(column, { condition, guesses, truth, rank }) {
  column.name.textContent = condition;
  column.rank.textContent = guesses ? rank : "";
  const rows = (guesses || []).map(({ text, raw, chance }) => {
    const right = raw === truth;
    const bar = make("div", { class: "wb-bar" });
    bar.style.width = `${100 * chance}%`;
    return make("li", { class: right ? "wb-right" : "" },
      make("div", { class: "wb-guess-line" },
        make("span", { text: right ? `✓ ${text}` : text }), make("span", { text: percent(chance) })),
      make("div", { class: "wb-track" }, bar));
  });
  column.list.replaceChildren(...(guesses ? rows : [make("li", { class: "wb-note", text: "Guess first." })]));
}
