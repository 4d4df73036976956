// Curves: which points to draw, how to smooth them, where the ticks go, how numbers read.
// Twin: curves.py.

/** Exponential moving average without the bias of its start; `weight` 0 changes nothing. Gaps stay gaps. */
export function smooth(values, weight) {
  let average = 0;
  let mass = 0;
  return Array.from(values, (value) => {
    if (!Number.isFinite(value)) return NaN;
    average = weight * average + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return average / mass;
  });
}

/** Indices of at most `limit` points that keep the look: first, last, and each bucket's lowest and highest. */
export function thin(values, limit) {
  const count = values.length;
  if (count <= limit) return Array.from(values, (_, index) => index);
  const buckets = Math.max(1, Math.floor((limit - 2) / 2));
  const kept = new Set([0, count - 1]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * count) / buckets);
    const end = Math.floor(((bucket + 1) * count) / buckets);
    let low = -1;
    let high = -1;
    for (let i = start; i < end; i++) {
      if (!Number.isFinite(values[i])) continue;
      if (low < 0 || values[i] < values[low]) low = i;
      if (high < 0 || values[i] > values[high]) high = i;
    }
    if (low >= 0) kept.add(low).add(high);
  }
  return Array.from(kept).sort((a, b) => a - b);
}

/** Lowest and highest value to show: the outermost `trim` share of points may fall outside. [0, 1] if empty. */
export function extent(values, trim) {
  const sorted = Array.from(values).filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return [0, 1];
  const cut = Math.floor(sorted.length * trim);
  const low = sorted[cut];
  const high = sorted[sorted.length - 1 - cut];
  if (high > low) return [low, high];
  const room = Math.abs(low) * 0.1 || 0.5;
  return [low - room, high + room];
}

/** Round numbers (1, 2 or 5 times a power of ten apart) between low and high, about `count` of them. */
export function niceTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const over = rough / power;
  const step = power * (over >= Math.sqrt(50) ? 10 : over >= Math.sqrt(10) ? 5 : over >= Math.SQRT2 ? 2 : 1);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}

/** Ticks for a logarithmic axis: 1, 2 and 5 times powers of ten inside low..high (values, not logarithms). */
export function logTicks(low, high) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of [1, 2, 5]) {
      const tick = Number((factor * 10 ** power).toPrecision(12));
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick);
    }
  }
  return ticks.length >= 2 ? ticks : niceTicks(low, high, 3);
}

/** Bounds of an axis: zero is on it where the values come at least half the way down to it. */
export function withZero(low, high) {
  return low > 0 && low < 0.5 * high ? [0, high] : [low, high];
}

/**
 * Keep a row [step, attempt, series, …] in `steps` (step -> {attempt, rows}): the highest attempt wins
 * each step, the latest row wins each series. Answers whether anything changed.
 */
export function keepPoint(steps, row) {
  const [step, attempt, series] = row;
  const stored = steps.get(step);
  if (stored !== undefined && attempt < stored.attempt) return false;
  if (stored === undefined || attempt > stored.attempt) {
    steps.set(step, { attempt, rows: new Map([[series, row]]) });
  } else stored.rows.set(series, row);
  return true;
}

/** The rows kept, by step and then by series. */
export function keptPoints(steps) {
  const ordered = Array.from(steps.keys()).sort((a, b) => a - b);
  return ordered.flatMap((step) =>
    Array.from(steps.get(step).rows.values()).sort((a, b) => a[2] - b[2]));
}

/** The first row of every step, of rows that stand by step: what all rows of a step share. */
export function oneAStep(rows) {
  return rows.filter((row, i) => i === 0 || row[0] !== rows[i - 1][0]);
}

/** A number in about three digits: 12,345 · 31.4 · 40 · 2.31 · 0.031 · 5e-5. */
export function formatNumber(value) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.01 || size >= 1e7) {
    const [digits, exponent] = value.toExponential(1).split("e");
    return `${digits.replace(".0", "")}e${Number(exponent)}`;
  }
  if (size >= 100 || Number.isInteger(value)) {
    const text = String(Math.floor(size + 0.5)).replace(/\B(?=(\d{3})+$)/g, ",");
    return value < 0 ? `-${text}` : text;
  }
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** A number for an axis: formatNumber without zeros that say nothing ("4.00" reads "4"). */
export function formatTick(value) {
  const text = formatNumber(value);
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
}

/** Seconds as people say them: "40 s", "3 min 20 s", "2 h 5 min". */
export function formatDuration(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  const whole = Math.floor(seconds + 0.5);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.floor(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
