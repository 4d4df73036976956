// A retrieval run in the browser: who was asked, the answers in order, what a picture lacks.
import { formatNumber } from "../core/curves.js";
import { candidateOrder, holdsWords, joinedSpans, passes, retrievalSentence } from "../core/retrieval.js";

function copied(Kind, view, start = 0, length = undefined) {
  return new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength), start, length);
}

/** Scores of one model, all there are: rows are sentences. */
function wholeScores(view, which, texts, pictures) {
  const scores = copied(Float32Array, view, which * texts * pictures * 4, texts * pictures);
  return {
    pair: (sentence, picture) => scores[sentence * pictures + picture],
    answers: (fromText, query, own) => {
      const row = fromText
        ? scores.subarray(query * pictures, (query + 1) * pictures)
        : Float32Array.from({ length: texts }, (_, sentence) => scores[sentence * pictures + query]);
      return candidateOrder(row, own).map((index, place) => ({ index, rank: place + 1, score: row[index] }));
    },
  };
}

/** The first answers of one model alone; the last of them may be the best right one from further down. */
function firstScores(view, which, texts, pictures) {
  const counts = [Math.min(100, pictures), Math.min(100, texts)];
  const cells = [texts * counts[0], pictures * counts[1]];
  const begin = which * 8 * (cells[0] + cells[1]);
  const part = (Kind, before, length) => copied(Kind, view, begin + before * 4, length);
  const kept = [part(Uint32Array, 0, cells[0]), part(Uint32Array, 2 * cells[0], cells[1])];
  const scores = [part(Float32Array, cells[0], cells[0]), part(Float32Array, 2 * cells[0] + cells[1], cells[1])];
  const answers = (fromText, query, own, rank) => {
    const way = fromText ? 0 : 1;
    const start = query * counts[way];
    return Array.from({ length: counts[way] }, (_, place) => {
      const index = kept[way][start + place];
      const last = own.includes(index) && place === counts[way] - 1;
      return { index, rank: last ? rank : place + 1, score: scores[way][start + place] };
    });
  };
  return {
    answers,
    pair: (sentence, picture) => answers(true, sentence, [], 0).find(({ index }) => index === picture)?.score ?? NaN,
  };
}

/** Everything that is asked of a run; `model` is the widget's, whose choices are read at each call. */
export function makeRetrievalRun(model) {
  const [models, texts, pictures, owner] = ["models", "texts", "pictures", "owner"].map((name) => model.get(name));
  const make = model.get("whole") ? wholeScores : firstScores;
  const scores = models.map((_, which) => make(model.get("scores"), which, texts.length, pictures.length));
  const textsOf = pictures.map(() => []);
  owner.forEach((picture, sentence) => textsOf[picture].push(sentence));
  const things = pictures.map(() => []);
  model.get("labels").forEach(([picture, label, box]) => things[picture].push({ label, box }));
  const detailsOf = texts.map(() => []);
  model.get("details").forEach(([sentence, start, end], place) => detailsOf[sentence].push([place, start, end]));
  const bits = copied(Uint8Array, model.get("lacking"));
  const wide = Math.ceil(pictures.length / 8);
  const fromText = () => model.get("direction") === "text_to_image";
  const way = () => (fromText() ? 0 : 1);
  const rank = (which, query) => model.get("ranks")[which][way()][query];
  const own = (query) => (fromText() ? [owner[query]] : textsOf[query]);
  const pair = (query, index) => (fromText() ? [query, index] : [index, query]);
  const lacks = ([sentence, picture]) => joinedSpans(texts[sentence], detailsOf[sentence]
    .filter(([place]) => (bits[place * wide + (picture >> 3)] >> (7 - (picture & 7))) & 1)
    .map(([, start, end]) => [start, end]));
  const wordsAt = (sentence, spans) => spans.map(([start, end]) => Array.from(texts[sentence]).slice(start, end).join(""));
  const answers = (which, query, count) => {
    const right = own(query);
    const all = scores[which].answers(fromText(), query, right, rank(which, query))
      .map((answer) => ({ ...answer, own: right.includes(answer.index) }));
    const best = all.find((answer) => answer.own);
    return best && best.rank > count ? [...all.slice(0, count - 1), best] : all.slice(0, count);
  };
  const first = (which, query) => answers(which, query, 2)[0];
  const name = (index) => (fromText() ? pictures[index] : texts[index]);
  const queries = () => (fromText() ? texts : pictures);
  const searched = (query) => (fromText() ? texts[query]
    : [pictures[query], ...textsOf[query].map((sentence) => texts[sentence]), ...things[query].map(({ label }) => label)].join(" "));
  const passing = (filter) => queries().map((_, query) => query)
    .filter((query) => passes(filter, rank(0, query), models.length > 1 ? rank(1, query) : 0));
  return {
    models, texts, pictures, owner, textsOf, things, fromText, rank, own, pair, first, lacks, hasDetails: (sentence) => detailsOf[sentence].length > 0, wordsAt, answers, name, queries, passing,
    ranks: (which, direction = way()) => model.get("ranks")[which][direction],
    shown: () => passing(model.get("filter")).filter((query) => holdsWords(searched(query), model.get("search"))),
    probes: (which, query) => {
      const asked = fromText() ? [query] : own(query);
      return model.get("probes")[which].filter(([sentence]) => asked.includes(sentence));
    },
    sentence: (query, opened) => {
      const { index } = first(0, query);
      const missing = wordsAt(pair(query, index)[0], lacks(pair(query, index)));
      const count = fromText() ? pictures.length : texts.length;
      const said = [retrievalSentence(fromText(), queries()[query], rank(0, query), count, name(index), missing)];
      if (models.length > 1 && rank(1, query)) said.push(`${models[1]} has it at rank ${rank(1, query)}.`);
      if (opened.length) {
        const [sentence, picture] = opened;
        said.push(`Open: “${texts[sentence].replace(/\.$/, "")}” with ${pictures[picture]}, ${formatNumber(scores[0].pair(sentence, picture))}.`);
      }
      return said.join(" ");
    },
  };
}
