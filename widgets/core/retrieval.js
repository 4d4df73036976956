// Ranks of what was asked for, which questions a filter shows, and the words that are marked.
// Twin: retrieval.py. A rank is counted from 1; 0 stands for a question without an answer.

const ANY_RANK = [0, Infinity];
const FIRST_RANK = [1, 1];
const LATER_RANK = [2, Infinity];
const RANK_FILTERS = {
  all: [ANY_RANK, ANY_RANK],
  hits: [FIRST_RANK, ANY_RANK],
  misses: [LATER_RANK, ANY_RANK],
  near_misses: [[2, 5], ANY_RANK],
  below_ten: [[11, Infinity], ANY_RANK],
  first_only: [FIRST_RANK, LATER_RANK],
  second_only: [LATER_RANK, FIRST_RANK],
};
const RANK_BOUNDS = [1, 2, 5, 10, 50];

/**
 * Candidates from best to worst; of equal ones its `own` last, so that ties count against.
 * The place of the first of its own, counted from 1, is therefore the rank.
 */
export function candidateOrder(scores, own) {
  const belongs = new Set(own);
  const order = Array.from(scores, (_, index) => index);
  return order.sort((a, b) => scores[b] - scores[a] || belongs.has(a) - belongs.has(b) || a - b);
}

/** The share of questions answered within the first `depth`; those without answer aside. */
export function recallAt(ranks, depth) {
  const asked = ranks.filter((rank) => rank > 0);
  return asked.length ? asked.filter((rank) => rank <= depth).length / asked.length : NaN;
}

/** The middle rank of the questions that have an answer. */
export function medianRank(ranks) {
  const asked = ranks.filter((rank) => rank > 0).sort((a, b) => a - b);
  if (!asked.length) return NaN;
  return (asked[Math.floor((asked.length - 1) / 2)] + asked[Math.floor(asked.length / 2)]) / 2;
}

/** How many ranks there are of 1, 2, 3–5, 6–10, 11–50 and more. */
export function rankCounts(ranks) {
  const counts = Array(RANK_BOUNDS.length + 1).fill(0);
  ranks.filter((rank) => rank > 0).forEach((rank) => {
    counts[RANK_BOUNDS.filter((bound) => rank > bound).length] += 1;
  });
  return counts;
}

/** The names of the bars of `rankCounts`: "1", "2", "3–5", … "51+". */
export function rankNames() {
  const lows = [1, ...RANK_BOUNDS.map((bound) => bound + 1)];
  const names = RANK_BOUNDS.map((high, i) => (lows[i] === high ? `${high}` : `${lows[i]}–${high}`));
  return [...names, `${lows[lows.length - 1]}+`];
}

/** Whether a filter shows a question of this rank, and this rank by a second model (or 0). */
export function passes(name, rank, other) {
  const [[low, high], [otherLow, otherHigh]] = RANK_FILTERS[name];
  return low <= rank && rank <= high && otherLow <= other && other <= otherHigh;
}

/** Whether every word searched for is somewhere in the text, small or capital. */
export function holdsWords(text, search) {
  const low = text.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => low.includes(word));
}

/** A text cut into pieces, and which of them lie within the spans (start, end) of characters. */
export function markedPieces(text, spans) {
  const pieces = [];
  Array.from(text).forEach((letter, place) => {
    const marked = spans.some(([start, end]) => start <= place && place < end);
    const last = pieces[pieces.length - 1];
    if (last && last[1] === marked) last[0] += letter;
    else pieces.push([letter, marked]);
  });
  return pieces;
}

/** Spans in order, those with nothing but blanks between them put together. */
export function joinedSpans(text, spans) {
  const letters = Array.from(text);
  const joined = [];
  spans.slice().sort((a, b) => a[0] - b[0] || a[1] - b[1]).forEach(([start, end]) => {
    const last = joined[joined.length - 1];
    if (last && !letters.slice(last[1], start).join("").trim()) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  });
  return joined;
}

/** "“owl”", "“owl” and “pear”", "“owl”, “pear” and “left”". */
export function quotedList(words) {
  const quoted = words.map((word) => `“${word}”`);
  if (quoted.length === 1) return quoted[0];
  return `${quoted.slice(0, -1).join(", ")} and ${quoted[quoted.length - 1]}`;
}

/** Where a question finds its own, and what the first answer lacks if it is a wrong one. */
export function retrievalSentence(isText, query, rank, count, first, lacking) {
  const who = isText ? `“${query}”` : `Picture ${query}`;
  const own = isText ? "its own picture" : "a sentence of its own";
  if (rank < 1) return `${who} has no ${isText ? "picture" : "sentence"} of its own.`;
  if (rank === 1) return `${who} finds ${own} first of ${count}.`;
  const said = `${who} finds ${own} at rank ${rank} of ${count}; first is ${isText ? first : `“${first.replace(/\.$/, "")}”`}`;
  if (!lacking.length) return `${said}.`;
  const missing = quotedList(lacking);
  return isText ? `${said}, which lacks ${missing}.` : `${said}, but it lacks ${missing}.`;
}
