// The first answers of one model: pictures as cards or sentences as lines, the right ones ticked.
import { formatNumber } from "../core/curves.js";
import { markedPieces, quotedList } from "../core/retrieval.js";
import { make, rovingList, setTabStop } from "./dom.js";

/** A sentence whose marked characters stand out; `role` is the class of the marked ones. */
export function markedText(text, spans, role) {
  return markedPieces(text, spans).map(([piece, marked]) =>
    (marked ? make("mark", { class: `wb-mark ${role}`, text: piece }) : make("span", { text: piece })));
}

/**
 * The list of answers of one model to a question. `look(index)` is called when one is pointed at or
 * focused (-1: none), `open(index)` when it is chosen.
 */
export function makeAnswers(run, which, query, count, thumbnails, { look, open }) {
  const answers = run.answers(which, query, count);
  const pictures = run.fromText();
  const list = make("div", {
    class: pictures ? "wb-answers wb-cards" : "wb-answers wb-lines", role: "listbox",
    "aria-label": `first ${pictures ? "pictures" : "sentences"} by ${run.models[which]}`,
  });
  const options = answers.map((answer, place) => {
    const far = place > 0 && answer.rank > answers[place - 1].rank + 1;
    const option = (pictures ? card : line)(run, query, answer, thumbnails);
    option.classList.toggle("wb-far", far);
    option.addEventListener("pointerenter", () => look(answer.index));
    option.addEventListener("focus", () => look(answer.index));
    option.addEventListener("click", () => open(answer.index));
    return option;
  });
  list.append(...options);
  list.addEventListener("pointerleave", () => look(-1));
  list.addEventListener("focusout", () => look(-1));
  rovingList(list, options, () => {}, (place) => open(answers[place].index));
  setTabStop(options, 0);
  return { list, options, answers };
}

/** Mark the answer that is open, by its index, or none. */
export function markOpen({ options, answers }, opened) {
  options.forEach((option, place) => option.setAttribute("aria-selected", String(answers[place].index === opened)));
}

function frame(run, query, answer) {
  const wrong = answer.rank === 1 && !answer.own;
  const missing = run.wordsAt(run.pair(query, answer.index)[0], run.lacks(run.pair(query, answer.index)));
  const said = [`rank ${answer.rank}`, `score ${formatNumber(answer.score)}`];
  if (run.fromText()) said.unshift(run.name(answer.index));
  if (answer.own) said.push("right");
  else if (wrong) said.push("wrong");
  if (missing.length && !run.fromText()) said.push(`not in the picture: ${quotedList(missing)}`);
  const state = answer.own ? " wb-right" : wrong ? " wb-wrong" : "";
  const sign = answer.own ? "✓ " : wrong ? "✗ " : "";
  return {
    missing,
    spoken: make("span", { class: "wb-unseen", text: ` ${said.join(", ")}, ` }),
    badge: make("span", { class: `wb-rank${state}`, text: `${sign}${answer.rank}`, "aria-hidden": "true" }),
    score: make("span", { class: "wb-score", text: formatNumber(answer.score), "aria-hidden": "true" }),
    option: make("div", { class: `wb-answer${state}`, role: "option", tabindex: "-1", "aria-selected": "false" }),
  };
}

function card(run, query, answer, thumbnails) {
  const { option, badge, score, spoken, missing } = frame(run, query, answer);
  const known = run.hasDetails(run.pair(query, answer.index)[0]) && !answer.own;
  const lacks = missing.length ? [make("span", { text: "lacks " }), make("span", { class: "wb-mark wb-missed", text: missing.join(", ") })]
    : [make("span", { text: answer.own ? "its own" : known ? "shows all that is said" : "" })];
  option.append(thumbnails.element(answer.index, run.name(answer.index)), spoken,
    make("span", { class: "wb-answer-line" }, badge, score),
    make("span", { class: "wb-lacks" }, ...lacks));
  const labels = run.things[answer.index].map(({ label }) => label).join(", ");
  option.title = labels ? `${run.name(answer.index)}: ${labels}` : run.name(answer.index);
  return option;
}

function line(run, query, answer) {
  const { option, badge, score, spoken } = frame(run, query, answer);
  const spans = run.lacks(run.pair(query, answer.index));
  option.append(badge, make("span", { class: "wb-answer-text" }, ...markedText(run.texts[answer.index], spans, "wb-missed")), spoken, score);
  return option;
}
