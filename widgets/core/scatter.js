// Points in a panel: where they fall, which one is meant, what a lasso holds. Twin: scatter.py.
// Shares are flat x, y, x, y, … in 0..1 of a panel, y downwards. A view is [x, y, zoom]: the share in
// the middle of the panel, and how much larger everything is.
import { overlaps } from "./layout.js";

const POINT_MARGIN = 0.06;
const CLOSEST = 400;
const RINGS = [0, 12, 26, 44];
const AROUND = [[1, 0], [-1, 0], [0, -1], [0, 1], [0.8, -0.8], [-0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]];

const heldShare = (middle) => Math.min(1, Math.max(0, middle));
const gridColumn = (share, cells) => Math.min(cells - 1, Math.max(0, Math.floor(share * cells)));

/** The square around points as [left, bottom, side], with a margin; [-1, -1, 2] without any. */
export function squareExtent(positions, margin = POINT_MARGIN) {
  let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i += 2) {
    const [x, y] = [positions[i], positions[i + 1]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  if (left === Infinity) return [-1, -1, 2];
  const side = Math.max(right - left, top - bottom) * (1 + 2 * margin) || 1;
  return [(left + right) / 2 - side / 2, (bottom + top) / 2 - side / 2, side];
}

/** Points as shares of the square [left, bottom, side], y turned downwards. */
export function sharesIn(positions, [left, bottom, side]) {
  const shares = new Float64Array(positions.length);
  for (let i = 0; i < positions.length; i += 2) {
    shares[i] = (positions[i] - left) / side;
    shares[i + 1] = 1 - (positions[i + 1] - bottom) / side;
  }
  return shares;
}

/** Where a share stands on the screen, as a share of the panel. */
export function onScreen(share, middle, zoom) {
  return (share - middle) * zoom + 0.5;
}

/** The view after its points were dragged by so many shares of the panel. */
export function movedView([x, y, zoom], across, down) {
  return [heldShare(x - across / zoom), heldShare(y - down / zoom), zoom];
}

/** The view that is `factor` closer, what is at a place of the screen staying there. */
export function zoomedView([x, y, zoom], factor, across, down) {
  const closer = Math.min(CLOSEST, Math.max(1, zoom * factor));
  if (closer === 1) return [0.5, 0.5, 1];
  const shift = 1 / zoom - 1 / closer;
  return [heldShare(x + (across - 0.5) * shift), heldShare(y + (down - 0.5) * shift), closer];
}

/** The closest view that holds these points and some room for their labels. */
export function viewAround(shares, chosen) {
  if (chosen.length === 0) return [0.5, 0.5, 1];
  const xs = chosen.map((point) => shares[2 * point]);
  const ys = chosen.map((point) => shares[2 * point + 1]);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const side = Math.max(Math.max(right - left, bottom - top) * 1.5, 1 / CLOSEST);
  return [heldShare((left + right) / 2), heldShare((top + bottom) / 2), Math.min(CLOSEST, Math.max(1, 1 / side))];
}

/** The shown points by cell of a grid: where each cell begins, and the points in their order. */
export function gridIndex(shares, shown, cells) {
  const starts = new Int32Array(cells * cells + 1);
  const places = new Int32Array(shown.length);
  for (let i = 0; i < shown.length; i++) {
    places[i] = gridColumn(shares[2 * shown[i] + 1], cells) * cells + gridColumn(shares[2 * shown[i]], cells);
    starts[places[i] + 1] += 1;
  }
  for (let cell = 0; cell < cells * cells; cell++) starts[cell + 1] += starts[cell];
  const next = starts.slice();
  const order = new Int32Array(shown.length);
  for (let i = 0; i < shown.length; i++) order[next[places[i]]++] = shown[i];
  return [starts, order];
}

/** The point of a grid index closest to a place and at most `radius` from it, or -1. */
export function pointAt(shares, [starts, order], cells, x, y, radius) {
  let best = -1;
  let closest = radius * radius;
  for (let row = gridColumn(y - radius, cells); row <= gridColumn(y + radius, cells); row++) {
    for (let column = gridColumn(x - radius, cells); column <= gridColumn(x + radius, cells); column++) {
      const cell = row * cells + column;
      for (let i = starts[cell]; i < starts[cell + 1]; i++) {
        const away = (shares[2 * order[i]] - x) ** 2 + (shares[2 * order[i] + 1] - y) ** 2;
        if (away <= closest) [best, closest] = [order[i], away];
      }
    }
  }
  return best;
}

/** Is a place inside a closed line, given as x, y, x, y, …? */
export function insidePolygon(polygon, x, y) {
  let inside = false;
  for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
    const [x1, y1, x2, y2] = [polygon[i], polygon[i + 1], polygon[j], polygon[j + 1]];
    if ((y1 > y) !== (y2 > y) && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

/** The shown points inside a closed line, in their order. */
export function pointsInside(shares, shown, polygon) {
  return Array.from(shown).filter((point) => insidePolygon(polygon, shares[2 * point], shares[2 * point + 1]));
}

/** The shown point that an arrow key leads to: near, and rather ahead than aside; else `at`. */
export function nextPoint(shares, shown, at, across, down) {
  let best = at;
  let least = Infinity;
  for (const point of shown) {
    const x = shares[2 * point] - shares[2 * at];
    const y = shares[2 * point + 1] - shares[2 * at + 1];
    const ahead = x * across + y * down;
    const aside = Math.abs(x * down - y * across);
    if (point === at || ahead <= 0 || aside > 2 * ahead) continue;
    if (ahead + 2 * aside < least) [best, least] = [point, ahead + 2 * aside];
  }
  return best;
}

/** The points whose names hold the query: equal ones first, then those that begin with it. */
export function searchNames(names, query, limit) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  const found = [[], [], []];
  names.forEach((name, point) => {
    const lower = name.toLowerCase();
    if (lower.includes(wanted)) found[lower === wanted ? 0 : lower.startsWith(wanted) ? 1 : 2].push(point);
  });
  return found.flat().slice(0, limit);
}

/** How many points stand in both lists; -1 stands for none. */
export function sharedCount(first, second) {
  const others = new Set(second);
  return Array.from(new Set(first)).filter((point) => point >= 0 && others.has(point)).length;
}

/** Which marks may be large: those not closer than `room` to an earlier one. */
export function roomyMarks(places, room) {
  return places.map(([x, y], number) => places.slice(0, number).every(([a, b]) => Math.hypot(x - a, y - b) >= room));
}

/**
 * A place [x, y] for the label of each dot [x, y, radius], earlier ones first. No label covers another
 * or a dot, or leaves the panel: the first free place beside the dot, then ever farther from it. A
 * label that fits nowhere gets null.
 */
export function placeLabels(dots, sizes, width, height) {
  const taken = dots.map(([x, y, r]) => [x - r, y - r, 2 * r, 2 * r]);
  return dots.map(([x, y, radius], index) => {
    const [wide, high] = sizes[index];
    for (const ring of RINGS) {
      const gap = radius + 3 + ring;
      for (const [across, down] of AROUND) {
        const left = x + across * gap + (wide * (across - 1)) / 2;
        const top = y + down * gap + (high * (down - 1)) / 2;
        const spot = [left, top, wide, high];
        const held = left >= 0 && top >= 0 && left + wide <= width && top + high <= height;
        if (!held || taken.some((other) => overlaps(spot, other))) continue;
        taken.push(spot);
        return [left, top];
      }
    }
    return null;
  });
}

/** "“toucan”" for a word, "toucan region" for a region. */
export function pointName(name, kind) {
  return kind === "word" ? `“${name}”` : `${name || "unnamed"} region`;
}

/** The first different names of a list, each with how often it stands there: "ball (3)". */
export function collapsed(names, most) {
  const counts = new Map();
  names.forEach((name) => counts.set(name, (counts.get(name) || 0) + 1));
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} (${count})`)).slice(0, most);
}

/** Items as people list them: "a, b and c". */
export function enumerated(items) {
  return items.length > 1 ? `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}` : items.join("");
}

function nearestTenth(value) {
  const tenths = Math.floor(value * 10 + 0.5);
  if (value > 0 && tenths === 0) return "less than 0.1";
  return tenths % 10 === 0 ? String(tenths / 10) : `${Math.floor(tenths / 10)}.${tenths % 10}`;
}

/** What stands nearest to the centre in each model, and how many neighbours models share. */
export function neighbourSentence(centre, models, nearest, shared, k, expected) {
  const parts = models.map((model, i) => `in ${model} ${nearest[i].length ? enumerated(nearest[i]) : "nothing else"}`);
  const said = `Nearest to ${centre}: ${parts.join("; ")}.`;
  if (models.length < 2) return said;
  const of = models.length > 2 ? "Two models share" : "They share";
  const mean = models.length > 2 ? " on average" : "";
  return `${said} ${of} ${nearestTenth(shared)} of ${k} neighbours${mean}; ${nearestTenth(expected)} by chance.`;
}
