// A text to take away: shown as it is, with a button that copies it.
import { make } from "./dom.js";

/** The text's elements; `said(words)` is told what came of a copy. */
export function makeCopyable(label, said) {
  const text = make("pre", { class: "wb-code", tabindex: "0", role: "region", "aria-label": label });
  const copy = make("button", { class: "wb-button", type: "button", text: "Copy", "aria-label": `Copy: ${label}` });
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      said(`Copied: ${label}.`);
    } catch {
      getSelection().selectAllChildren(text); // where the browser refuses: one key is left to press
      said(`${label} is selected: copy it with the keyboard.`);
    }
  });
  const box = make("div", {}, make("div", { class: "wb-row wb-spread" },
    make("h3", { class: "wb-heading", text: label }), copy), text);
  return { box, text };
}
