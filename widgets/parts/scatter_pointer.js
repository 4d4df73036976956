// What pointer, wheel and keys do on a panel: move, zoom, hover, choose, draw a lasso or a box.
import { movedView, zoomedView } from "../core/scatter.js";

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STILL = 4; // pixels that a click may tremble

/**
 * Listen on a panel's canvas. `calls` are view(), setView(view, done), tool(), hover(event or null),
 * choose(event), toggle(event), outline(points), select(points, adds), step(across, down), act(name).
 */
export function listen(canvas, calls) {
  let began = null;
  const at = (event) => {
    const frame = canvas.getBoundingClientRect();
    return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
  };
  const pixels = (event) => at(event).map((share) => share * canvas.clientWidth);

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    began = { x: event.clientX, y: event.clientY, from: at(event), view: calls.view(), moved: false, path: pixels(event) };
    if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!began) {
      calls.hover(event);
      return;
    }
    began.moved ||= Math.hypot(event.clientX - began.x, event.clientY - began.y) > STILL;
    if (!began.moved) return;
    const [x, y] = at(event);
    if (calls.tool() === "move") {
      calls.setView(movedView(began.view, x - began.from[0], y - began.from[1]), false);
    } else {
      if (calls.tool() === "lasso") began.path.push(...pixels(event));
      else began.path = boxPath(began.path.slice(0, 2), pixels(event));
      calls.outline(began.path);
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!began) return;
    const { moved, path } = began;
    began = null;
    if (!moved) {
      if (calls.tool() === "move" && !event.shiftKey) calls.choose(event);
      else calls.toggle(event);
    } else if (calls.tool() === "move") calls.setView(calls.view(), true);
    else calls.select(path, event.shiftKey);
  });
  canvas.addEventListener("pointercancel", () => {
    began = null;
    calls.outline([]);
  });
  canvas.addEventListener("pointerleave", () => began || calls.hover(null));
  canvas.addEventListener("wheel", (event) => {
    // until it was clicked or tabbed to, the page is scrolled and not the picture
    if (!event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    calls.setView(zoomedView(calls.view(), 2 ** (-event.deltaY / 240), ...at(event)), true);
  }, { passive: false });
  canvas.addEventListener("dblclick", () => calls.act("reset"));
  canvas.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    const act = { Enter: "choose", " ": "toggle", Escape: "escape", "0": "reset", Home: "reset", n: "near" }[event.key];
    const factor = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(arrow || act || factor)) return;
    event.preventDefault();
    event.stopPropagation();
    if (arrow && event.shiftKey) calls.setView(movedView(calls.view(), -0.15 * arrow[0], -0.15 * arrow[1]), true);
    else if (arrow) calls.step(...arrow);
    else if (factor) calls.setView(zoomedView(calls.view(), factor, 0.5, 0.5), true);
    else calls.act(act);
  });
}

function boxPath([x, y], [right, bottom]) {
  return [x, y, right, y, right, bottom, x, bottom];
}
