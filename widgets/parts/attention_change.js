// Taking words, regions and heads away, looking again, and the three-way switch between the looks.
import { makeSegments } from "./attention_controls.js";
import { make } from "./dom.js";

const sorted = (places) => places.sort((a, b) => (a[0] ?? a) - (b[0] ?? b) || (a[1] ?? 0) - (b[1] ?? 0));

/** The button, the bar with its switch, and `toggle(kind, place)` for "words", "regions", "heads". */
export function makeChange(model, keep, names) {
  const able = () => model.get("rerunnable") && model.get("live");
  const button = make("button", {
    class: "wb-button", type: "button", text: "Take away", "aria-pressed": "false", hidden: !model.get("rerunnable"),
    title: "Then a click takes a word, a region or a head away (or X on it), and the model looks again",
  });
  const said = make("span", { class: "wb-taken-said" });
  const [first, second] = model.get("names");
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  const segments = makeSegments("which look is shown",
    [["before", capital(first)], ["after", capital(second)], ["difference", "Difference"]], (shown) => keep({ shown }));
  const reset = make("button", { class: "wb-button", type: "button", text: "Reset" });
  const problem = make("p", { class: "wb-message", role: "alert", hidden: true });
  const row = make("div", { class: "wb-row" }, said, segments.box, reset);
  const box = make("div", { class: "wb-change" }, row, problem);

  const none = () => ({ words: [], regions: [], heads: [], ...model.get("change") });
  const isTaken = (kind, place) => (none()[kind].some((one) => String(one) === String(place)));
  function toggle(kind, place) {
    if (!able()) return;
    const change = structuredClone(none());
    const all = isTaken(kind, place)
      ? change[kind].filter((one) => String(one) !== String(place)) : [...change[kind], place];
    change[kind] = sorted(all);
    keep({ change, shown: "difference" });
  }
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    keep({});
  });
  reset.addEventListener("click", () => keep({ change: {} }));

  function show(both) {
    const asked = names.taken(model.get("change"));
    const taking = button.getAttribute("aria-pressed") === "true";
    const asleep = model.get("rerunnable") && !model.get("live");
    button.disabled = !model.get("live");
    if (asleep) button.title = "Needs the notebook: a saved page has no model.";
    box.hidden = !(both || taking || asked || model.get("problem"));
    said.textContent = asleep && asked ? `Without ${asked}. To take more away, run the notebook: a saved page has no model.`
      : model.get("busy") ? `Looking again without ${asked}…`
        : asked ? `Without ${asked}` : both ? `${second} against ${first}` : taking ? "Click a word, a region or a head, or press X on it, to take it away." : "";
    segments.box.hidden = !both;
    segments.show(model.get("shown"));
    reset.hidden = !asked || !able();
    problem.textContent = model.get("problem");
    problem.hidden = !model.get("problem");
  }
  return {
    button, box, toggle, show, isTaken,
    taking: () => able() && button.getAttribute("aria-pressed") === "true",
    taken: (kind) => none()[kind],
  };
}
