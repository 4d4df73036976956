// The numbers of an attention view: worked out once for each choice, and remembered.
import { atLeast, blendHeads, blockOf, blockShare, hideAndRenormalise } from "../core/attention.js";
import { specialWords } from "../core/text.js";

const MOST_KEPT = 64; // choices remembered before all are forgotten

function typed(Kind, view) {
  return new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** One look at the model: its coded weights, which rows are at rest, its metrics. */
function lookFrom(model, start) {
  return {
    codes: typed(Uint16Array, model.get(`${start}codes`)),
    scales: typed(Float32Array, model.get(`${start}scales`)),
    rest: typed(Uint8Array, model.get(`${start}rest`)),
    metrics: typed(Float32Array, model.get(`${start}metric_values`)),
  };
}

/** The numbers of a model; every function answers for what is chosen at the time. */
export function makeNumbers(model) {
  const words = model.get("words");
  const regions = model.get("boxes").length;
  const [layers, heads] = model.get("shape");
  const frames = Math.max(1, model.get("frame_labels").length);
  const size = words.length + regions;
  const before = lookFrom(model, "");
  const after = model.get("after_codes").byteLength ? lookFrom(model, "after_") : null;
  const special = specialWords(words);
  let kept = new Map();
  const remember = (key, work) => {
    if (kept.size > MOST_KEPT) kept = new Map();
    if (!kept.has(key)) kept.set(key, work());
    return kept.get(key);
  };
  const hidden = () => (model.get("hide_special") ? special : []);
  const frameOf = (look) => (look === after ? 0 : model.get("frame"));
  const view = () => `${model.get("direction")} ${model.get("hide_special")} ${model.get("frame")}`;
  const nameOf = (look) => (look === after ? "after" : "before");

  /** What each head counts for; those whose rows are at rest do not count. */
  function sharesOf(look, layer, head, even) {
    const given = model.get("head_weights");
    const asked = head >= 0 ? Array.from({ length: heads }, (_, i) => Number(i === head))
      : given.length && !even ? given : Array(heads).fill(1);
    const side = model.get("direction").startsWith("word") ? 0 : 1;
    const first = (frameOf(look) * layers + layer) * heads;
    return asked.map((share, i) => (look.rest[(first + i) * 2 + side] ? 0 : share));
  }

  function mapOf(look, layer, head) {
    const shares = sharesOf(look, layer, head, false);
    if (!shares.some((share) => share > 0)) return null;
    const map = blendHeads(look.codes, look.scales, frameOf(look) * layers + layer, shares, size);
    return hidden().length ? hideAndRenormalise(map, size, hidden()) : map;
  }

  /** The chosen block of one look, 0 throughout where its rows are at rest. */
  function plain(look, layer, head) {
    const key = `${nameOf(look)} ${layer} ${head} ${view()} ${head < 0 ? model.get("head_weights") : ""}`;
    return remember(key, () => {
      const map = mapOf(look, layer, head) || new Float32Array(size * size);
      return blockOf(map, words.length, regions, model.get("direction"));
    });
  }

  const mode = () => (after ? model.get("shown") : "before");
  const twoLooks = (work) => {
    if (mode() !== "difference") return work(mode() === "after" ? after : before);
    const [first, second] = [work(before), work(after)];
    return second.map((value, i) => value - first[i]);
  };

  /** Each head's share of attention in the chosen block, the mix of its layer last. */
  function shares(look) {
    const share = (layer, head) => {
      const map = mapOf(look, layer, head);
      return map ? blockShare(map, words.length, regions, model.get("direction"), hidden()) : NaN;
    };
    const every = (work) => Array.from({ length: layers }, (_, layer) => work(layer));
    const apart = remember(`shares ${nameOf(look)} ${view()}`, () =>
      every((layer) => Array.from({ length: heads }, (_, head) => share(layer, head))));
    const mixed = remember(`mixed ${nameOf(look)} ${view()} ${model.get("head_weights")}`, () =>
      every((layer) => share(layer, -1)));
    return every((layer) => [...apart[layer], mixed[layer]]).flat();
  }

  /** A metric that Python sent, the mean of the layer's heads last. */
  function metricOf(look, number) {
    const first = (number * (look === after ? 1 : frames) + frameOf(look)) * layers * heads;
    return Array.from({ length: layers }, (_, layer) => {
      const row = Array.from(look.metrics.slice(first + layer * heads, first + (layer + 1) * heads));
      const known = row.filter((value) => !Number.isNaN(value));
      return [...row, known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : NaN];
    }).flat();
  }

  const place = () => [
    Math.min(layers - 1, Math.max(0, model.get("layer"))), Math.min(heads - 1, Math.max(-1, model.get("head"))),
  ];
  return {
    words, regions, layers, heads, hidden, mode, place,
    both: after !== null,
    signed: () => mode() === "difference",
    kinds: () => ({
      rows: model.get("direction") === "region_to_region" ? "region" : "word",
      columns: model.get("direction") === "word_to_word" ? "word" : "region",
    }),
    shown: () => words.map((_, word) => word).filter((word) => !hidden().includes(word)),
    awake: (layer) => sharesOf(before, layer, -1, true).filter((share) => share > 0).length,
    resting: (layer, head) => !sharesOf(before, layer, head, false).some((share) => share > 0),
    asleep: (layer, head) => !sharesOf(before, layer, head, true)[head],
    block: (layer, head) => remember(`shown ${mode()} ${layer} ${head} ${view()} ${model.get("threshold")} ${model.get("head_weights")}`,
      () => {
        const block = twoLooks((look) => plain(look, layer, head));
        return model.get("threshold") > 0 ? atLeast(block, model.get("threshold")) : block;
      }),
    pair: (layer, head) => [plain(before, layer, head), after ? plain(after, layer, head) : null],
    grid: () => {
      const number = model.get("metric_names").indexOf(model.get("metric"));
      return twoLooks((look) => (number < 0 ? shares(look) : metricOf(look, number)));
    },
  };
}
