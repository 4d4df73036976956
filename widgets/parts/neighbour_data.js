// The numbers of a neighbourhood view: where points fall in each panel, who is near whom, who agrees.
import { sharedCount, sharesIn, squareExtent } from "../core/scatter.js";

const POOLS = ["all", "word", "region"];
const NO_POINT = 65535;
const NEAR_MARGIN = 0.14; // the names of neighbours need room

function arrayOf(Kind, view) {
  return new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** Everything that is asked of the model's arrays, worked out once for each choice. */
export function makeNeighbourData(model) {
  const names = model.get("names");
  const models = model.get("models");
  const kinds = Uint8Array.from(model.get("kinds"), (kind) => Number(kind === "region"));
  const count = names.length;
  const positions = arrayOf(Float32Array, model.get("positions"));
  const numbers = arrayOf(Uint16Array, model.get("numbers"));
  const distances = arrayOf(Uint16Array, model.get("distances"));
  const scales = model.get("scales");
  const { layers, around, projection } = model.get("drawn");
  const stored = numbers.length / Math.max(1, layers.length * models.length * POOLS.length * count);
  const kept = new Map();
  const remember = (key, work) => {
    if (!kept.has(key)) kept.set(key, work());
    return kept.get(key);
  };
  const layerAt = () => Math.max(0, layers.indexOf(model.get("layer")));
  const plane = (panel) => layerAt() * models.length + panel;
  const poolOf = (kind) => POOLS.indexOf(kind);

  function listedOf(panel, point, kind) {
    const at = plane(panel) * POOLS.length + poolOf(kind);
    const start = (at * count + point) * stored;
    const cut = numbers.subarray(start, start + Math.min(stored, model.get("k")));
    const found = Array.from(cut).filter((other) => other !== NO_POINT);
    return { numbers: found, distances: found.map((_, i) => (distances[start + i] * scales[at]) / NO_POINT) };
  }

  return {
    names, models, kinds, count, layers, around, projection,
    groups: model.get("groups"),
    listed: stored > 0,
    /** The layer that is drawn: the chosen one, or what there is of it. */
    layer: () => layers[layerAt()],
    explained: (panel) => model.get("explained")[plane(panel)],
    shares: (panel) => remember(`shares ${plane(panel)}`, () => {
      const own = positions.subarray(plane(panel) * count * 2, (plane(panel) + 1) * count * 2);
      const fitted = around.length ? around.flatMap((point) => [own[2 * point], own[2 * point + 1]]) : own;
      return sharesIn(own, around.length ? squareExtent(fitted, NEAR_MARGIN) : squareExtent(fitted));
    }),
    /** The points that are not filtered away, by their own numbers. */
    shown: () => remember(`shown ${model.get("kind")} ${model.get("group")}`, () => {
      const [kind, group] = [model.get("kind"), model.get("group")];
      const all = Array.from(names, (_, point) => point);
      return Int32Array.from(all.filter((point) => (kind === "all" || model.get("kinds")[point] === kind) &&
        (group === "" || model.get("groups")[point] === group)));
    }),
    /** How many points may be neighbours of this one. */
    others: (point) => {
      const kind = model.get("kind");
      const pool = remember(`pool ${kind}`, () => model.get("kinds").filter((one) => kind === "all" || one === kind).length);
      return pool - Number(kind === "all" || model.get("kinds")[point] === kind);
    },
    /** The centre's neighbours in a panel, nearest first; null where they are not (yet) known. */
    near: (panel) => {
      const centre = model.get("centre");
      if (stored > 0) return listedOf(panel, centre, model.get("kind"));
      const { asked, numbers: found, distances: away } = model.get("nearby");
      const wanted = [centre, model.get("layer"), model.get("metric"), model.get("kind")];
      if (!asked || wanted.some((value, i) => value !== asked[i])) return null;
      const cut = found[panel].slice(0, model.get("k")).filter((point) => point >= 0);
      return { numbers: cut, distances: away[panel].slice(0, cut.length) };
    },
    /** Every point's mean agreement between models 0..1, and the means of each pair; null if unknown. */
    agreement: () => {
      if (!stored || models.length < 2) return null;
      return remember(`agreement ${layerAt()} ${model.get("kind")} ${model.get("k")}`, () => {
        const pairs = pairsOf(models.length);
        const means = pairs.map(() => 0);
        const points = new Float32Array(count);
        for (let point = 0; point < count; point++) {
          const lists = models.map((_, panel) => listedOf(panel, point, model.get("kind")).numbers);
          pairs.forEach(([one, other], i) => {
            const share = sharedCount(lists[one], lists[other]) / Math.max(1, lists[one].length);
            means[i] += share / count;
            points[point] += share / pairs.length;
          });
        }
        return { points, means };
      });
    },
  };
}

/** Every two of so many models. */
export function pairsOf(count) {
  const pairs = [];
  for (let one = 0; one < count; one++) for (let other = one + 1; other < count; other++) pairs.push([one, other]);
  return pairs;
}
