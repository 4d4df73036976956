// Which picture a sentence finds, which sentence a picture, and what goes wrong. All in the browser.
import { formatNumber } from "../core/curves.js";
import { makeAnswers, markOpen, markedText } from "../parts/answers.js";
import { freshName, make, oncePerFrame, tableOf } from "../parts/dom.js";
import { drawQueryList, makeQueryList } from "../parts/query_list.js";
import { rankBars, rankBarsKey, recallTable } from "../parts/recall_table.js";
import { makeRetrievalRun } from "../parts/retrieval_run.js";
import { rewrittenShares, rewrittenTable } from "../parts/rewritten.js";
import { makeThumbnails } from "../parts/thumbnails.js";
import { hearTraits, makeTableFrame } from "../parts/view.js";

const CHOICES = ["direction", "query", "filter", "search", "opened", "show_boxes"];
const SHOWN = { pictures: 8, sentences: 8 };
const MOST_ROWS = 500;

function filterNames(models) {
  const names = [
    ["all", "All questions"], ["hits", "Found first"], ["misses", "Missed"],
    ["near_misses", "Near-misses (rank 2–5)"], ["below_ten", "Below rank 10"],
  ];
  if (models.length < 2) return names;
  return [...names, ["first_only", `${models[0]} finds it, ${models[1]} misses`], ["second_only", `${models[1]} finds it, ${models[0]} misses`]];
}

function makeControls(model, run, keep, turn) {
  const name = freshName("wb-way");
  const radios = [["text_to_image", "Text to image"], ["image_to_text", "Image to text"]].map(([value, text]) => {
    const input = make("input", { type: "radio", name, value });
    input.addEventListener("change", () => turn(value));
    return make("label", {}, input, make("span", { text }));
  });
  const filters = filterNames(run.models);
  const options = filters.map(([value]) => make("option", { value }));
  const filter = make("select", { class: "wb-input", id: freshName("wb-filter") }, ...options);
  filter.addEventListener("change", () => keep({ filter: filter.value }, true));
  const search = make("input", { class: "wb-input", type: "search", id: freshName("wb-search"), placeholder: "words" });
  search.addEventListener("input", () => keep({ search: search.value }, true));
  search.addEventListener("keydown", (event) => event.stopPropagation());
  const boxes = make("input", { type: "checkbox" });
  boxes.addEventListener("change", () => keep({ show_boxes: boxes.checked }));
  const boxesField = make("label", { class: "wb-field" }, boxes, make("span", { text: "Boxes" }));
  boxesField.hidden = !run.things.some((things) => things.some(({ box }) => box.length));
  const box = make("div", { class: "wb-row" },
    make("div", { class: "wb-segments", role: "radiogroup", "aria-label": "direction" }, ...radios),
    make("label", { class: "wb-field", for: filter.id }, make("span", { text: "Show" }), filter),
    make("label", { class: "wb-field", for: search.id }, make("span", { text: "Search" }), search), boxesField);
  const show = () => {
    radios.forEach((label) => { label.firstChild.checked = label.firstChild.value === model.get("direction"); });
    options.forEach((option, i) => {
      const text = `${filters[i][1]} (${run.passing(filters[i][0]).length})`;
      if (option.textContent !== text) option.textContent = text;
    });
    filter.value = model.get("filter");
    if (search.value !== model.get("search")) search.value = model.get("search");
    boxes.checked = model.get("show_boxes");
  };
  return { box, show };
}

function render({ model, el }) {
  const run = makeRetrievalRun(model);
  const thumbnails = makeThumbnails(model.get("thumbnails"), model.get("thumbnail_ends"), run.things);
  const keep = (values, refilter = false) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    const shown = refilter ? run.shown() : [];
    if (shown.length && !shown.includes(model.get("query"))) model.set("query", shown[0]);
    model.save_changes();
    soon();
  };
  const turn = (direction) => {
    const query = model.get("query"); // the picture of the sentence, or a sentence of the picture
    const next = run.fromText() ? run.owner[query] : run.textsOf[query][0] ?? 0;
    keep({ direction, query: next }, true);
  };
  const choose = (query) => keep({ query });
  const controls = makeControls(model, run, keep, turn);
  const queries = makeQueryList(run, thumbnails, choose);
  const recall = make("div", { class: "wb-recall-frame", tabindex: "0", role: "region", "aria-label": "recall" }, recallTable(run));
  const bars = make("div");
  const count = make("p", { class: "wb-note wb-count" });
  const sentence = make("p", { class: "wb-sentence", role: "status", "aria-live": "polite" });
  const asked = make("div", { class: "wb-asked" });
  const found = make("div", { class: "wb-found" });
  const rewritten = make("div", { class: "wb-rewritten-frame", tabindex: "0", role: "region", "aria-label": "rewritten captions" });
  const probes = make("div", {}, make("h3", { class: "wb-heading", text: "Rewritten captions " }), rewritten,
    rewrittenShares(model.get("probes"), run.models));
  const { button: tableButton, frame } = makeTableFrame("questions as a table", () => soon());
  const kinds = [...new Set(model.get("kinds"))].filter(Boolean).join(", ");
  const box = make("section", { class: "wb wb-retrieval", "aria-label": "retrieval between sentences and pictures" },
    make("div", { class: "wb-row wb-spread" }, controls.box, tableButton),
    make("div", { class: "wb-overview" }, recall, make("div", { class: "wb-spread-of-ranks" }, bars, rankBarsKey(run))),
    make("div", {}, sentence, make("p", { class: "wb-note wb-where", text: [model.get("title"), kinds && `score: ${kinds}`].filter(Boolean).join(" · ") })),
    make("div", { class: "wb-retrieval-columns" },
      make("div", { class: "wb-left" }, count, queries.box),
      make("div", { class: "wb-right-side" }, asked, found, probes)),
    frame);
  el.replaceChildren(box);
  let drawn = "";
  let groups = [];
  let looked = -1;

  const look = (index) => {
    if (looked === index) return;
    looked = index;
    drawAsked();
  };
  const open = (index) => keep({ opened: run.pair(model.get("query"), index) });
  const openedHere = () => {
    const [at, answer] = run.fromText() ? model.get("opened") : [...model.get("opened")].reverse();
    return at === model.get("query") ? answer ?? -1 : -1;
  };

  /** The question; words of a sentence that the answer looked at (else the first wrong one) lacks are marked. */
  function drawAsked() {
    const query = model.get("query");
    if (!run.fromText()) {
      const names = run.things[query].map(({ label }) => label).join(", ");
      asked.replaceChildren(thumbnails.element(query, run.pictures[query]),
        make("div", {}, make("p", { class: "wb-question", text: run.pictures[query] }), make("p", { class: "wb-note", text: names })));
      return;
    }
    const first = groups.map(({ answers }) => answers[0]).find((answer) => !answer.own);
    const index = looked >= 0 ? looked : openedHere() >= 0 ? openedHere() : first ? first.index : -1;
    const spans = index >= 0 ? run.lacks([query, index]) : [];
    const note = spans.length ? `underlined: not in ${run.pictures[index]}` : "";
    asked.replaceChildren(make("p", { class: "wb-question" }, ...markedText(run.texts[query], spans, "wb-missed")),
      make("p", { class: "wb-note", text: note }));
  }

  function drawFound() {
    const query = model.get("query");
    looked = -1;
    groups = run.models.map((_, which) =>
      makeAnswers(run, which, query, run.fromText() ? SHOWN.pictures : SHOWN.sentences, thumbnails, { look, open }));
    found.replaceChildren(...groups.map(({ list }, which) => {
      const rank = run.rank(which, query);
      const told = rank ? `its own at rank ${rank} of ${run.fromText() ? run.pictures.length : run.texts.length}` : "it has none of its own";
      return make("div", {}, make("h3", { class: "wb-heading" }, make("span", { text: `${run.models[which]} ` }), make("span", { class: "wb-note", text: told })), list);
    }));
    const table = rewrittenTable(run, query);
    rewritten.hidden = table === null;
    probes.hidden = !model.get("probes")[0].length;
    if (table) rewritten.replaceChildren(table);
  }

  function draw() {
    if (!box.isConnected) return;
    const [direction, query] = [model.get("direction"), model.get("query")];
    if (query >= run.queries().length) return; // the kernel is about to say which one instead
    controls.show();
    box.classList.toggle("wb-with-boxes", model.get("show_boxes"));
    if (drawn.split(" ")[0] !== direction) bars.replaceChildren(rankBars(run));
    if (drawn !== `${direction} ${query}`) drawFound();
    drawn = `${direction} ${query}`;
    groups.forEach((group) => markOpen(group, openedHere()));
    drawAsked();
    const said = run.sentence(query, model.get("opened"));
    if (sentence.textContent !== said) sentence.textContent = said;
    const shown = run.shown();
    const all = run.queries().length;
    const kind = run.fromText() ? "sentences" : "pictures";
    count.textContent = shown.length ? `${shown.length} of ${all} ${kind}` : `None of ${all} ${kind}: change the filter or the search`;
    drawQueryList(queries, shown, query, direction);
    if (!frame.hidden) fillTable(shown);
  }

  function fillTable(shown) {
    const cut = shown.length > MOST_ROWS ? `, the first ${MOST_ROWS} of ${shown.length}` : "";
    const columns = [["question", false], ...run.models.flatMap((name) =>
      [[`rank by ${name}`, true], ["first answer", false], ["its score", true]])];
    const rows = shown.slice(0, MOST_ROWS).map((query) => [run.queries()[query], ...run.models.flatMap((_, which) => {
      const first = run.first(which, query);
      return [String(run.rank(which, query) || "–"), `${first.own ? "✓ " : ""}${run.name(first.index)}`, formatNumber(first.score)];
    })]);
    frame.replaceChildren(tableOf(`Questions shown${cut}; a tick marks a right first answer`, columns, rows));
  }

  const soon = oncePerFrame(draw);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && model.get("opened").length) keep({ opened: [] });
  });
  const unhear = hearTraits(model, [CHOICES, soon]);
  soon();
  return () => {
    unhear();
    thumbnails.free();
  };
}

export default { render };
