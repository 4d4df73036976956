// Captions with one detail rewritten beside their own picture: does the model see the difference?
import { formatNumber } from "../core/curves.js";
import { percent } from "../core/text.js";
import { markedText } from "./answers.js";
import { make } from "./dom.js";

const NAMES = { name: "object" };

function kindName(kind) {
  return NAMES[kind] || kind;
}

/** The rewritten captions of a question as a table, the changed words marked; null where there are none. */
export function rewrittenTable(run, query) {
  const own = run.models.map((_, which) => run.probes(which, query));
  if (!own[0].length) return null;
  const pairs = own[0].map((probe) => own.map((list) => list.find((one) => one[0] === probe[0] && one[2] === probe[2])));
  const rows = pairs.map((each) => {
    const [sentence, kind, text, spans] = each[0];
    return make("tr", {}, make("th", { scope: "row", text: kindName(kind) }),
      make("td", { class: "wb-rewritten-text" },
        make("div", {}, ...markedText(run.texts[sentence], [spans.slice(0, 2)], "wb-kept")),
        make("div", {}, ...markedText(text, [spans.slice(2)], "wb-changed"))),
      ...each.map((probe) => verdict(probe)));
  });
  const scores = run.models.map((name) => make("th", { scope: "col", text: run.models.length > 1 ? name : "score" }));
  return make("table", { class: "wb-table wb-rewritten" },
    make("caption", { class: "wb-unseen", text: "Original above, rewritten below; a tick where the original scores more" }),
    make("thead", {}, make("tr", {}, make("th", { scope: "col", text: "detail" }), make("th", { scope: "col", text: "original, rewritten" }), ...scores)),
    make("tbody", {}, ...rows));
}

function verdict(probe) {
  if (!probe) return make("td", { text: "–" });
  const [original, rewritten] = probe.slice(4);
  const wins = original > rewritten;
  const score = (value, mark) => make("div", { class: "wb-verdict" },
    make("span", { class: mark ? `wb-sign ${wins ? "wb-right" : "wb-wrong"}` : "wb-sign", text: mark, "aria-label": mark ? (wins ? "original wins" : "rewritten wins") : null, role: mark ? "img" : null }),
    make("span", { text: formatNumber(value) }));
  return make("td", {}, score(original, wins ? "✓" : ""), score(rewritten, wins ? "" : "✗"));
}

/** How often the original wins over all rewritten captions, by kind of detail: a line for each model. */
export function rewrittenShares(all, models) {
  const lines = models.map((name, which) => {
    const kinds = [...new Set(all[which].map(([, kind]) => kind))];
    const shares = kinds.map((kind) => {
      const own = all[which].filter((probe) => probe[1] === kind);
      return `${kindName(kind)} ${percent(own.filter((probe) => probe[4] > probe[5]).length / own.length)} of ${own.length}`;
    });
    return make("p", { class: "wb-note", text: `${models.length > 1 ? `${name}: ` : ""}original scores more: ${shares.join(", ")}` });
  });
  return make("div", { class: "wb-shares" }, ...lines);
}
