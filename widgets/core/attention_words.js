// What is said about a block of attention, in words. Twin: attention_words.py.

/** Who looks at whom: "words to regions", "among words". */
export function blockWords(direction) {
  const [query, key] = direction.split("_to_");
  return query === key ? `among ${query}s` : `${query}s to ${key}s`;
}

/** What a block's share is a share of: "of the words’ attention is on regions". */
export function shareWords(direction) {
  const [query, key] = direction.split("_to_");
  return `of the ${query}s’ attention is on ${key}s`;
}

/** Which heads are looked at: one, a mix, or their mean. */
export function headsWords(head, weights, heads) {
  if (head >= 0) return `head ${head}`;
  const used = weights.flatMap((weight, index) => (weight > 0 ? [index] : []));
  if (used.length === 1 && weights.length > 1) return `only head ${used[0]}`;
  if (new Set(weights).size > 1) return "weighted mix of heads";
  return heads === 1 ? "its one head" : `mean of ${heads} heads`;
}

/** What a layer is called: its name, or "layer 3". */
export function layerWords(layer, names) {
  return names.length ? names[layer] : `layer ${layer}`;
}

/** Where the numbers come from: "Layer 2 of 0–5 (text 3), mean of 12 heads". */
export function placeWords(layer, layers, names, heads) {
  const name = names.length ? ` (${names[layer]})` : "";
  return `Layer ${layer} of 0–${layers - 1}${name}, ${heads}`;
}

/** Why there is nothing to show: the rows are at rest, or they look elsewhere only. */
export function absenceSentence(place, direction, resting) {
  const [query, key] = direction.split("_to_");
  if (resting) return `In ${place} the ${query}s are at rest: they pass unchanged, nothing is looked at.`;
  return `In ${place} ${query}s do not look at ${query === key ? "each other" : `${key}s`}.`;
}

/** How much of what could be shown is above the threshold; `kind` is "word" or "region". */
export function thresholdSentence(above, count, kind) {
  return `${above} of ${count} ${kind}s ${above === 1 ? "is" : "are"} above the threshold.`;
}
