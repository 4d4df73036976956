// Small pictures from one run of bytes, each made when it is first shown, with boxes over it.
import { make } from "./dom.js";

/** `element(picture)` makes a picture with its boxes in it; `free()` lets go of all that were made. */
export function makeThumbnails(bytes, ends, things) {
  const addresses = new Map();
  const address = (picture) => {
    if (!addresses.has(picture)) {
      const start = bytes.byteOffset + (picture ? ends[picture - 1] : 0);
      const part = new Uint8Array(bytes.buffer, start, bytes.byteOffset + ends[picture] - start);
      addresses.set(picture, URL.createObjectURL(new Blob([part], { type: "image/jpeg" })));
    }
    return addresses.get(picture);
  };
  return {
    element: (picture, name) => {
      if (!ends.length) return make("span", { class: "wb-thumb wb-no-thumb", text: name });
      const image = make("img", { alt: "", loading: "lazy", decoding: "async", src: address(picture) });
      return make("span", { class: "wb-thumb" }, image, boxesOver(things[picture]));
    },
    free: () => addresses.forEach((one) => URL.revokeObjectURL(one)),
  };
}

function boxesOver(things) {
  const percent = (share) => `${100 * share}%`;
  return make("span", { class: "wb-boxes", "aria-hidden": "true" }, ...things.filter(({ box }) => box.length).map(({ box }) => {
    const [left, top, right, bottom] = box;
    const one = make("span", { class: "wb-box" });
    Object.assign(one.style, { left: percent(left), top: percent(top), width: percent(right - left), height: percent(bottom - top) });
    return one;
  }));
}
