// One model's panel: its points, and above them the centre, its numbered neighbours and their names.
import { onScreen, placeLabels, roomyMarks } from "../core/scatter.js";
import { percent } from "../core/text.js";
import { make, sharpen } from "./dom.js";
import { drawPoints, pointRadius, shape } from "./scatter_points.js";

const TILE = 26;
const FEW_TILES = 40;

/** The elements of a panel, empty. */
export function makePanel(title) {
  const points = make("canvas", { class: "wb-scatter-points", "aria-hidden": "true" });
  const marks = make("canvas", { class: "wb-scatter-marks", role: "application", tabindex: "0", "aria-roledescription": "scatter plot" });
  const layer = make("span", { class: "wb-note" });
  const across = make("span");
  const upwards = make("span");
  const stack = make("div", { class: "wb-scatter" }, points, marks);
  const box = make("div", { class: "wb-panel" },
    make("h3", { class: "wb-heading wb-panel-title" }, make("span", { text: title }), layer), stack,
    make("div", { class: "wb-note wb-axes" }, across, upwards));
  return { box, stack, points, marks, layer, across, upwards };
}

/** Write the shares of variance under a panel; UMAP has none. */
export function showAxes(panel, explained, called) {
  const names = called === "UMAP" ? ["UMAP 1", "UMAP 2"] : explained.map((share, i) => `${called} ${i + 1} · ${percent(share)}`);
  panel.across.textContent = `→ ${names[0]}`;
  panel.upwards.textContent = `↑ ${names[1]}`;
  panel.box.title = called === "UMAP" ? "" : "shares of the variance that lie along the axes";
}

/** Draw the cloud of points; marked ones are drawn above it by `drawMarks`. */
export function drawCloud(panel, { width, shares, shown, kinds, inks, view, strength, sheet, tiled }) {
  drawPoints(panel.points, { width, shares, shown, kinds, inks, view, strength });
  if (!tiled) return;
  const pen = panel.points.getContext("2d");
  const inside = Array.from(shown).filter((point) => sheet.has(point) && within(place(shares, point, view, width), width));
  if (inside.length > FEW_TILES) return;
  inside.forEach((point) => drawTile(pen, sheet, point, place(shares, point, view, width), TILE * 0.8, "rgba(128, 128, 128, 0.9)"));
}

/**
 * Draw what stands out: `near` are the neighbours by rank, `hovered` and `selected` points, `outline` a
 * lasso under way as x, y, x, y, … in pixels.
 */
export function drawMarks(panel, { width, shares, kinds, names, centre, near, hovered, selected, view, outline, sheet, theme, tiled, count }) {
  const pen = sharpen(panel.marks, width, width);
  const at = (point) => place(shares, point, view, width);
  const radius = pointRadius(count, view[2]);
  drawSelected(pen, selected, at, radius, width, theme);
  const marked = [centre, ...near].filter((point) => within(at(point), width));
  const roomy = roomyMarks(marked.map(at), TILE);
  const tiles = new Set(marked.filter((point, i) => tiled && roomy[i] && sheet.has(point)));
  const sizeOf = (point) => (tiles.has(point) ? TILE / 2 + 2 : point === centre ? 9 : 8);
  const rankOf = (point) => (point === centre ? 0 : near.indexOf(point) + 1);
  const labels = layLabels(pen, marked, { at, sizeOf, rankOf, tiles, names, theme, width });
  labels.forEach(({ spot, dot, size }) => spot && drawLeader(pen, dot, [...spot, ...size], theme));
  marked.slice().reverse().forEach((point) =>
    drawMarked(pen, point, at(point), { rank: rankOf(point), kinds, sheet, theme, tile: tiles.has(point) }));
  if (hovered >= 0) drawHovered(pen, at(hovered), Math.max(radius, marked.includes(hovered) ? sizeOf(hovered) : 0) + 4, theme);
  drawNames(pen, labels, theme);
  if (outline.length > 2) drawOutline(pen, outline, theme);
}

function place(shares, point, [x, y, zoom], width) {
  return [onScreen(shares[2 * point], x, zoom) * width, onScreen(shares[2 * point + 1], y, zoom) * width];
}

function within([x, y], width) {
  return x >= 0 && y >= 0 && x <= width && y <= width;
}

function drawSelected(pen, selected, at, radius, width, theme) {
  pen.strokeStyle = theme.focus;
  pen.lineWidth = selected.length > 300 ? 1 : 2;
  pen.beginPath();
  for (const point of selected) {
    const [x, y] = at(point);
    if (!within([x, y], width)) continue;
    pen.moveTo(x + radius + 2.5, y);
    pen.arc(x, y, radius + 2.5, 0, 2 * Math.PI);
  }
  pen.stroke();
}

// The centre is a ring around a dot, a neighbour a badge with its rank; round for words, square for regions.
function drawMarked(pen, point, [x, y], { rank, kinds, sheet, theme, tile }) {
  if (tile) {
    drawTile(pen, sheet, point, [x, y], TILE, theme.ink, rank ? 1.75 : 3.5);
    return;
  }
  const rings = rank ? [[8.5, theme.surface], [7.5, theme.ink]] : [[9.5, theme.surface], [8.5, theme.ink], [6.5, theme.surface], [4.4, theme.ink]];
  for (const [radius, colour] of rings) {
    pen.fillStyle = colour;
    shape(pen, x, y, radius, kinds[point]);
  }
  if (!rank) return;
  pen.font = `700 ${rank > 9 ? 9 : 10.5}px ${theme.font}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = theme.surface;
  pen.fillText(String(rank), x, y + 0.5);
}

function drawTile(pen, sheet, point, [x, y], size, frame, line = 1) {
  pen.fillStyle = frame;
  pen.fillRect(x - size / 2 - line, y - size / 2 - line, size + 2 * line, size + 2 * line);
  sheet.draw(pen, point, x - size / 2, y - size / 2, size);
}

function drawHovered(pen, [x, y], radius, theme) {
  pen.lineWidth = 5;
  pen.strokeStyle = theme.surface;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.stroke();
  pen.lineWidth = 2;
  pen.strokeStyle = theme.ink;
  pen.stroke();
}

// The rank stands before a name that occurs several times, or whose mark is a picture.
function layLabels(pen, marked, { at, sizeOf, rankOf, tiles, names, theme, width }) {
  const labels = marked.map((point) => {
    const name = names[point] || "unnamed";
    const short = name.length > 22 ? `${name.slice(0, 21)}…` : name;
    const several = marked.filter((other) => rankOf(other) && names[other] === names[point]).length > 1;
    const text = rankOf(point) && (several || tiles.has(point)) ? `${rankOf(point)}  ${short}` : short;
    const font = rankOf(point) ? `600 12px ${theme.font}` : `700 13px ${theme.font}`;
    pen.font = font;
    return { text, font, size: [Math.ceil(pen.measureText(text).width) + 8, 17], dot: [...at(point), sizeOf(point)] };
  });
  const spots = placeLabels(labels.map(({ dot }) => dot), labels.map(({ size }) => size), width, width);
  return labels.map((label, i) => ({ ...label, spot: spots[i] }));
}

function drawNames(pen, labels, theme) {
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  labels.forEach(({ text, font, size, spot }) => {
    if (!spot) return;
    pen.globalAlpha = 0.86;
    pen.fillStyle = theme.surface;
    pen.beginPath();
    pen.roundRect(spot[0], spot[1], ...size, 3);
    pen.fill();
    pen.globalAlpha = 1;
    pen.font = font;
    pen.fillStyle = theme.ink;
    pen.fillText(text, spot[0] + 4, spot[1] + 9);
  });
}

// A thin line to a label that had to stand aside.
function drawLeader(pen, [x, y, radius], [left, top, wide, high], theme) {
  const to = [Math.min(Math.max(x, left), left + wide), Math.min(Math.max(y, top), top + high)];
  const away = Math.hypot(to[0] - x, to[1] - y);
  if (away < radius + 8) return;
  pen.strokeStyle = theme.edge;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(x + ((to[0] - x) * radius) / away, y + ((to[1] - y) * radius) / away);
  pen.lineTo(...to);
  pen.stroke();
}

function drawOutline(pen, outline, theme) {
  pen.beginPath();
  for (let i = 0; i < outline.length; i += 2) pen.lineTo(outline[i], outline[i + 1]);
  pen.closePath();
  pen.globalAlpha = 0.12;
  pen.fillStyle = theme.focus;
  pen.fill();
  pen.globalAlpha = 1;
  pen.lineWidth = 1.5;
  pen.strokeStyle = theme.focus;
  pen.setLineDash([5, 3]);
  pen.stroke();
  pen.setLineDash([]);
}
