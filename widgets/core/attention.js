// Attention arithmetic on flat row-major arrays. Twin: attention.py.
// Rows and columns of a map run over words first, then regions; each row sums to 1.

/**
 * One [size × size] map: the heads of `layer` mixed with `weights` (any positive sum). A code is the
 * square root of a weight's share of its head's scale, so that small weights keep their digits.
 */
export function blendHeads(codes, scales, layer, weights, size) {
  const blended = new Float32Array(size * size);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, head) => {
    if (weight === 0) return;
    const plane = layer * weights.length + head;
    const factor = (scales[plane] * weight) / total / 65535 ** 2;
    const start = plane * size * size;
    for (let i = 0; i < blended.length; i++) blended[i] += factor * codes[start + i] ** 2;
  });
  return blended;
}

/** Empty the hidden rows and columns and let every other row sum to 1 again (0 if nothing is left). */
export function hideAndRenormalise(map, size, hidden) {
  const result = Float32Array.from(map);
  const gone = new Set(hidden);
  for (let row = 0; row < size; row++) {
    let left = 0;
    for (let column = 0; column < size; column++) {
      const i = row * size + column;
      if (gone.has(row) || gone.has(column)) result[i] = 0;
      left += result[i];
    }
    if (left > 0) for (let column = 0; column < size; column++) result[row * size + column] /= left;
  }
  return result;
}

/** The [words × regions] block; for "region_to_word" the regions' rows, laid so that words stay rows. */
export function wordsByRegions(map, words, regions, direction) {
  const size = words + regions;
  const block = new Float32Array(words * regions);
  for (let word = 0; word < words; word++) {
    for (let region = 0; region < regions; region++) {
      const [row, column] = direction === "word_to_region" ? [word, words + region] : [words + region, word];
      block[word * regions + region] = map[row * size + column];
    }
  }
  return block;
}

/** How much of the attention in this direction crosses between words and regions, mean over its rows. */
export function crossShare(map, words, regions, direction, hidden) {
  const block = wordsByRegions(map, words, regions, direction);
  const gone = hidden.filter((word) => word < words).length;
  const rows = direction === "word_to_region" ? words - gone : regions;
  return rows > 0 ? block.reduce((sum, value) => sum + value, 0) / rows : 0;
}

/** One row of a table with this many columns. */
export function rowOf(table, columns, row) {
  return table.slice(row * columns, (row + 1) * columns);
}

/** One column of a table with this many columns. */
export function columnOf(table, columns, column) {
  return Float32Array.from({ length: table.length / columns }, (_, row) => table[row * columns + column]);
}

/** Indices of the largest values, largest first; equal values in their own order. */
export function strongest(values, count) {
  const order = Array.from(values, (_, index) => index);
  return order.sort((a, b) => values[b] - values[a] || a - b).slice(0, count);
}
