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

/**
 * One of the four blocks of a map, who reads by what is read. Between words and regions the words are
 * always the rows: "region_to_word" is laid so that they stay.
 */
export function blockOf(map, words, regions, direction) {
  const size = words + regions;
  const [query, key] = direction.split("_to_").map((kind) => (kind === "word" ? [0, words] : [words, regions]));
  const turned = direction === "region_to_word";
  const [rows, columns] = turned ? [key[1], query[1]] : [query[1], key[1]];
  const block = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [reader, read] = turned ? [column, row] : [row, column];
      block[row * columns + column] = map[(query[0] + reader) * size + key[0] + read];
    }
  }
  return block;
}

/** Share of its rows' attention that lies in a block, their mean; not a number where none does. */
export function blockShare(map, words, regions, direction, hidden) {
  const readsWords = direction.startsWith("word");
  const rows = readsWords ? words - hidden.filter((word) => word < words).length : regions;
  const total = blockOf(map, words, regions, direction).reduce((sum, value) => sum + value, 0);
  return rows > 0 && total > 0 ? total / rows : NaN;
}

/** Values smaller than this share of the largest are 0; of negative ones the size counts. */
export function atLeast(values, share) {
  const least = share * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.map((value) => (Math.abs(value) >= least ? value : 0));
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
