// The JavaScript half of the shared vectors: node --test tests/widgets/core.test.mjs
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

const here = new URL(".", import.meta.url);
const folder = new URL("../../widgets/core/", here);
// One module of them all, as the widgets themselves join them.
const source = readdirSync(folder)
  .filter((name) => name.endsWith(".js"))
  .map((name) => readFileSync(new URL(name, folder), "utf8").replace(/^import .*$/gm, ""))
  .join("\n");
const core = await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`);
const given = new URL("vectors/", here);
const vectors = readdirSync(given)
  .sort()
  .flatMap((name) => JSON.parse(readFileSync(new URL(name, given), "utf8")));

const OWN = {
  kept_points: (rows) => {
    const steps = new Map();
    rows.forEach((row) => core.keepPoint(steps, row));
    return core.keptPoints(steps);
  },
};
const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const withGaps = (value) =>
  Array.isArray(value) ? value.map(withGaps) : value === null ? NaN : value;

function close(actual, expected, where) {
  if (expected === null) {
    assert.ok(actual === null || Number.isNaN(actual), `${where}: ${actual} is not a gap`);
  } else if (typeof expected === "number") {
    assert.ok(Math.abs(actual - expected) < 1e-6 * Math.max(1, Math.abs(expected)), `${where}: ${actual} ≠ ${expected}`);
  } else if (Array.isArray(expected)) {
    assert.equal(actual.length, expected.length, `${where}: ${JSON.stringify(Array.from(actual))}`);
    expected.forEach((value, i) => close(actual[i], value, `${where}[${i}]`));
  } else assert.equal(actual, expected, where);
}

for (const [number, { function: name, arguments: given, answer }] of vectors.entries()) {
  test(`${number} ${name}`, () => {
    const call = OWN[name] || core[camel(name)];
    close(call(...given.map(withGaps)), answer, name);
  });
}

test("every function has a vector", () => {
  const tested = new Set(vectors.map((vector) => camel(vector.function)));
  const own = new Set(["cssColour", "keepPoint", "rowOf", "columnOf"]);
  const left = Object.keys(core).filter((name) => !tested.has(name) && !own.has(name));
  assert.deepEqual(left, []);
  close(core.rowOf([1, 2, 3, 4, 5, 6], 3, 1), [4, 5, 6], "rowOf");
  close(core.columnOf([1, 2, 3, 4, 5, 6], 3, 1), [2, 5], "columnOf");
  assert.equal(core.cssColour([1, 2, 3]), "rgb(1, 2, 3)");
  assert.equal(core.cssColour([1, 2, 3], 0.5), "rgba(1, 2, 3, 0.5)");
});
