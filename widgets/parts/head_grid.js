// Layers down, heads across, and the mean of each layer at the end: one tab stop, arrows to move.
import { cssColour, inkOn, shadeEnds, signedColour } from "../core/colour.js";
import { make, setTabStop } from "./dom.js";

/**
 * The grid's elements; head -1 is the mean. `choose(layer, head)` is called for a click or a move,
 * `only(head)` for a double or shift click, `take(layer, head)` for Delete or X.
 */
export function makeHeadGrid(layers, heads, names, { choose, only, take }) {
  const columns = [...Array(heads).keys(), -1];
  const roomy = heads <= 6;
  const cells = [];
  const grid = make("div", { class: "wb-heads", role: "grid", "aria-label": "layers and heads" });
  grid.style.setProperty("--wb-cell", roomy ? "36px" : heads <= 12 ? "20px" : "15px");
  const longest = Math.max(0, ...names.map((name) => name.length));
  grid.style.setProperty("--wb-corner", `${names.length ? Math.min(132, 14 + 6 * longest) : 36}px`);
  const headRow = make("div", { class: "wb-heads-row", role: "row" },
    make("span", { class: "wb-heads-corner", role: "columnheader", text: "layer" }),
    ...columns.map((head) => make("span", { role: "columnheader", text: head < 0 ? "mean" : String(head) })));
  grid.append(headRow);
  for (let layer = 0; layer < layers; layer++) {
    const name = names.length ? names[layer] : String(layer);
    const row = make("div", { class: "wb-heads-row", role: "row" },
      make("span", { class: "wb-heads-corner", role: "rowheader", text: name, title: name }));
    for (const head of columns) {
      const cell = make("button", { class: "wb-head", type: "button", role: "gridcell", tabindex: "-1" });
      cell.addEventListener("click", (event) => (event.shiftKey && head >= 0 ? only(layer, head) : choose(layer, head)));
      cell.addEventListener("dblclick", () => head >= 0 && only(layer, head));
      cells.push(cell);
      row.append(cell);
    }
    grid.append(row);
  }
  const wide = columns.length;
  grid.addEventListener("keydown", (event) => {
    const place = cells.indexOf(document.activeElement);
    if (place < 0 || event.ctrlKey || event.metaKey) return;
    const [layer, column] = [Math.floor(place / wide), place % wide];
    if (["Delete", "x", "X"].includes(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      take(layer, columns[column]);
      return;
    }
    const [nextLayer, nextColumn] = {
      ArrowRight: [layer, column + 1], ArrowLeft: [layer, column - 1], ArrowDown: [layer + 1, column],
      ArrowUp: [layer - 1, column], Home: [layer, 0], End: [layer, wide - 1],
    }[event.key] || [];
    if (nextLayer === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const within = (value, count) => Math.min(count - 1, Math.max(0, value));
    const next = [within(nextLayer, layers), within(nextColumn, wide)];
    cells[next[0] * wide + next[1]].focus();
    choose(next[0], columns[next[1]], true);
  });
  return { grid, cells, columns, roomy, names };
}

/**
 * Colour the cells by `values` (one a layer and column, not a number where a head has none) and mark
 * the chosen one. `told(value)` is a number as it is read, `short` as a roomy cell shows it.
 */
export function drawHeadGrid(grid, { values, layer: chosenLayer, head: chosenHead, dark, signed, told, short, meaning, taken }) {
  const { cells, columns, roomy, names } = grid;
  const key = [chosenLayer, chosenHead, dark, signed, meaning, taken.join(";"), ...values].join();
  if (grid.drawn === key) return; // hovering changes nothing here
  grid.drawn = key;
  const known = values.filter((value) => !Number.isNaN(value));
  const [low, high] = known.length ? shadeEnds(Math.min(...known), Math.max(...known)) : [0, 1];
  const peak = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const gone = new Set(taken.map(String));
  cells.forEach((cell, place) => {
    const layer = Math.floor(place / columns.length);
    const head = columns[place % columns.length];
    const value = values[place];
    const none = Number.isNaN(value);
    const away = gone.has(String([layer, head]));
    const paper = signedColour(signed ? value / peak : (value - low) / (high - low || 1), dark);
    cell.style.background = none ? "" : cssColour(paper);
    cell.style.color = none ? "" : cssColour(inkOn(paper));
    cell.textContent = away ? "×" : none ? "–" : roomy ? short(value) : "";
    cell.classList.toggle("wb-none", none);
    cell.classList.toggle("wb-taken", away);
    const called = names.length ? names[layer] : `layer ${layer}`;
    const name = `${called}, ${head < 0 ? "mean of heads" : `head ${head}`}`;
    const says = none ? "nothing here" : `${told(value)} ${meaning}`;
    cell.setAttribute("aria-label", `${name}, ${says}${away ? ", taken away" : ""}`);
    cell.setAttribute("aria-selected", String(layer === chosenLayer && head === chosenHead));
    cell.title = `${name}: ${says}`;
  });
  setTabStop(cells, cells.findIndex((cell) => cell.getAttribute("aria-selected") === "true"));
}
