// Colours: a scale for attention, one for signed values, a palette for runs, and contrast.
// Twin: colour.py. Colours are [red, green, blue] with 0..255 in each.

const EMBER_LIGHT = [[250, 247, 242], [252, 221, 173], [240, 158, 80], [193, 82, 28], [105, 30, 18]];
const EMBER_DARK = [[32, 34, 38], [86, 46, 30], [168, 76, 28], [238, 150, 66], [255, 234, 190]];
const FROST_LIGHT = [EMBER_LIGHT[0], [201, 229, 248], [120, 182, 232], [40, 117, 190], [14, 50, 106]];
const FROST_DARK = [EMBER_DARK[0], [26, 58, 95], [31, 106, 174], [100, 177, 244], [210, 237, 255]];
const SERIES_LIGHT = [[31, 95, 168], [178, 84, 16], [38, 118, 74], [120, 76, 178], [176, 44, 72], [14, 116, 128]];
const SERIES_DARK = [[118, 180, 244], [240, 166, 98], [116, 204, 152], [190, 162, 244], [244, 144, 160], [98, 206, 214]];

/** Mix two colours; `share` 0 gives the first, 1 the second. */
export function mixColours(first, second, share) {
  return first.map((value, i) => Math.floor(value + (second[i] - value) * share + 0.5));
}

/** The attention scale at `share` 0..1 (clamped; not-a-number counts as 0): stronger is farther from the paper. */
export function scaleColour(share, dark) {
  return alongScale(dark ? EMBER_DARK : EMBER_LIGHT, share);
}

/** The scale of signed values at `share` -1..1 (clamped): the attention scale, an equally light blue below 0. */
export function signedColour(share, dark) {
  return share < 0 ? alongScale(dark ? FROST_DARK : FROST_LIGHT, -share) : scaleColour(share, dark);
}

function alongScale(stops, share) {
  const place = Math.min(1, Math.max(0, share || 0)) * (stops.length - 1);
  const below = Math.min(stops.length - 2, Math.floor(place));
  return mixColours(stops[below], stops[below + 1], place - below);
}

/**
 * Between which values a scale of colours runs, so that values that read alike look alike: from the lowest
 * to the highest; from zero where the lowest comes at least half the way down to it, and where all are the
 * same within 2 %, or rounding would be painted as a difference.
 */
export function shadeEnds(low, high) {
  const alike = high - low < 0.02 * Math.max(Math.abs(low), Math.abs(high));
  return alike || (low > 0 && low < 0.5 * high) ? [Math.min(0, low), Math.max(0, high)] : [low, high];
}

/** The colour of the run or series with this index; repeats after six. */
export function seriesColour(index, dark) {
  const palette = dark ? SERIES_DARK : SERIES_LIGHT;
  return palette[index % palette.length];
}

/** Relative luminance 0..1 (WCAG 2). */
export function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast ratio 1..21 (WCAG 2). */
export function contrast(first, second) {
  const [low, high] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Black or white, whichever reads better on `paper`. */
export function inkOn(paper) {
  const black = [0, 0, 0]; // a softer one is too faint on the middle of the scale
  const white = [255, 255, 255];
  return contrast(black, paper) >= contrast(white, paper) ? black : white;
}

/** "rgb(…)" text of a colour, with an opacity where one is given. */
export function cssColour(colour, opacity = 1) {
  return opacity === 1 ? `rgb(${colour.join(", ")})` : `rgba(${colour.join(", ")}, ${opacity})`;
}
