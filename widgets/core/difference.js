// Differences after − before: their signs and their sentence. Twin: difference.py.
import { percent } from "./text.js";

/** A difference of shares in percentage points, with its sign: "+12", "−0.4", "0". */
export function signedPoints(difference) {
  const points = Math.floor(Math.abs(difference) * 1000 + 0.5) / 10;
  if (!(points > 0)) return "0";
  const whole = Math.floor(Math.abs(difference) * 100 + 0.5);
  return (difference > 0 ? "+" : "−") + (points < 1 ? points.toFixed(1) : String(whole));
}

/** A number as short as a cell of the head grid: "4.22", "−0.08", "12.3", "140", "0". */
export function cellNumber(value) {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  const rounded = Math.floor(size * 10 ** digits + 0.5) / 10 ** digits;
  return rounded > 0 ? (value < 0 ? "−" : "") + rounded.toFixed(digits) : "0";
}

/** Names in a row: "a", "a and b", "a, b and c". */
export function listed(names) {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

/** What is taken away: each by its name, or how many there are of more than four. */
export function takenWords(words, regions, heads) {
  const names = [...words, ...regions, ...heads];
  if (names.length <= 4) return listed(names);
  return listed([["word", words], ["region", regions], ["head", heads]].filter(([, some]) => some.length)
    .map(([kind, some]) => `${some.length} ${kind}${some.length === 1 ? "" : "s"}`));
}

/**
 * How a weight differs between two looks, with both of them. `focus` and `other` are as they stand in a
 * sentence; `reads` says that the focus looks.
 */
export function changeSentence(focus, other, reads, before, after) {
  const who = focus.slice(0, 1).toUpperCase() + focus.slice(1);
  const points = signedPoints(after - before);
  if (points === "0") return `Nothing differs for ${focus} here.`;
  const size = points.slice(1);
  const unit = size === "1" || size === "1.0" ? "point" : "points";
  const more = after > before ? "more" : "less";
  const verb = reads ? `attends ${size} ${unit} ${more} to` : `gets ${size} ${unit} ${more} from`;
  return `${who} ${verb} ${other}, ${percent(before)} → ${percent(after)}.`;
}
