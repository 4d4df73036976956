// What every view does: hear its model, follow its host, be drawn anew, offer a table.
import { freshName, make, oncePerFrame, watchTheme } from "./dom.js";

/** Call back when a trait changes; each of `pairs` is [names, call]. Answers how to stop. */
export function hearTraits(model, ...pairs) {
  const heard = pairs.flatMap(([names, call]) => names.map((name) => [`change:${name}`, call]));
  heard.forEach(([event, call]) => model.on(event, call));
  return () => heard.forEach(([event, call]) => model.off(event, call));
}

/** Call `dress` when the box gets another size or its host another theme. Answers how to stop. */
export function followHost(box, dress) {
  const resized = new ResizeObserver(dress);
  resized.observe(box);
  const unwatch = watchTheme(dress);
  return () => {
    resized.disconnect();
    unwatch();
  };
}

/** A view's `render` that ends and begins again when one of the traits `names` changes. */
export function drawnAnew(names, renderOnce) {
  return ({ model, el }) => {
    let end = renderOnce({ model, el });
    const again = oncePerFrame(() => {
      end();
      end = renderOnce({ model, el });
    });
    const unhear = hearTraits(model, [names, again]);
    return () => {
      unhear();
      end();
    };
  };
}

/** A button that opens and closes the frame of a table, which `soon` is to fill. */
export function makeTableFrame(label, soon) {
  const id = freshName("wb-table");
  const frame = make("div", { class: "wb-table-frame", id, hidden: true, tabindex: "0", role: "region", "aria-label": label });
  const button = make("button", { class: "wb-button", type: "button", text: "Table", "aria-expanded": "false", "aria-controls": id });
  button.addEventListener("click", () => {
    frame.hidden = !frame.hidden;
    button.setAttribute("aria-expanded", String(!frame.hidden));
    soon();
  });
  return { button, frame };
}
