// Who looks at whom between the words and the regions of a picture. Everything happens in the browser.
import { strongest } from "../core/attention.js";
import { blockWords, headsWords, placeWords } from "../core/attention_words.js";
import { signedPoints } from "../core/difference.js";
import { fitInside, pickBox } from "../core/layout.js";
import { percent, readablePieces } from "../core/text.js";
import { makeChange } from "../parts/attention_change.js";
import { makeControls, makeFrames, makeKey } from "../parts/attention_controls.js";
import { makeHeads } from "../parts/attention_heads.js";
import { lookOf, makeNames } from "../parts/attention_look.js";
import { makeNumbers } from "../parts/attention_numbers.js";
import { makePlayer } from "../parts/attention_play.js";
import { drawChips, makeChips } from "../parts/chips.js";
import { make, oncePerFrame, tableOf, themeAt } from "../parts/dom.js";
import { drawHeatMap, heatMapCell, heatMapLayout } from "../parts/heat_map.js";
import { drawPicture } from "../parts/picture.js";
import { drawnAnew, followHost, hearTraits, makeTableFrame } from "../parts/view.js";

const CHOICES = ["layer", "head", "head_weights", "word", "region", "direction", "hide_special", "threshold", "metric",
  "frame", "shown", "change", "changed", "problem", "busy", "hover_word", "hover_region"];
const FRAME = ["words", "labels", "boxes", "shape", "picture", "layer_names", "added", "frame_labels", "metric_names",
  "names", "rerunnable", "toolbar", "caption"];
const NUMBERS = ["codes", "scales", "rest", "metric_values", "after_codes", "after_metric_values"];

/** The view; drawn anew only when another sentence, picture or size is shown. */
const render = drawnAnew(FRAME, renderRecord);

function renderRecord({ model, el }) {
  let numbers = makeNumbers(model);
  const labels = model.get("labels");
  const boxes = model.get("boxes");
  const added = model.get("added");
  const pieces = readablePieces(model.get("words"));
  const names = makeNames(model, pieces);
  const keep = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    soon();
  };
  const hover = (word, region, cell = null) => {
    pointed = cell;
    if (word !== model.get("hover_word")) model.set("hover_word", word); // not saved: no kernel need know
    if (region !== model.get("hover_region")) model.set("hover_region", region);
    soon();
  };
  const among = () => numbers.kinds().rows === numbers.kinds().columns;
  const chooseWord = (word) => {
    player.stop();
    keep(among() ? { word } : { word, region: -1 });
  };
  const chooseRegion = (region) => {
    player.stop();
    keep({ region });
  };
  const pressWord = (word) => (change.taking() ? change.toggle("words", word) : chooseWord(word));
  const pressRegion = (region) => (change.taking() ? change.toggle("regions", region) : chooseRegion(region));
  const turn = (direction) => {
    const region = model.get("region") < 0 && !look.othersAreWords ? look.best : Math.max(0, model.get("region"));
    keep(direction === "region_to_region" ? { direction, region } : { direction });
  };
  const takeHead = (layer, head) => {
    const heads = head >= 0 ? [head] : Array.from({ length: numbers.heads }, (_, i) => i);
    heads.forEach((one) => change.toggle("heads", [layer, one]));
  };

  const picture = make("canvas", { class: "wb-picture", role: "img" });
  const heat = make("canvas", { class: "wb-heat", role: "img" });
  const words = makeChips("words", pieces, {
    hover: (index) => hover(index, -1), choose: chooseWord, press: pressWord, added, take: (index) => change.toggle("words", index),
  });
  const regionTexts = boxes.map((_, region) => [`${region} ${labels[region]}`.trim(), false]);
  const regions = makeChips("regions", regionTexts, {
    hover: (index) => hover(-1, index), choose: chooseRegion, press: pressRegion, take: (index) => change.toggle("regions", index),
    added: added.map((row) => row - pieces.length),
  });
  const change = makeChange(model, keep, names);
  const heads = makeHeads(model, () => numbers, { keep, take: takeHead, taking: change.taking });
  const player = makePlayer(() => stepOn(), () => model.get("hover_word") >= 0 || model.get("hover_region") >= 0);
  const sentence = make("p", { class: "wb-sentence", role: "status", "aria-live": "polite" });
  const where = make("p", { class: "wb-note wb-where" });
  const { button: tableButton, frame } = makeTableFrame("weights as a table", () => soon());
  player.button.hidden = !model.get("toolbar");
  const controls = makeControls(model, { keep, turn }, [player.button, change.button, tableButton]);
  const frames = makeFrames(model, keep);
  const key = makeKey(model, keep);
  const heading = (text, ...more) => make("h3", { class: "wb-heading" }, make("span", { text }), ...more);
  const own = () => make("span", { class: "wb-note", text: "dotted: a row of the encoder’s own" });
  const heatHeading = heading("");
  const box = make("section", { class: "wb wb-attention", "aria-label": ["attention between words and regions", model.get("caption")].filter(Boolean).join(", ") },
    controls.box, frames.box, make("div", { class: "wb-said" }, sentence, where), change.box,
    make("div", { class: "wb-columns" },
      make("div", { class: "wb-left" }, picture,
        make("div", {}, heading("Words", ...(added.some((row) => row < pieces.length) ? [own()] : [])), words.list)),
      make("div", { class: "wb-right" }, heads.box, make("div", {}, heatHeading, heat, key.box))),
    make("div", {}, heading("Regions", ...(added.some((row) => row >= pieces.length) ? [own()] : [])), regions.list),
    frame);
  el.replaceChildren(box);

  const image = new Image();
  const address = URL.createObjectURL(new Blob([model.get("picture")]));
  image.onload = () => soon();
  image.src = address;
  let theme = null; // known once the host has put the box on its page
  let layout = null;
  let pointed = null; // the cell of the heat map under the pointer
  let look = lookOf(model, numbers, names);
  let axes = { rows: [], columns: [] };
  let painted = false;

  function stepOn() {
    if (look.rows === "region") return keep({ region: (Math.max(-1, model.get("region")) + 1) % boxes.length });
    const shown = numbers.shown();
    const next = shown[(shown.indexOf(look.isWord ? look.focus.word : -1) + 1) % shown.length];
    return keep(among() ? { word: next } : { word: next, region: -1 });
  }

  function axisOf(kind, sides) {
    if (kind === "word") return numbers.shown().map((index) => ({ index, name: pieces[index][0] }));
    return boxes.map((_, index) => ({ index, name: sides ? regionTexts[index][0] : String(index) }));
  }

  function draw() {
    if (!box.isConnected) return;
    theme ??= themeAt(box);
    // sizes are read before anything is written, or the page would be laid out twice
    const room = { picture: picture.parentElement.clientWidth, heat: heat.parentElement.clientWidth };
    look = lookOf(model, numbers, names);
    const { focus, isWord, values, peak, othersAreWords } = look;
    const [hidden, signed] = [numbers.hidden(), numbers.signed()];
    controls.show();
    frames.show();
    change.show(numbers.both);
    if (sentence.textContent !== look.sentence) sentence.textContent = look.sentence;
    where.textContent = describePlace(model, numbers);
    const seen = othersAreWords || peak === 0 ? null : values;
    if (image.naturalWidth) {
      const [width, height] = fitInside(image.naturalWidth, image.naturalHeight, room.picture, 460);
      drawPicture(picture, image, { width, height, boxes, values: seen, marked: focus.region, font: theme.font, signed, taken: change.taken("regions") });
      picture.setAttribute("aria-label", `${model.get("title") || "picture"}: ${sentence.textContent}`);
    }
    const pinned = look.rows === "region" || (!among() && model.get("region") >= 0) ? { word: -1, region: model.get("region") } : { word: model.get("word"), region: -1 };
    const chips = (kind, list, at, given, gone) => drawChips(list, { focus: at, pinned: pinned[kind], values: given, peak, hidden: gone, signed, taken: change.taken(`${kind}s`) });
    chips("word", words, focus.word, othersAreWords ? values : null, hidden);
    chips("region", regions, focus.region, seen, []);
    if (painted) heads.show(theme.dark);
    else requestAnimationFrame(soon); // the numbers of all heads take longer: first what is asked about
    painted = true;
    drawHeat(room.heat, signed);
    if (!frame.hidden) fillTable(isWord ? pieces[focus.word][0] : regionTexts[focus.region][0], hidden, signed);
  }

  function drawHeat(room, signed) {
    const { rows, columns, peak, focus, block, wide } = look;
    axes = { rows: axisOf(rows, true), columns: axisOf(columns, false) };
    heatHeading.firstChild.textContent = rows === columns ? `${rows === "word" ? "Words" : "Regions"}, who looks at whom` : "Words by regions";
    layout = heatMapLayout(heat, axes.rows, axes.columns, columns === "word", room, theme.font);
    const at = { row: rows === "word" ? focus.word : focus.region, column: rows === columns ? -1 : focus.region };
    if (pointed) at.column = pointed.column;
    drawHeatMap(heat, layout, { ...axes, wide, weights: block, peak, focus: at, theme });
    const told = signed ? signedPoints : percent;
    heat.setAttribute("aria-label", `Heat map of ${axes.rows.length} ${rows}s by ${axes.columns.length} ${columns}s, largest ${signed ? "difference" : "weight"} ${told(peak)}`);
    const cell = pointed && `${names.named(rows === "word", pointed.row)} · ${names.named(columns === "word", pointed.column)}: ${told(block[pointed.row * wide + pointed.column])}`;
    key.show(peak, signed, theme.dark, cell || "");
  }

  function fillTable(subject, hidden, signed) {
    const { othersAreWords, values } = look;
    const unit = signed ? (value) => `${(100 * value).toFixed(1).replace("-", "−")} points` : (value) => `${(100 * value).toFixed(1)} %`;
    const rows = strongest(values.map(Math.abs), values.length).filter((index) => !(hidden.includes(index) && othersAreWords))
      .map((index, rank) => [String(rank + 1), String(index), othersAreWords ? pieces[index][0] : labels[index] || "–", unit(values[index])]);
    const kind = othersAreWords ? "word" : "region";
    frame.replaceChildren(tableOf(`${signed ? "Differences" : "Weights"} between “${subject}” and every ${kind}, strongest first`,
      [["rank", true], ["index", true], [kind, false], [signed ? "difference" : "weight", true]], rows));
  }

  const soon = oncePerFrame(draw);
  const regionAt = (event) => {
    const frameBox = picture.getBoundingClientRect();
    return pickBox(boxes, (event.clientX - frameBox.left) / frameBox.width, (event.clientY - frameBox.top) / frameBox.height);
  };
  const cellAtPointer = (event) => {
    const frameBox = heat.getBoundingClientRect();
    return layout && heatMapCell(layout, event.clientX - frameBox.left, event.clientY - frameBox.top, axes.rows, axes.columns);
  };
  const hoverCell = (event) => {
    const cell = cellAtPointer(event);
    if (!cell) return hover(-1, -1);
    const [word, region] = [look.rows === "word" ? cell.row : -1, look.columns === "word" ? -1 : look.rows === "word" ? cell.column : cell.row];
    return hover(word, region, cell);
  };
  picture.addEventListener("pointermove", (event) => hover(-1, regionAt(event)));
  picture.addEventListener("pointerleave", () => hover(-1, -1));
  picture.addEventListener("click", (event) => regionAt(event) >= 0 && pressRegion(regionAt(event)));
  heat.addEventListener("pointermove", hoverCell);
  heat.addEventListener("pointerleave", () => hover(-1, -1));
  heat.addEventListener("click", (event) => {
    const cell = cellAtPointer(event);
    if (cell) (look.rows === "word" ? pressWord : pressRegion)(cell.row);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (player.playing()) player.stop();
    else if (model.get("region") >= 0 && !among()) keep({ region: -1 });
  });

  const renew = oncePerFrame(() => {
    numbers = makeNumbers(model);
    soon();
  });
  const dress = () => {
    theme = null;
    soon();
  };
  const unhear = hearTraits(model, [CHOICES, soon], [NUMBERS, renew]);
  const unfollow = followHost(box, dress);
  soon();
  return () => {
    unhear();
    player.stop();
    unfollow();
    URL.revokeObjectURL(address);
  };
}

function describePlace(model, numbers) {
  const [layer, head] = numbers.place();
  const heads = headsWords(head, model.get("head_weights"), numbers.awake(layer) || numbers.heads);
  const place = placeWords(layer, numbers.layers, model.get("layer_names"), heads);
  const [first, second] = model.get("names");
  const look = numbers.both ? `, ${{ before: first, after: second, difference: `${second} − ${first}` }[numbers.mode()]}` : "";
  return [`${place}, ${blockWords(model.get("direction"))}${look}`, model.get("title")].filter(Boolean).join(" · ");
}

export default { render };
