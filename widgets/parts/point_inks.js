// The colours of points, and how strong they are drawn.
import { scaleColour } from "../core/colour.js";

const codeOf = ([red, green, blue]) => red | (green << 8) | (blue << 16);

/**
 * A colour for every point, as 0xBBGGRR: quiet, but for those of the centre's concept; or all shaded by
 * how far models agree on their neighbours.
 */
export function inksOf(data, centre, agreed, theme) {
  const whole = theme.quiet.startsWith("color(") ? 255 : 1; // parts of colours are shares there
  const quiet = codeOf(theme.quiet.match(/\d+(\.\d+)?/g).slice(0, 3).map((part) => Math.round(Number(part) * whole)));
  const same = codeOf(scaleColour(theme.dark ? 0.8 : 0.72, theme.dark));
  const concept = data.groups[centre];
  return Uint32Array.from(data.names, (_, point) => {
    if (agreed) return codeOf(scaleColour(0.15 + 0.85 * agreed.points[point], theme.dark));
    return data.groups[point] === concept ? same : quiet;
  });
}

/** How strong points are drawn, 0 to 1: fainter the more there are, so that dense places show. */
export function strengthOf(data, count, shaded, zoom) {
  if (shaded) return 0.95;
  if (data.projection === "local") return 0.3;
  return count < 400 ? 0.8 : Math.min(0.75, Math.max(0.13, 16 / count ** 0.47) * zoom ** 0.6);
}
