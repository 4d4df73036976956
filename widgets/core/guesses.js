// Guesses for what is hidden: how surprised a model is, what helps it, how that reads. Twin: guesses.py.
// Surprise is -log2 of the probability of what was there, in bits.
import { percent } from "./text.js";

const LEAST_CHANCE = 1e-12; // a probability of 0 is 40 bits and not infinitely many

/** How surprised a model is by what it held for this likely, in bits. */
export function surprise(chance) {
  return -Math.log2(Math.min(1, Math.max(LEAST_CHANCE, chance)));
}

/** How surprised it is by the pieces of a word together, in bits. */
export function totalSurprise(chances) {
  return chances.reduce((sum, chance) => sum + surprise(chance), 0);
}

/** Hidden places by the word that they are pieces of: neighbours, hidden in the same turn. */
export function wordGroups(rows, joined, turns) {
  const groups = [];
  rows.forEach((row, place) => {
    const last = groups[groups.length - 1];
    const before = last ? last[last.length - 1] : -1;
    const goesOn = before >= 0 && joined[place] && rows[before] === row - 1 && turns[before] === turns[place];
    if (goesOn) last.push(place);
    else groups.push([place]);
  });
  return groups;
}

/** Bits as people read them: "2.4", "−0.3", "0". */
export function bitsText(bits) {
  if (Math.abs(bits) < 0.05) return "0";
  const size = Math.floor(Math.abs(bits) * 10 + 0.5) / 10;
  return `${bits < 0 ? "−" : ""}${size.toFixed(1)}`;
}

/** What is guessed with and without the other modality, and how much that helps. */
export function guessSentence(asked, isWord, best, chance, bits) {
  const [helper, verb, it] = isWord ? ["the picture", "helps", "it"] : ["the words", "help", "them"];
  const misleads = isWord ? "misleads" : "mislead";
  let verdict = `${helper} ${isWord ? "makes" : "make"} no difference`;
  if (Math.abs(bits) >= 0.05) {
    verdict = bits > 0 ? `${helper} ${verb} by ${bitsText(bits)} bits` : `${helper} ${misleads} by ${bitsText(-bits)} bits`;
  }
  const guessed = `With ${helper} the model guesses “${best[0]}” (${percent(chance[0])}), ` +
    `without ${it} “${best[1]}” (${percent(chance[1])})`;
  return `${asked} is hidden. ${guessed}: ${verdict}.`;
}

/** What is said while the answer is kept back. */
export function riddle(isWord) {
  const what = isWord ? "Which word is hidden here?" : "What is hidden in this region?";
  return `${what} Guess before you look at the answer.`;
}

/** Where the truth, or the class that a detector saw, stands among all guesses, from 1. */
export function rankText(detected, rank, chance) {
  const truth = detected ? `The detector’s “${detected}”` : "The truth";
  return `${truth} is guess ${rank.toLocaleString("en-US")}, ${percent(chance)}.`;
}
