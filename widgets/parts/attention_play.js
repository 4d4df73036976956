// Stepping through the words (or the regions) by itself, one a second, until it is stopped.
import { make } from "./dom.js";

const SECOND = 1000;

/** A Play button; `step()` moves on, and waits while `held()`. It never starts by itself. */
export function makePlayer(step, held) {
  const button = make("button", { class: "wb-button", type: "button", text: "Play", title: "Step through the words, one a second" });
  let timer = 0;
  const show = () => {
    button.textContent = timer ? "Pause" : "Play";
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    show();
  };
  button.addEventListener("click", () => {
    if (timer) return stop();
    timer = setInterval(() => (button.isConnected ? held() || step() : stop()), SECOND);
    step();
    return show();
  });
  return { button, stop, playing: () => timer !== 0 };
}
