// Layers down, heads across, and the mean of each layer at the end: one tab stop, arrows to move.
import { cssColour, inkOn, scaleColour } from "../core/colour.js";
import { withZero } from "../core/curves.js";
import { percent } from "../core/text.js";
import { make, setTabStop } from "./dom.js";

/** The grid's elements; `choose(layer, head)` is called for a click or a move, head -1 for the mean. */
export function makeHeadGrid(layers, heads, choose) {
  const columns = [...Array(heads).keys(), -1];
  const roomy = heads <= 6;
  const cells = [];
  const grid = make("div", { class: "wb-heads", role: "grid", "aria-label": "layers and heads" });
  grid.style.setProperty("--wb-cell", roomy ? "36px" : heads <= 12 ? "20px" : "15px");
  const headRow = make("div", { class: "wb-heads-row", role: "row" },
    make("span", { class: "wb-heads-corner", role: "columnheader", text: "layer" }),
    ...columns.map((head) => make("span", { role: "columnheader", text: head < 0 ? "mean" : String(head) })));
  grid.append(headRow);
  for (let layer = 0; layer < layers; layer++) {
    const row = make("div", { class: "wb-heads-row", role: "row" },
      make("span", { class: "wb-heads-corner", role: "rowheader", text: String(layer) }));
    for (const head of columns) {
      const cell = make("button", { class: "wb-head", type: "button", role: "gridcell", tabindex: "-1" });
      cell.addEventListener("click", () => choose(layer, head));
      cells.push(cell);
      row.append(cell);
    }
    grid.append(row);
  }
  const wide = columns.length;
  grid.addEventListener("keydown", (event) => {
    const place = cells.indexOf(document.activeElement);
    if (place < 0) return;
    const [layer, column] = [Math.floor(place / wide), place % wide];
    const [nextLayer, nextColumn] = {
      ArrowRight: [layer, column + 1], ArrowLeft: [layer, column - 1], ArrowDown: [layer + 1, column],
      ArrowUp: [layer - 1, column], Home: [layer, 0], End: [layer, wide - 1],
    }[event.key] || [];
    if (nextLayer === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const within = (value, count) => Math.min(count - 1, Math.max(0, value));
    const cell = cells[within(nextLayer, layers) * wide + within(nextColumn, wide)];
    cell.focus();
    cell.click();
  });
  return { grid, cells, columns, roomy };
}

/** Colour the cells by `shares` (one a layer and column) and mark the chosen one. */
export function drawHeadGrid(grid, shares, chosenLayer, chosenHead, dark, way) {
  const { cells, columns, roomy } = grid;
  const key = [chosenLayer, chosenHead, dark, way, ...shares].join();
  if (grid.drawn === key) return; // hovering changes nothing here
  grid.drawn = key;
  const [low, high] = withZero(Math.min(...shares), Math.max(...shares));
  cells.forEach((cell, place) => {
    const layer = Math.floor(place / columns.length);
    const head = columns[place % columns.length];
    const chosen = layer === chosenLayer && head === chosenHead;
    const paper = scaleColour((shares[place] - low) / (high - low || 1), dark);
    cell.style.background = cssColour(paper);
    cell.style.color = cssColour(inkOn(paper));
    cell.textContent = roomy ? percent(shares[place]).replace(" %", "") : "";
    const name = head < 0 ? `layer ${layer}, mean of heads` : `layer ${layer}, head ${head}`;
    cell.setAttribute("aria-label", `${name}, ${percent(shares[place])} ${way}`);
    cell.setAttribute("aria-selected", String(chosen));
    cell.title = `${name}: ${percent(shares[place])} ${way}`;
  });
  setTabStop(cells, cells.findIndex((cell) => cell.getAttribute("aria-selected") === "true"));
}
