// Words as people read them, and the sentence that says what is shown. Twin: text.py.

const SPECIAL = new Set(["[CLS]", "[SEP]", "[PAD]", "<s>", "</s>", "<pad>", "<|endoftext|>"]);

/** Sub-words as [text, joined]: markers of WordPiece, byte-pair and SentencePiece taken off. */
export function readablePieces(words) {
  const marked = words.some((word) => word.startsWith("Ġ") || word.startsWith("▁"));
  return words.map((word, index) => {
    if (SPECIAL.has(word)) return [word, false];
    if (word.startsWith("##")) return [word.slice(2), true];
    if (word.startsWith("Ġ") || word.startsWith("▁")) return [word.slice(1), false];
    return [word, marked && index > 0 && !SPECIAL.has(words[index - 1])];
  });
}

/** Indices of the sentence marks that carry no word ([CLS], [SEP], <s>, padding); [MASK] is none of them. */
export function specialWords(words) {
  return words.flatMap((word, index) => (SPECIAL.has(word) ? [index] : []));
}

/** A share as a whole percentage: "31 %", "<1 %", "0 %". */
export function percent(share) {
  if (!(share > 0)) return "0 %";
  return share < 0.005 ? "<1 %" : `${Math.floor(share * 100 + 0.5)} %`;
}

/** "region 4 (toucan)", or "region 4" where it has no label. */
export function regionName(region, label) {
  return label ? `region ${region} (${label})` : `region ${region}`;
}

/** The one sentence under the picture, read aloud: who attends most to whom, and how much. */
export function attentionSentence(focus, focusIsWord, other, direction, share) {
  const [query, key] = direction.split("_to_");
  const crossing = query !== key;
  const who = focusIsWord ? `“${focus}”` : focus.replace("region", "Region");
  const whom = focusIsWord !== crossing ? `“${other}”` : other;
  if (!(share > 0)) return `${who} has no attention to show here.`;
  const reads = !crossing || (query === "word") === focusIsWord;
  const verb = reads ? "attends most to" : "is attended to most by";
  return `${who} ${verb} ${whom}, ${percent(share)}.`;
}
