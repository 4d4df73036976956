// Labelled form controls: what is wrong with one stands below it and is tied to it.
import { freshName, make } from "./dom.js";

/** A control with its label above it and room for a note and a problem below. */
export function labelled(label, control, ...beside) {
  const name = control.id || freshName("wb-control");
  control.id = name;
  const note = make("p", { class: "wb-note wb-field-note", id: `${name}-note`, hidden: true });
  const problem = make("p", { class: "wb-fault", id: `${name}-fault`, hidden: true });
  control.setAttribute("aria-describedby", `${name}-note ${name}-fault`);
  const box = make("div", { class: "wb-labelled" },
    make("label", { for: name, text: label }),
    make("div", { class: "wb-control-row" }, control, ...beside), note, problem);
  return { box, control, note, problem };
}

/** Write, or take away, what is said of a field. */
export function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
  place.hidden = text === "";
}

/** Mark a field with its problems; an empty list takes the mark away. */
export function showFaults(field, messages) {
  say(field.problem, messages.join(" "));
  if (messages.length) field.control.setAttribute("aria-invalid", "true");
  else field.control.removeAttribute("aria-invalid");
}

/** A select of [value, text] pairs. */
export function makeSelect(choices, change) {
  const select = make("select", { class: "wb-input" });
  setChoices(select, choices);
  select.addEventListener("change", () => change(select.value));
  return select;
}

/** Other [value, text] pairs for a select; nothing happens where they are the same. */
export function setChoices(select, choices) {
  const now = Array.from(select.options, (option) => `${option.value} ${option.text}`);
  if (now.join("\n") === choices.map(([value, text]) => `${value} ${text}`).join("\n")) return;
  select.replaceChildren(...choices.map(([value, text]) => make("option", { value, text })));
}

/** A line for a number, or for what is not one yet: the text is then handed on as it is. */
export function makeEntry(change, attributes = {}) {
  const entry = make("input", { class: "wb-input", type: "text", autocomplete: "off", spellcheck: "false", ...attributes });
  entry.addEventListener("input", () => change(entered(entry.value)));
  return entry;
}

/** What was typed: a number where it is one, null where nothing stands there, else the text. */
export function entered(text) {
  const plain = text.trim();
  if (plain === "") return null;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : plain;
}

/** Show a value in a line, but leave alone what reads the same: somebody may be typing there. */
export function showEntry(entry, value) {
  if (entered(entry.value) !== value) entry.value = value === null || value === undefined ? "" : String(value);
}
