// The one row of controls of an attention view, the key of its colours, and the slider over records.
import { blockWords } from "../core/attention_words.js";
import { cssColour, signedColour } from "../core/colour.js";
import { signedPoints } from "../core/difference.js";
import { percent } from "../core/text.js";
import { freshName, make } from "./dom.js";

export const DIRECTIONS = ["word_to_region", "region_to_word", "word_to_word", "region_to_region"];

/** Buttons of which one is pressed, as radios: `choices` are [value, text]. */
export function makeSegments(label, choices, choose) {
  const name = freshName("wb-segment");
  const radios = choices.map(([value, text]) => {
    const input = make("input", { type: "radio", name, value });
    input.addEventListener("change", () => choose(value));
    return make("label", {}, input, make("span", { text }));
  });
  const box = make("div", { class: "wb-segments", role: "radiogroup", "aria-label": label }, ...radios);
  const show = (value) => radios.forEach((one) => { one.firstChild.checked = one.firstChild.value === value; });
  return { box, show };
}

/** Direction, special tokens, and the buttons that are given; the caption alone where there is no toolbar. */
export function makeControls(model, { keep, turn }, buttons) {
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  const segments = makeSegments("direction", DIRECTIONS.map((value) => [value, capital(blockWords(value))]), turn);
  const special = make("input", { type: "checkbox" });
  special.addEventListener("change", () => keep({ hide_special: special.checked }));
  const caption = make("h2", { class: "wb-caption", text: model.get("caption"), hidden: !model.get("caption") });
  const box = make("div", { class: "wb-row wb-controls" }, caption,
    make("div", { class: "wb-row", hidden: !model.get("toolbar") }, segments.box),
    make("div", { class: "wb-row wb-buttons" },
      make("label", { class: "wb-field", hidden: !model.get("toolbar") }, special, make("span", { text: "Hide special tokens" })),
      make("span", { class: "wb-push" }), ...buttons));
  const show = () => {
    segments.show(model.get("direction"));
    special.checked = model.get("hide_special");
  };
  return { box, show };
}

/** The colour scale with its ends, and the threshold below which nothing is shown. */
export function makeKey(model, keep) {
  const bar = make("span", { class: "wb-key-bar" });
  const [least, most, unit, cell] = ["span", "span", "span", "span"].map((tag) => make(tag));
  const slider = make("input", { type: "range", min: "0", max: "1", step: "0.01", "aria-label": "hide weights below" });
  const value = make("span", { class: "wb-threshold-value" });
  slider.addEventListener("input", () => keep({ threshold: Number(slider.value) }));
  const box = make("div", { class: "wb-row wb-note wb-key" }, least, bar, most, unit, cell, make("span", { class: "wb-push" }),
    make("label", { class: "wb-field" }, make("span", { text: "Hide below" }), slider, value));
  const show = (peak, signed, dark, said) => {
    const stops = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1].map((share) => cssColour(signedColour(signed ? 2 * share - 1 : share, dark)));
    bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    least.textContent = signed ? signedPoints(-peak) : "0";
    most.textContent = signed ? signedPoints(peak) : percent(peak);
    unit.textContent = said ? "" : signed ? "percentage points" : "attention weight";
    cell.textContent = said;
    slider.value = String(model.get("threshold"));
    const below = model.get("threshold") * peak;
    value.textContent = signed ? `${signedPoints(below).replace("+", "")} points` : percent(below);
    slider.setAttribute("aria-valuetext", `${percent(model.get("threshold"))} of the largest`);
  };
  return { box, show };
}

/** A slider over the records of a view that has several, each with its label. */
export function makeFrames(model, keep) {
  const labels = model.get("frame_labels");
  const slider = make("input", { type: "range", min: "0", max: String(Math.max(0, labels.length - 1)), step: "1", "aria-label": "record" });
  const where = make("span", { class: "wb-frame-label" });
  const offered = model.get("frames_offered");
  const note = offered > labels.length ? `${labels.length} of ${offered} records` : `${labels.length} records`;
  slider.addEventListener("input", () => keep({ frame: Number(slider.value) }));
  const box = make("div", { class: "wb-row wb-frames", hidden: labels.length < 2 },
    where, slider, make("span", { class: "wb-note", text: note }));
  const show = () => {
    where.textContent = labels[model.get("frame")] || "";
    slider.value = String(model.get("frame"));
    slider.setAttribute("aria-valuetext", where.textContent);
  };
  return { box, show };
}
