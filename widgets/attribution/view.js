// What an answer rests on: words and regions tinted by signed values, by every method at once.
import { plainNumber, rowSentence, signedNumber, strongestSentence } from "../core/attribution.js";
import { cssColour, signedColour } from "../core/colour.js";
import { fitInside, pickBox } from "../core/layout.js";
import { MOST_ROWS, makeAttributionNumbers } from "../parts/attribution_numbers.js";
import { make, oncePerFrame, tableOf, themeAt } from "../parts/dom.js";
import { drawLayerStrip, layerShares, layerStripLayout, layerStripRow } from "../parts/layer_strip.js";
import { drawMethodColumns, makeMethodColumns } from "../parts/method_columns.js";
import { agreementTable, areaTable } from "../parts/method_tables.js";
import { boundsOfCurves, drawRemovalChart } from "../parts/removal_chart.js";
import { drawSignedChips, makeSignedChips } from "../parts/signed_chips.js";
import { drawSignedPicture } from "../parts/signed_picture.js";
import { drawnAnew, followHost, hearTraits, makeTableFrame } from "../parts/view.js";

const CHOICES = ["method", "word", "region", "hide_special", "sort"];
const DATA = ["words", "labels", "boxes", "picture", "question", "fixed", "methods", "numbers", "values", "layers", "deletion"];
const CHANCE = "random order";

/** The view; drawn anew only when another record is shown. */
const render = drawnAnew(DATA, renderRecord);

function makeTick(text, name, keep) {
  const input = make("input", { type: "checkbox", onchange: () => keep({ [name]: input.checked }) });
  return { input, box: make("label", { class: "wb-field" }, input, make("span", { text })) };
}

function makeControls(model, numbers, keep) {
  const select = make("select", { class: "wb-input", onchange: () => keep({ method: Number(select.value) }) },
    ...numbers.methods.map((method, value) => make("option", { value, text: method })));
  const hide = makeTick("Leave out sentence marks", "hide_special", keep);
  const sort = makeTick("Sort by the chosen method", "sort", keep);
  const box = make("div", { class: "wb-row" },
    make("label", { class: "wb-field" }, make("span", { text: "Method" }), select), hide.box, sort.box);
  const show = () => {
    select.value = String(model.get("method"));
    hide.input.checked = model.get("hide_special");
    sort.input.checked = model.get("sort");
  };
  return { box, show };
}

// Without values below zero nothing speaks against an answer, nor need anything speak for it.
function makeSignedKey() {
  const bar = make("span", { class: "wb-signed-bar" });
  const [against, least, most, towards] = Array.from({ length: 4 }, () => make("span"));
  const box = make("div", { class: "wb-row wb-note" }, against, least, bar, most, towards);
  const show = (size, signed, dark) => {
    const stops = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1].map((place) =>
      cssColour(signedColour(signed ? 2 * place - 1 : place, dark)));
    bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    [least.textContent, most.textContent] = [signed ? signedNumber(-size, size) : "0", signedNumber(size, size)];
    [against.textContent, towards.textContent] = signed ? ["against the answer", "for it"] : ["counts less", "more"];
  };
  return { box, show };
}

function renderRecord({ model, el }) {
  const numbers = makeAttributionNumbers(model);
  const { words, size } = numbers;
  const boxes = model.get("boxes");
  let hovered = -1;
  const keep = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    soon();
  };
  const hover = (row) => {
    if (row === hovered) return;
    hovered = row;
    soon();
  };
  const pinned = () => (model.get("region") >= 0 ? words + model.get("region") : model.get("word"));
  const pin = (row) => keep({ word: row < words ? row : -1, region: row < words ? -1 : row - words });
  const toggle = (row) => pin(row === pinned() ? -1 : row);

  const picture = make("canvas", { class: "wb-picture", role: "img" });
  const wordChips = makeSignedChips("words", numbers.pieces, { hover, choose: pin });
  const regionTexts = boxes.map((_, region) => [numbers.shortName(words + region), false]);
  const regionChips = makeSignedChips("regions", regionTexts, {
    hover: (region) => hover(region < 0 ? -1 : words + region), choose: (region) => pin(words + region),
  });
  const columns = makeMethodColumns(numbers.methods, { choose: (method) => keep({ method }), hover, pin: toggle });
  const controls = makeControls(model, numbers, keep);
  const key = makeSignedKey();
  const sentence = make("p", { class: "wb-sentence", role: "status", "aria-live": "polite" });
  const where = make("p", { class: "wb-note wb-where" });
  const charts = ["deletion", "insertion"].map(() => make("canvas", { role: "img" }));
  const [agreement, areas] = [make("div", { class: "wb-agreement-frame" }), make("div")];
  const strip = make("canvas", { class: "wb-strip", role: "img" });
  const stripNote = make("p", { class: "wb-note" });
  const { button: tableButton, frame } = makeTableFrame("values as a table", () => soon());
  const heading = (text, note = "") => make("h3", { class: "wb-heading" }, make("span", { text }), make("span", { class: "wb-note", text: note }));
  const hasCurves = numbers.removal.length > 1;
  const hasLayers = numbers.layers.length > 0;
  const flows = layerShares(numbers.layers);
  const largest = numbers.layers.reduce((most, layer) => Math.max(most, ...layer.map(Math.abs)), 0);
  const names = Array.from({ length: size }, (_, row) => numbers.shortName(row));
  const columnsNote = size > MOST_ROWS ? `the ${MOST_ROWS} largest of ${size} rows` : "each on its own scale";
  const box = make("section", { class: "wb wb-attribution", "aria-label": "attribution to words and regions" },
    make("div", { class: "wb-row wb-spread" }, controls.box, tableButton),
    make("div", { class: "wb-said" }, where, sentence),
    make("div", { class: "wb-columns" },
      make("div", { class: "wb-left" }, picture, key.box),
      make("div", { class: "wb-right" },
        make("div", {}, heading("Words"), wordChips.list),
        make("div", { hidden: !boxes.length }, heading("Regions"), regionChips.list),
        make("div", { hidden: numbers.methods.length < 2 },
          heading("Do the methods agree?", "rank correlation of sizes: Spearman above, Kendall below"), agreement))),
    make("div", {}, heading("Every method on the same pair", columnsNote), columns.box),
    make("div", { class: "wb-curves", hidden: !hasCurves },
      make("div", {}, heading("Deletion", "the largest taken away first"), charts[0]),
      make("div", {}, heading("Insertion", "the largest brought back first"), charts[1]), areas),
    make("div", { hidden: !hasLayers }, heading("Layer by layer", "what flows to the answer through every row"), strip, stripNote),
    frame);
  el.replaceChildren(box);

  const image = new Image();
  const address = URL.createObjectURL(new Blob([model.get("picture")]));
  image.onload = () => soon();
  image.src = address;
  let theme = null; // known once the host has put the box on its page
  let layout = null;

  function draw() {
    if (!box.isConnected) return;
    theme ??= themeAt(box);
    // sizes are read before anything is written, or the page would be laid out twice
    const room = [picture.parentElement, columns.box, charts[0].parentElement, strip.parentElement].map((one) => one.clientWidth);
    const method = model.get("method");
    const focus = hovered >= 0 ? hovered : pinned();
    const shares = numbers.shares(method);
    const told = numbers.told(method);

    controls.show();
    const said = sentenceNow(method, focus);
    if (sentence.textContent !== said) sentence.textContent = said;
    where.textContent = describeAnswer(model, numbers, method);
    drawPictureNow(method, focus, room[0]);
    [wordChips, regionChips].forEach((chips, i) => {
      const [from, to] = i ? [words, size] : [0, words];
      const own = { shares: shares.slice(from, to), numbers: told.slice(from, to), fixed: numbers.fixed.slice(from, to) };
      drawSignedChips(chips, { ...own, marked: focus - from, pinned: pinned() - from, dark: theme.dark });
    });
    key.show(numbers.most(method), shares.some((share) => share < 0), theme.dark);
    drawMethodColumns(columns, image, boxes, numbers, { rows: numbers.rowsShown(method, model.get("sort")), chosen: method, focus, room: room[1], theme });
    drawStill(method, room);
    if (hasLayers) drawLayers(focus, room[3]);
    if (!frame.hidden) fillTable();
  }

  function sentenceNow(method, focus) {
    if (focus < 0) {
      const rows = numbers.ranked(method).slice(0, 2);
      return strongestSentence(numbers.methods[method], rows.map(numbers.rowName), rows.map((row) => numbers.values[method][row]));
    }
    const order = [method, ...numbers.methods.map((_, other) => other).filter((other) => other !== method)];
    return rowSentence(numbers.rowName(focus), order.map((one) => numbers.methods[one]),
      order.map((one) => numbers.number(focus, one)), order.map((one) => numbers.ranks(one)[focus]), numbers.counted());
  }

  function drawPictureNow(method, focus, room) {
    if (!image.naturalWidth) return;
    const [width, height] = fitInside(image.naturalWidth, image.naturalHeight, room, 440);
    const shares = numbers.shares(method).slice(words);
    const marked = focus >= words ? focus - words : -1;
    const strong = numbers.ranked(method).filter((row) => row >= words && Math.abs(shares[row - words]) > 0.2).slice(0, 3);
    const told = marked >= 0 ? [focus, ...strong.filter((row) => row !== focus)] : strong;
    const tags = told.map((row) => [row - words, `${row - words}  ${numbers.number(row, method)}`]);
    drawSignedPicture(picture, image, { width, height, boxes, shares, tags, marked, theme });
    picture.setAttribute("aria-label", `${model.get("title") || "picture"}: ${sentence.textContent}`);
  }

  // What hovering does not change.
  let drawn = "";
  function drawStill(method, room) {
    const look = [method, theme.dark, theme.surface, ...room].join();
    if (drawn === look) return;
    drawn = look;
    agreement.replaceChildren(agreementTable(numbers.methods, numbers.agreement(), theme.dark));
    if (!hasCurves) return;
    const sets = [numbers.deletion, numbers.insertion];
    const bounds = boundsOfCurves(sets);
    charts.forEach((canvas, i) => {
      drawRemovalChart(canvas, { shares: numbers.removal, curves: sets[i], bounds, chosen: method, width: room[2], theme });
      const area = numbers.areas()[method][i];
      canvas.setAttribute("aria-label", `${i ? "Insertion" : "Deletion"} curves; area by ${numbers.methods[method]} ${plainNumber(area)}`);
    });
    areas.replaceChildren(areaTable([...numbers.methods, CHANCE], numbers.areas(), method, theme));
  }

  function drawLayers(focus, room) {
    const { layers, layerNames } = numbers;
    layout = layerStripLayout(strip, names, words, layers.length, room, theme.font);
    drawLayerStrip(strip, layout, { shares: flows, layerNames, names, focus, theme });
    strip.setAttribute("aria-label", `Values of ${size} words and regions in ${layers.length} layers`);
    stripNote.textContent = focus < 0
      ? "Every layer adds up to the answer less the answer to nothing. Point at a word or region for its numbers."
      : `${numbers.shortName(focus)}: ${layerNames.map((name, i) => `${name} ${signedNumber(layers[i][focus], largest)}`).join(" · ")}`;
  }

  function fillTable() {
    const rows = Array.from({ length: size }, (_, row) => [
      numbers.shortName(row), row < words ? "word" : "region",
      ...numbers.methods.flatMap((_, method) => [numbers.number(row, method), String(numbers.ranks(method)[row] || "–")]),
    ]);
    frame.replaceChildren(tableOf(`Values and ranks of every word and region; ${model.get("question")}`,
      [["name", false], ["kind", false], ...numbers.methods.flatMap((method) => [[method, true], ["rank", true]])], rows));
  }

  const soon = oncePerFrame(draw);
  const regionAt = (event) => {
    const area = picture.getBoundingClientRect();
    const region = pickBox(boxes, (event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height);
    return region < 0 ? -1 : words + region;
  };
  const stripAt = (event) => (layout ? layerStripRow(layout, event.clientX - strip.getBoundingClientRect().left) : -1);
  for (const [canvas, rowAt] of [[picture, regionAt], [strip, stripAt]]) {
    canvas.addEventListener("pointermove", (event) => hover(rowAt(event)));
    canvas.addEventListener("pointerleave", () => hover(-1));
    canvas.addEventListener("click", (event) => rowAt(event) >= 0 && toggle(rowAt(event)));
  }
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pinned() >= 0) keep({ word: -1, region: -1 });
  });

  const dress = () => {
    theme = null;
    soon();
  };
  const unhear = hearTraits(model, [CHOICES, soon]);
  const unfollow = followHost(box, dress);
  soon();
  return () => {
    unhear();
    unfollow();
    URL.revokeObjectURL(address);
  };
}

function describeAnswer(model, numbers, method) {
  const told = [model.get("question"), `${plainNumber(numbers.score)} ${model.get("unit")}`];
  if (Number.isFinite(numbers.baseline)) told.push(`${plainNumber(numbers.baseline)} with nothing to see`);
  if (Number.isFinite(numbers.deltas[method])) told.push(`convergence delta ${plainNumber(numbers.deltas[method])}`);
  return [...told, ...(model.get("title") ? [model.get("title")] : [])].join(" · ");
}

export default { render };
