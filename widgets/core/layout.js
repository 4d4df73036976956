// Where things go: boxes in pixels, the box under the pointer, labels that do not cover each other.
// Twin: layout.py. Boxes are [left, top, right, bottom] in 0..1; rectangles [left, top, width, height].

/** Largest size with the same shape inside the given limits: [width, height]. */
export function fitInside(width, height, widest, highest) {
  const scale = Math.min(widest / width, highest / height);
  return [Math.floor(width * scale + 0.5), Math.floor(height * scale + 0.5)];
}

/** A box as a pixel rectangle on a picture of this size, clipped to it. */
export function boxToRectangle(box, width, height) {
  const clip = (value) => Math.min(1, Math.max(0, value));
  const left = clip(box[0]) * width;
  const top = clip(box[1]) * height;
  return [left, top, clip(box[2]) * width - left, clip(box[3]) * height - top];
}

/** Index of the smallest box that contains the point (x, y in 0..1), or -1: small things stay reachable. */
export function pickBox(boxes, x, y) {
  let best = -1;
  let smallest = Infinity;
  boxes.forEach(([left, top, right, bottom], index) => {
    const area = (right - left) * (bottom - top);
    if (x >= left && x <= right && y >= top && y <= bottom && area < smallest) {
      best = index;
      smallest = area;
    }
  });
  return best;
}

/** Do two rectangles share any area? */
export function overlaps(first, second) {
  return (
    first[0] < second[0] + second[2] && second[0] < first[0] + first[2] &&
    first[1] < second[1] + second[3] && second[1] < first[1] + first[3]
  );
}

/**
 * A place for each tag near its rectangle, earlier tags first: the first free one of above, inside the
 * top, below, right edge, and further down the box. A tag that fits nowhere gets null and is not drawn.
 */
export function placeTags(rectangles, sizes, width, height) {
  const placed = [];
  rectangles.forEach(([left, top, wide, high], index) => {
    const [tagWidth, tagHeight] = sizes[index];
    const candidates = [
      [left, top - tagHeight], [left, top], [left, top + high], [left + wide - tagWidth, top - tagHeight],
      [left + wide - tagWidth, top], [left + wide - tagWidth, top + high - tagHeight],
      [left, top + high - tagHeight], [left + wide, top], [left - tagWidth, top],
      [left, top + tagHeight], [left, top + 2 * tagHeight],
    ];
    const free = candidates
      .map(([x, y]) => [Math.min(Math.max(0, x), width - tagWidth), y, tagWidth, tagHeight])
      .find((spot) => spot[0] >= 0 && spot[1] >= 0 && spot[1] + tagHeight <= height &&
        placed.every((other) => other === null || !overlaps(spot, other)));
    placed.push(free ? free.slice(0, 2).concat(sizes[index]) : null);
  });
  return placed.map((spot) => (spot ? [spot[0], spot[1]] : null));
}

/** Push labels on one line apart: positions at least `gap` from each other, in order, inside low..high. */
export function spreadLabels(positions, gap, low, high) {
  const order = positions.map((_, index) => index).sort((a, b) => positions[a] - positions[b] || a - b);
  const spread = positions.slice();
  order.forEach((index, place) => {
    const floor = place === 0 ? low : spread[order[place - 1]] + gap;
    spread[index] = Math.max(positions[index], floor);
  });
  for (let place = order.length - 1; place >= 0; place--) {
    const ceiling = place === order.length - 1 ? high : spread[order[place + 1]] - gap;
    spread[order[place]] = Math.min(spread[order[place]], ceiling);
  }
  return spread;
}

/** Index of the cell under a coordinate on an axis of `count` cells, or -1 outside. */
export function cellAt(coordinate, length, count) {
  const cell = Math.floor((coordinate / length) * count);
  return cell >= 0 && cell < count ? cell : -1;
}
