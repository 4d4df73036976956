// What an attention view shows now: the block, the focus, its numbers, and the sentence about them.
import { columnOf, rowOf, strongest } from "../core/attention.js";
import { absenceSentence, layerWords, thresholdSentence } from "../core/attention_words.js";
import { changeSentence, takenWords } from "../core/difference.js";
import { attentionSentence, regionName } from "../core/text.js";

/** Names of words and regions as they stand in a sentence. */
export function makeNames(model, pieces) {
  const labels = model.get("labels");
  const text = (isWord, index) => (isWord ? pieces[index][0] : regionName(index, labels[index]));
  const named = (isWord, index) => (isWord ? `“${text(true, index)}”` : text(false, index));
  const taken = ({ words = [], regions = [], heads = [] }) => takenWords(
    words.map((word) => named(true, word)), regions.map((region) => named(false, region)),
    heads.map(([layer, head]) => `${layerWords(layer, model.get("layer_names"))} head ${head}`));
  return { text, named, taken };
}

/** The focus: what the pointer is on (here or in a linked view), else what was chosen. */
function focusOf(model, numbers) {
  const inside = (name, count) => (model.get(name) < count ? model.get(name) ?? -1 : -1);
  const { rows, columns } = numbers.kinds();
  const hovered = { word: inside("hover_word", numbers.words.length), region: inside("hover_region", numbers.regions) };
  const chosen = { word: inside("word", numbers.words.length), region: inside("region", numbers.regions) };
  const first = numbers.shown()[0] ?? 0;
  const word = chosen.word >= 0 ? chosen.word : first;
  if (rows !== columns) {
    if (hovered.word >= 0 || hovered.region >= 0) return hovered; // over the heat map it is both
    return chosen.region >= 0 ? { word: -1, region: chosen.region } : { word, region: -1 };
  }
  if (rows === "word") return { word: hovered.word >= 0 ? hovered.word : word, region: -1 };
  return { word: -1, region: hovered.region >= 0 ? hovered.region : Math.max(0, chosen.region) };
}

/** Everything that is drawn, for the choices of the model as they are now. */
export function lookOf(model, numbers, names) {
  const [layer, head] = numbers.place();
  const { rows, columns } = numbers.kinds();
  const block = numbers.block(layer, head);
  const focus = focusOf(model, numbers);
  const isWord = focus.word >= 0;
  const index = isWord ? focus.word : focus.region;
  const wide = columns === "word" ? numbers.words.length : numbers.regions;
  const byRow = isWord || rows === columns;
  const ofFocus = (table) => (byRow ? rowOf(table, wide, index) : columnOf(table, wide, index));
  const values = ofFocus(block);
  const othersAreWords = isWord === (rows === columns);
  const best = strongest(values.map(Math.abs), 1)[0];
  const peak = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const look = { block, focus, isWord, index, values, othersAreWords, best, peak, rows, columns, wide };
  return { ...look, sentence: sentenceOf(model, numbers, names, look, ofFocus) };
}

function sentenceOf(model, numbers, names, look, ofFocus) {
  const { isWord, index, values, othersAreWords, best, rows, columns } = look;
  const [layer, head] = numbers.place();
  const direction = model.get("direction");
  const pair = numbers.pair(layer, head);
  if (!pair.some((block) => block && block.some((value) => value > 0))) {
    const place = `${layerWords(layer, model.get("layer_names"))}${head >= 0 ? `, head ${head},` : ""}`;
    return absenceSentence(place, direction, numbers.resting(layer, head));
  }
  const taken = names.taken(model.get("changed"));
  const start = taken && numbers.mode() !== "before" ? `Without ${taken}: ` : "";
  let told;
  if (numbers.signed()) {
    const reads = rows === columns || isWord === direction.startsWith("word");
    const both = values[best] ? pair.map((block) => ofFocus(block)[best]) : [0, 0];
    told = changeSentence(names.named(isWord, index), names.named(othersAreWords, best), reads, ...both);
  } else {
    told = attentionSentence(names.text(isWord, index), isWord, names.text(othersAreWords, best), direction, values[best]);
  }
  if (!(model.get("threshold") > 0)) return start + told;
  const count = othersAreWords ? numbers.shown().length : values.length;
  const above = values.reduce((sum, value) => sum + Number(value !== 0), 0);
  return `${start}${told} ${thresholdSentence(above, count, othersAreWords ? "word" : "region")}`;
}
