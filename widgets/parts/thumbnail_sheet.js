// The small pictures of regions, all on one sheet: drawn on a canvas or shown as a background.
import { make } from "./dom.js";

/** The sheet of a model; `ready()` is called when it can be drawn. */
export function makeSheet(model, ready) {
  const thumbnail = model.get("thumbnail");
  const [side, columns] = [model.get("side"), model.get("sheet_columns")];
  const image = new Image();
  const address = side ? URL.createObjectURL(new Blob([model.get("sheet")], { type: "image/jpeg" })) : "";
  image.onload = ready;
  if (side) image.src = address;
  const tile = (point) => (point in thumbnail ? thumbnail[point] : -1);
  const corner = (point) => [(tile(point) % columns) * side, Math.floor(tile(point) / columns) * side];
  return {
    any: side > 0,
    has: (point) => tile(point) >= 0 && image.complete && image.naturalWidth > 0,
    draw: (pen, point, x, y, size) => pen.drawImage(image, ...corner(point), side, side, x, y, size, size),
    /** A square element that shows a point's picture, or null where it has none. */
    element: (point, size) => {
      if (tile(point) < 0) return null;
      const square = make("span", { class: "wb-tile", "aria-hidden": "true" });
      const scale = size / side;
      const [x, y] = corner(point);
      square.style.width = square.style.height = `${size}px`;
      square.style.backgroundImage = `url("${address}")`;
      square.style.backgroundSize = `${columns * side * scale}px auto`;
      square.style.backgroundPosition = `${-x * scale}px ${-y * scale}px`;
      return square;
    },
    end: () => side && URL.revokeObjectURL(address),
  };
}
