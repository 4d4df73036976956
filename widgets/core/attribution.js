// Signed values of rows: shares of the largest, ranks, how far methods agree, areas, sentences.
// Twin: attribution.py.
import { formatNumber } from "./curves.js";

/** Each value as a share -1..1 of the largest size that is not left out; left out ones are 0. */
export function signedShares(values, leftOut) {
  const kept = Array.from(values, (value, i) => (leftOut[i] ? 0 : value));
  const most = kept.reduce((best, value) => Math.max(best, Math.abs(value)), 0);
  return kept.map((value) => (most > 0 ? value / most : 0));
}

/** The rank of each value by its size, 1 the largest, equal ones alike; 0 where left out. */
export function sizeRanks(values, leftOut) {
  const sizes = Array.from(values, Math.abs);
  return sizes.map((size, i) =>
    (leftOut[i] ? 0 : 1 + sizes.filter((other, j) => !leftOut[j] && other > size).length));
}

/** Ranks from 1, the smallest first; equal values share the middle of theirs. */
export function middleRanks(values) {
  const all = Array.from(values);
  return all.map((value) =>
    all.filter((other) => other < value).length + (1 + all.filter((other) => other === value).length) / 2);
}

/** Spearman's rho of two methods over the same rows; not-a-number where one of them tells none apart. */
export function rankCorrelation(first, second) {
  const middle = (first.length + 1) / 2;
  const [a, b] = [first, second].map((values) => middleRanks(values).map((rank) => rank - middle));
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const size = Math.sqrt(dot(a, a) * dot(b, b));
  return size > 0 ? dot(a, b) / size : NaN;
}

/** Kendall's tau-b: pairs of rows ordered alike less those ordered otherwise, as a share. */
export function pairAgreement(first, second) {
  let [alike, tiedFirst, tiedSecond] = [0, 0, 0];
  for (let i = 0; i < first.length; i++) {
    for (let j = 0; j < i; j++) {
      const a = Math.sign(first[i] - first[j]);
      const b = Math.sign(second[i] - second[j]);
      alike += a * b;
      tiedFirst += Number(a === 0);
      tiedSecond += Number(b === 0);
    }
  }
  const pairs = (first.length * (first.length - 1)) / 2;
  const size = Math.sqrt((pairs - tiedFirst) * (pairs - tiedSecond));
  return size > 0 ? alike / size : NaN;
}

/** The area under a curve of scores over shares 0..1 (trapezoid rule). */
export function curveArea(shares, scores) {
  let area = 0;
  for (let i = 0; i + 1 < shares.length; i++) {
    area += ((shares[i + 1] - shares[i]) * (scores[i + 1] + scores[i])) / 2;
  }
  return area;
}

/** A number with the digits that show three of `most`: "0.820", "−0.031", "0". */
export function alignedNumber(value, most) {
  if (!Number.isFinite(value) || !(most > 0)) return value === 0 ? "0" : "–";
  const digits = Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(most))));
  const size = Math.floor(Math.abs(value) * 10 ** digits + 0.5) / 10 ** digits;
  return size === 0 ? "0" : (value < 0 ? "−" : "") + size.toFixed(digits);
}

/** The same with a plus where the number is above zero: "+0.820". */
export function signedNumber(value, most) {
  const text = alignedNumber(value, most);
  return value > 0 && text !== "0" && text !== "–" ? `+${text}` : text;
}

/** A number in about three digits with a true minus: "2.30", "−0.700", "4e-3". */
export function plainNumber(value) {
  return formatNumber(value).replace(/^-/, "−");
}

/** Which row counts most by a method, and which next; `values` are theirs, largest first. */
export function strongestSentence(method, names, values) {
  if (!values.length || values[0] === 0) return `By ${method}, no word and no region counts.`;
  const most = Math.abs(values[0]);
  const told = [`${names[0]} counts most (${signedNumber(values[0], most)})`];
  if (values.length > 1 && values[1] !== 0) told.push(`then ${names[1]} (${signedNumber(values[1], most)})`);
  return `By ${method}, ${told.join(", ")}.`;
}

/** What every method says of one row: its number, and its rank among `count` (0: none). */
export function rowSentence(name, methods, numbers, ranks, count) {
  const told = methods.map((method, place) => {
    const rank = ranks[place];
    const ranked = rank === 0 ? "" : place === 0 ? ` (rank ${rank} of ${count})` : ` (${rank})`;
    return `${method} ${numbers[place]}${ranked}`;
  });
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}: ${told.join(", ")}.`;
}
