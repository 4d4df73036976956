// Which probe of a run is looked at, the guesses for hidden words, and which sentence fits where.
import { cssColour, inkOn, scaleColour } from "../core/colour.js";
import { formatNumber } from "../core/curves.js";
import { percent, readablePieces } from "../core/text.js";
import { make, oncePerFrame, tableOf, themeAt, watchTheme } from "../parts/dom.js";

function guessTable(hidden) {
  const most = Math.max(...hidden.map(({ top }) => top.length));
  const columns = [["hidden word", false], ...Array.from({ length: most }, (_, i) => [i === 0 ? "best guess" : `${i + 1}.`, false])];
  const row = (name, truth, top, chance) =>
    [name, ...top.map((word, i) => `${word === truth ? "✓ " : ""}${word} ${percent(chance[i])}`)];
  const rows = hidden.flatMap(({ truth, top, chance, blind_top: blind, blind_chance: blindChance }) => [
    row(truth, truth, top, chance),
    ...(blind ? [row(`${truth}, without the picture`, truth, blind, blindChance)] : []),
  ]);
  return tableOf("A check marks the word that stood there", columns, rows);
}

function similarityTable(rows, texts, dark) {
  const known = rows.flat().filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const table = make("table", { class: "wb-table wb-fits" },
    make("caption", { text: "Sentences by pictures: the framed cells are the true pairs, the best of a row is bold" }),
    make("thead", {}, make("tr", {}, make("td", {}), ...texts.map((_, i) => make("th", { scope: "col", text: String(i + 1), "aria-label": `picture ${i + 1}` })))));
  const body = rows.map((values, row) => {
    const best = values.indexOf(values.reduce((a, b) => (b !== null && (a === null || b > a) ? b : a), null));
    const cells = values.map((value, column) => {
      const paper = scaleColour(value !== null && high > low ? (value - low) / (high - low) : 0, dark);
      const cell = make("td", { text: value === null ? "–" : formatNumber(value), class: `${row === column ? "wb-own" : ""} ${column === best ? "wb-best-fit" : ""}`.trim() });
      cell.style.background = cssColour(paper);
      cell.style.color = cssColour(inkOn(paper));
      return cell;
    });
    return make("tr", {}, make("th", { scope: "row", text: `${row + 1} ${texts[row]}` }), ...cells);
  });
  table.append(make("tbody", {}, ...body));
  return table;
}

function render({ model, el }) {
  const slider = make("input", { type: "range", min: "0", step: "1", "aria-label": "probe" });
  const follow = make("input", { type: "checkbox" });
  const where = make("span", { class: "wb-title" });
  const count = make("span", { class: "wb-note" });
  const steps = make("div", { class: "wb-row wb-probe-steps" }, where, slider, count,
    make("label", { class: "wb-field" }, follow, make("span", { text: "Follow the newest" })));
  const problem = make("p", { class: "wb-message", role: "alert", hidden: true });
  const words = make("p", { class: "wb-guessed" });
  const table = make("div", { class: "wb-fits-frame", tabindex: "0", role: "region", "aria-label": "guesses for hidden words" });
  const guesses = make("div", {}, make("h3", { class: "wb-heading", text: "Guesses for hidden words" }), words, table);
  const fits = make("div", { class: "wb-fits-frame", tabindex: "0", role: "region", "aria-label": "which sentence fits which picture" });
  const pairs = make("div", {}, make("h3", { class: "wb-heading", text: "Which sentence fits which picture" }), fits);
  const said = make("p", { class: "wb-unseen", role: "status", "aria-live": "polite" });
  const box = make("section", { class: "wb wb-probe", "aria-label": "probes of the run" },
    steps, problem, make("div", { class: "wb-probe-columns" }, guesses, pairs), said);
  el.replaceChildren(box);
  let theme = null;

  const keep = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    soon();
  };
  slider.addEventListener("input", () => {
    const place = Number(slider.value);
    keep({ step: model.get("steps")[place], following: place === model.get("steps").length - 1 });
  });
  follow.addEventListener("change", () => {
    const all = model.get("steps");
    keep({ following: follow.checked, ...(follow.checked && all.length ? { step: all[all.length - 1] } : {}) });
  });

  function draw() {
    if (!box.isConnected) return;
    theme ??= themeAt(box);
    const [all, step, live] = [model.get("steps"), model.get("step"), model.get("live")];
    where.textContent = step < 0 ? "No probe yet" : `Step ${formatNumber(step)}`;
    count.textContent = all.length ? `${all.length} probes of ${model.get("name")}` : model.get("name");
    slider.max = String(Math.max(0, all.length - 1));
    slider.value = String(Math.max(0, all.indexOf(step)));
    slider.setAttribute("aria-valuetext", where.textContent);
    slider.hidden = !live || all.length < 2;
    follow.checked = model.get("following");
    follow.parentElement.hidden = !live;
    problem.textContent = model.get("problem");
    problem.hidden = problem.textContent === "";
    drawGuesses();
    drawPairs();
  }

  function drawGuesses() {
    const hidden = model.get("hidden");
    guesses.hidden = hidden.length === 0;
    if (guesses.hidden) return;
    const places = hidden.map(({ position }) => position);
    const pieces = readablePieces(model.get("guessed"));
    words.replaceChildren(...pieces.flatMap(([text, joined], place) =>
      [joined ? "" : " ", make(places.includes(place) ? "strong" : "span", { text })]));
    table.replaceChildren(guessTable(hidden));
    const told = hidden.map(({ truth, top, chance }) => `“${truth}” is guessed as “${top[0]}”, ${percent(chance[0])}`).join("; ");
    const spoken = `Step ${formatNumber(model.get("step"))}: ${told}.`;
    if (said.textContent !== spoken && !model.get("following")) said.textContent = spoken; // not at every new probe
  }

  function drawPairs() {
    const rows = model.get("similarity");
    pairs.hidden = rows.length === 0;
    if (!pairs.hidden) fits.replaceChildren(similarityTable(rows, model.get("texts"), theme.dark));
  }

  const soon = oncePerFrame(draw);
  const watched = ["steps", "step", "following", "guessed", "hidden", "similarity", "texts", "problem"].map((name) => `change:${name}`);
  watched.forEach((event) => model.on(event, soon));
  const unwatch = watchTheme(() => {
    theme = null;
    soon();
  });
  soon();
  return () => {
    watched.forEach((event) => model.off(event, soon));
    unwatch();
  };
}

export default { render };
