// Who looks at whom between the words and the regions of a picture. Everything happens in the browser.
import { blendHeads, columnOf, crossShare, hideAndRenormalise, rowOf, strongest, wordsByRegions } from "./core/attention.js";
import { cssColour, scaleColour } from "./core/colour.js";
import { fitInside, pickBox } from "./core/layout.js";
import { attentionSentence, percent, readablePieces, regionName, specialWords } from "./core/text.js";
import { drawChips, makeChips } from "./parts/chips.js";
import { freshName, make, oncePerFrame, tableOf, themeAt, watchTheme } from "./parts/dom.js";
import { drawHeadGrid, makeHeadGrid } from "./parts/head_grid.js";
import { drawHeatMap, heatMapCell, heatMapLayout } from "./parts/heat_map.js";
import { drawPicture } from "./parts/picture.js";

const CHOICES = ["layer", "head", "head_weights", "word", "region", "direction", "hide_special"];

function typed(Kind, view) {
  return new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** The numbers of a model, worked out once for each choice of layer, heads, direction and hiding. */
function makeNumbers(model) {
  const words = model.get("words");
  const regions = model.get("boxes").length;
  const [layers, heads] = model.get("shape");
  const size = words.length + regions;
  const codes = typed(Uint16Array, model.get("codes"));
  const scales = typed(Float32Array, model.get("scales"));
  const kept = new Map();
  const remember = (key, work) => {
    if (!kept.has(key)) kept.set(key, work());
    return kept.get(key);
  };
  const hidden = () => (model.get("hide_special") ? specialWords(words) : []);
  const sharesOf = (head) => {
    if (head >= 0) return Array.from({ length: heads }, (_, index) => Number(index === head));
    return model.get("head_weights").length ? model.get("head_weights") : Array(heads).fill(1);
  };
  const mapOf = (layer, head) => {
    const map = blendHeads(codes, scales, layer, sharesOf(head), size);
    return hidden().length ? hideAndRenormalise(map, size, hidden()) : map;
  };
  const view = () => `${model.get("direction")} ${model.get("hide_special")} ${model.get("head_weights")}`;
  return {
    words, regions, layers, heads, hidden,
    shown: () => words.map((_, word) => word).filter((word) => !hidden().includes(word)),
    block: (layer, head) => remember(`${layer} ${head} ${view()}`, () =>
      wordsByRegions(mapOf(layer, head), words.length, regions, model.get("direction"))),
    shares: () => remember(`shares ${view()}`, () => Array.from({ length: layers }, (_, layer) =>
      [...Array(heads).keys(), -1].map((head) =>
        crossShare(mapOf(layer, head), words.length, regions, model.get("direction"), hidden()))).flat()),
  };
}

function makeControls(model, keep) {
  const name = freshName("wb-direction");
  const radios = [["word_to_region", "Words to regions"], ["region_to_word", "Regions to words"]].map(([value, text]) => {
    const input = make("input", { type: "radio", name, value });
    input.addEventListener("change", () => keep({ direction: value }));
    return make("label", {}, input, make("span", { text }));
  });
  const special = make("input", { type: "checkbox" });
  special.addEventListener("change", () => keep({ hide_special: special.checked }));
  const box = make("div", { class: "wb-row" },
    make("div", { class: "wb-segments", role: "radiogroup", "aria-label": "direction" }, ...radios),
    make("label", { class: "wb-field" }, special, make("span", { text: "Hide special tokens" })));
  const show = () => {
    radios.forEach((label) => { label.firstChild.checked = label.firstChild.value === model.get("direction"); });
    special.checked = model.get("hide_special");
  };
  return { box, show };
}

function makeKey() {
  const bar = make("span", { class: "wb-key-bar" });
  const most = make("span");
  const box = make("div", { class: "wb-row wb-note" }, make("span", { text: "0" }), bar, most, make("span", { text: "attention weight" }));
  const show = (peak, dark) => {
    const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => cssColour(scaleColour(share, dark)));
    bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    most.textContent = percent(peak);
  };
  return { box, show };
}

/** The view; drawn anew only when another sentence, picture or size is shown. */
function render({ model, el }) {
  let end = renderRecord({ model, el });
  const again = oncePerFrame(() => {
    end();
    end = renderRecord({ model, el });
  });
  const watched = ["words", "labels", "boxes", "shape", "picture"].map((name) => `change:${name}`);
  watched.forEach((event) => model.on(event, again));
  return () => {
    watched.forEach((event) => model.off(event, again));
    end();
  };
}

function renderRecord({ model, el }) {
  let numbers = makeNumbers(model);
  const labels = model.get("labels");
  const pieces = readablePieces(model.get("words"));
  const boxes = model.get("boxes");
  let hovered = { word: -1, region: -1 };
  const keep = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    soon();
  };
  const hover = (word, region) => {
    if (word === hovered.word && region === hovered.region) return;
    hovered = { word, region };
    soon();
  };
  const chooseWord = (word) => keep({ word, region: -1 });
  const chooseRegion = (region) => keep({ region });

  const picture = make("canvas", { class: "wb-picture", role: "img" });
  const heat = make("canvas", { class: "wb-heat", role: "img" });
  const words = makeChips("words", pieces, { hover: (index) => hover(index, -1), choose: chooseWord });
  const regionTexts = boxes.map((_, region) => [`${region} ${labels[region]}`.trim(), false]);
  const regions = makeChips("regions", regionTexts, { hover: (index) => hover(-1, index), choose: chooseRegion });
  const grid = makeHeadGrid(numbers.layers, numbers.heads, (layer, head) => keep({ layer, head }));
  const controls = makeControls(model, keep);
  const key = makeKey();
  const sentence = make("p", { class: "wb-sentence", role: "status", "aria-live": "polite" });
  const where = make("p", { class: "wb-note wb-where" });
  const gridNote = make("span", { class: "wb-note" });
  const tableName = freshName("wb-table");
  const frame = make("div", { class: "wb-table-frame", id: tableName, hidden: true, tabindex: "0", role: "region", "aria-label": "weights as a table" });
  const tableButton = make("button", { class: "wb-button", type: "button", text: "Table", "aria-expanded": "false", "aria-controls": tableName });
  tableButton.addEventListener("click", () => {
    frame.hidden = !frame.hidden;
    tableButton.setAttribute("aria-expanded", String(!frame.hidden));
    soon();
  });
  const heading = (text, ...more) => make("h3", { class: "wb-heading" }, make("span", { text }), ...more);
  const box = make("section", { class: "wb wb-attention", "aria-label": "attention between words and regions" },
    make("div", { class: "wb-row wb-spread" }, controls.box, tableButton),
    make("div", { class: "wb-said" }, sentence, where),
    make("div", { class: "wb-columns" },
      make("div", { class: "wb-left" }, picture,
        make("div", {}, heading("Words"), words.list)),
      make("div", { class: "wb-right" },
        make("div", {}, heading("Layers and heads ", gridNote), grid.grid),
        make("div", {}, heading("Words by regions"), heat, key.box))),
    make("div", {}, heading("Regions"), regions.list),
    frame);
  el.replaceChildren(box);

  const image = new Image();
  const address = URL.createObjectURL(new Blob([model.get("picture")]));
  image.onload = () => soon();
  image.src = address;
  let theme = null; // known once the host has put the box on its page
  let layout = null;

  function focusNow() {
    if (hovered.word >= 0 || hovered.region >= 0) return hovered; // over the heat map it is both
    return model.get("region") >= 0 ? { word: -1, region: model.get("region") } : { word: model.get("word"), region: -1 };
  }

  function draw() {
    if (!box.isConnected) return;
    theme ??= themeAt(box);
    // sizes are read before anything is written, or the page would be laid out twice
    const room = { picture: picture.parentElement.clientWidth, heat: heat.parentElement.clientWidth };
    const [layer, head, direction] = [model.get("layer"), model.get("head"), model.get("direction")];
    const block = numbers.block(layer, head);
    const peak = block.reduce((most, value) => Math.max(most, value), 0);
    const focus = focusNow();
    const isWord = focus.word >= 0;
    const values = isWord ? rowOf(block, numbers.regions, focus.word) : columnOf(block, numbers.regions, focus.region);
    const best = strongest(values, 1)[0];
    const shown = numbers.shown();
    const hidden = numbers.hidden();

    controls.show();
    const other = isWord ? regionName(best, labels[best]) : pieces[best][0];
    const subject = isWord ? pieces[focus.word][0] : regionName(focus.region, labels[focus.region]);
    const said = attentionSentence(subject, isWord, other, direction, values[best]);
    if (sentence.textContent !== said) sentence.textContent = said;
    where.textContent = describePlace(model, numbers);
    drawPictureNow(focus, isWord ? values : null, room.picture);
    const pinned = { word: model.get("region") < 0 ? model.get("word") : -1, region: model.get("region") };
    drawChips(words, { focus: focus.word, pinned: pinned.word, values: isWord ? null : values, peak, hidden });
    drawChips(regions, { focus: focus.region, pinned: pinned.region, values: isWord ? values : null, peak, hidden: [] });
    const way = direction === "word_to_region" ? "of the words’ attention is on regions" : "of the regions’ attention is on words";
    drawHeadGrid(grid, numbers.shares(), layer, head, theme.dark, way);
    gridNote.textContent = `% ${way}`;
    const names = shown.map((word) => pieces[word][0]);
    layout = heatMapLayout(heat, names, numbers.regions, room.heat, theme.font);
    drawHeatMap(heat, layout, { names, shown, regions: numbers.regions, weights: block, peak, focus, theme });
    heat.setAttribute("aria-label", `Heat map of ${names.length} words by ${numbers.regions} regions, largest weight ${percent(peak)}`);
    key.show(peak, theme.dark);
    if (!frame.hidden) fillTable(subject, isWord, values, hidden);
  }

  function drawPictureNow(focus, values, room) {
    if (!image.naturalWidth) return;
    const [width, height] = fitInside(image.naturalWidth, image.naturalHeight, room, 460);
    drawPicture(picture, image, { width, height, boxes, values, marked: focus.region, font: theme.font });
    picture.setAttribute("aria-label", `${model.get("title") || "picture"}: ${sentence.textContent}`);
  }

  function fillTable(subject, isWord, values, hidden) {
    const rows = strongest(values, values.length).filter((index) => !(hidden.includes(index) && !isWord))
      .map((index, rank) => [String(rank + 1), String(index), isWord ? labels[index] || "–" : pieces[index][0], `${(100 * values[index]).toFixed(1)} %`]);
    frame.replaceChildren(tableOf(`Weights between “${subject}” and every ${isWord ? "region" : "word"}, strongest first`,
      [["rank", true], ["index", true], [isWord ? "region" : "word", false], ["weight", true]], rows));
  }

  const soon = oncePerFrame(draw);
  const regionAt = (event) => {
    const frameBox = picture.getBoundingClientRect();
    return pickBox(boxes, (event.clientX - frameBox.left) / frameBox.width, (event.clientY - frameBox.top) / frameBox.height);
  };
  const cellAtPointer = (event) => {
    const frameBox = heat.getBoundingClientRect();
    const shown = numbers.shown();
    const cell = layout && heatMapCell(layout, event.clientX - frameBox.left, event.clientY - frameBox.top, shown.length, numbers.regions);
    return cell ? { word: shown[cell.place], region: cell.region } : { word: -1, region: -1 };
  };
  picture.addEventListener("pointermove", (event) => hover(-1, regionAt(event)));
  picture.addEventListener("pointerleave", () => hover(-1, -1));
  picture.addEventListener("click", (event) => regionAt(event) >= 0 && chooseRegion(regionAt(event)));
  heat.addEventListener("pointermove", (event) => hover(cellAtPointer(event).word, cellAtPointer(event).region));
  heat.addEventListener("pointerleave", () => hover(-1, -1));
  heat.addEventListener("click", (event) => cellAtPointer(event).word >= 0 && chooseWord(cellAtPointer(event).word));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && model.get("region") >= 0) keep({ region: -1 });
  });

  const watched = CHOICES.map((name) => `change:${name}`);
  watched.forEach((event) => model.on(event, soon));
  const renew = () => {
    numbers = makeNumbers(model);
    soon();
  };
  model.on("change:codes", renew);
  const dress = () => {
    theme = null;
    soon();
  };
  const resized = new ResizeObserver(dress);
  resized.observe(box);
  const unwatch = watchTheme(dress);
  soon();
  return () => {
    watched.forEach((event) => model.off(event, soon));
    model.off("change:codes", renew);
    resized.disconnect();
    unwatch();
    URL.revokeObjectURL(address);
  };
}

function describePlace(model, numbers) {
  const mixed = new Set(model.get("head_weights")).size > 1;
  const heads = model.get("head") >= 0 ? `head ${model.get("head")}` : mixed ? "weighted mix of heads" : `mean of ${numbers.heads} heads`;
  const title = model.get("title") ? ` · ${model.get("title")}` : "";
  return `Layer ${model.get("layer")} of 0–${numbers.layers - 1}, ${heads}${title}`;
}

export default { render };
