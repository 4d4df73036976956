// What a model takes a hidden word or region for, with and without the other modality, over training.
import { cssColour, seriesColour } from "../core/colour.js";
import { formatNumber } from "../core/curves.js";
import { bitsText, guessSentence, rankText, riddle } from "../core/guesses.js";
import { fitInside, pickBox } from "../core/layout.js";
import { percent } from "../core/text.js";
import { drawBlanks, makeBlanks } from "../parts/blanks.js";
import { drawCourse, makeCourse } from "../parts/course.js";
import { make, oncePerFrame, tableOf, themeAt } from "../parts/dom.js";
import { drawGuessList, makeGuessLists } from "../parts/guess_lists.js";
import { makeGuessNumbers } from "../parts/guess_numbers.js";
import { drawGuessPicture } from "../parts/guess_picture.js";
import { drawHiddenRegions, makeHiddenRegions } from "../parts/hidden_regions.js";
import { drawHelpBars, makeHelpBars } from "../parts/help_bars.js";
import { drawnAnew, followHost, hearTraits, makeTableFrame } from "../parts/view.js";

const SHOWN = ["place", "step", "hide_answers", "revealed"];
const RECORD = ["words", "labels", "boxes", "picture", "steps", "places", "turns", "groups", "truth", "kinds",
  "guesses", "top", "chance", "truth_chance", "truth_rank"];

/** What is chosen now, in words and numbers. */
function lookOf(model, numbers) {
  const place = model.get("place");
  const moment = model.get("steps").indexOf(model.get("step"));
  const isWord = numbers.isWord(place);
  const keptBack = model.get("hide_answers") && !model.get("revealed").includes(place);
  const conditions = model.get(isWord ? "conditions" : "region_conditions");
  const best = [0, 1].map((side) => numbers.best(moment, side, place));
  const [seeing, blind] = numbers.bits(moment, numbers.groupOf(place));
  const name = numbers.nameOf(place);
  const asked = isWord ? `“${name}”` : name.replace("region", "Region");
  const said = keptBack ? riddle(isWord)
    : guessSentence(asked, isWord, best.map(([first]) => first.text), best.map(([first]) => first.chance), blind - seeing);
  return { place, moment, isWord, keptBack, conditions, best, said, truth: model.get("truth")[place] };
}

function makeTeaching(keep, reveal) {
  const hide = make("input", { type: "checkbox" });
  hide.addEventListener("change", () => keep({ hide_answers: hide.checked, revealed: [] }));
  const guess = make("input", { type: "text", "aria-label": "your guess", placeholder: "your guess", autocomplete: "off" });
  const button = make("button", { class: "wb-button", type: "button", text: "Show answer" });
  button.addEventListener("click", () => reveal(guess.value.trim()));
  guess.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the notebook would take letters for commands
    if (event.key === "Enter") reveal(guess.value.trim());
  });
  const ask = make("div", { class: "wb-try" }, guess, button);
  const box = make("div", { class: "wb-row" },
    make("label", { class: "wb-field" }, hide, make("span", { text: "Hide answers" })), ask);
  const show = (hidden, keptBack) => {
    hide.checked = hidden;
    ask.hidden = !keptBack;
    if (!keptBack) guess.value = "";
  };
  return { box, show };
}

function tableRows(model, numbers, groups, { place, moment, keptBack }) {
  return groups.map((group) => {
    const hidden = model.get("hide_answers") && !group.every((other) => model.get("revealed").includes(other));
    const [seeing, blind] = numbers.bits(moment, group);
    const sides = [0, 1].flatMap((side) => {
      const firsts = group.map((other) => numbers.best(moment, side, other)[0].text).join("");
      const known = group.map((other) => numbers.truth(moment, side, other));
      const rank = Math.max(...known.map((one) => one.rank));
      const chance = known.reduce((product, one) => product * one.chance, 1);
      return hidden ? ["–", "–", "–"] : [firsts, percent(chance), formatNumber(rank)];
    });
    const name = group.includes(place) && keptBack ? "?" : numbers.groupName(group);
    return [name, ...sides, bitsText(blind - seeing)];
  });
}

/** The view; made anew when another record is shown. */
const render = drawnAnew(RECORD, renderRecord);

function renderRecord({ model, el }) {
  const numbers = makeGuessNumbers(model);
  const boxes = model.get("boxes");
  const steps = model.get("steps");
  let told = "";
  let choosing = false;
  const keep = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    soon();
  };
  const choose = (place) => {
    told = "";
    const [isWord, row] = [numbers.isWord(place), numbers.places[place]];
    choosing = true; // between word and region the two say something else
    keep({ place, word: isWord ? row : -1, region: isWord ? -1 : numbers.regionOf(place) });
    choosing = false;
  };
  const reveal = (guess) => {
    const look = lookOf(model, numbers);
    const right = numbers.nameOf(look.place);
    if (guess) told = guess.toLowerCase() === right.toLowerCase() ? `You said “${guess}”, which is right.` : `You said “${guess}”.`;
    keep({ revealed: [...model.get("revealed"), ...numbers.together(look.place)] });
  };
  const hiddenRegions = numbers.places.map((_, place) => place).filter((place) => !numbers.isWord(place));

  const teaching = makeTeaching(keep, reveal);
  const sentence = make("p", { class: "wb-sentence", role: "status", "aria-live": "polite" });
  const where = make("p", { class: "wb-note wb-where" });
  const picture = make("canvas", { class: "wb-picture", role: "img" });
  const blanks = makeBlanks(numbers, choose);
  const regions = makeHiddenRegions(hiddenRegions, choose);
  const lists = makeGuessLists();
  const helps = makeHelpBars(choose);
  const course = makeCourse(steps, (moment) => keep({ step: steps[moment] }));
  const { button: tableButton, frame } = makeTableFrame("guesses as a table", () => soon());
  const part = (heading, ...more) => make("div", {}, make("h3", { class: "wb-heading", text: heading }), ...more);
  const regionPart = part("Hidden regions", regions.list);
  regionPart.hidden = !hiddenRegions.length;
  const wordPart = part("Sentence: choose a hidden word", blanks.list);
  const box = make("section", { class: "wb wb-guess", "aria-label": "guesses for what is hidden" },
    make("div", { class: "wb-row wb-spread" }, teaching.box, tableButton),
    make("div", { class: "wb-said" }, sentence, where),
    make("div", { class: "wb-guess-columns" },
      make("div", { class: "wb-guess-part" }, picture, wordPart, regionPart),
      make("div", { class: "wb-guess-part" }, lists.box, course.box, helps.box)),
    frame);
  if (!blanks.options.length) {
    wordPart.firstChild.textContent = "Sentence";
    blanks.list.removeAttribute("role");
    blanks.list.removeAttribute("aria-label");
  }
  el.replaceChildren(box);

  const image = new Image();
  const address = URL.createObjectURL(new Blob([model.get("picture")]));
  image.onload = () => soon();
  image.src = address;
  let theme = null;

  // between another record's arrival and its view, places may be those of the other one
  const current = () => model.get("places") === numbers.places && model.get("steps") === steps;

  function draw() {
    if (!box.isConnected || !current()) return;
    theme ??= themeAt(box);
    const room = picture.parentElement.clientWidth;
    const look = lookOf(model, numbers);
    const { place, moment, isWord, keptBack, conditions } = look;
    [0, 1].forEach((side) => box.style.setProperty(`--wb-side-${side}`, cssColour(seriesColour(side, theme.dark))));
    teaching.show(model.get("hide_answers"), keptBack);
    if (sentence.textContent !== look.said) sentence.textContent = look.said;
    const step = steps.length > 1 ? `Step ${formatNumber(steps[moment])}` : "";
    where.textContent = [told, step, keptBack ? "" : model.get("title")].filter(Boolean).join(" · ");
    drawPictureNow(look, room);
    drawBlanks(blanks, numbers, place, keptBack);
    drawHiddenRegions(regions, numbers, place, keptBack);
    lists.columns.forEach((column, side) => {
      const detected = model.get("kinds")[place] === "class" ? look.truth : "";
      const { rank, chance } = numbers.truth(moment, side, place);
      drawGuessList(column, {
        condition: conditions[side], guesses: keptBack ? null : look.best[side], truth: look.truth,
        rank: rankText(detected, rank, chance),
      });
    });
    const groups = numbers.groups.filter((group) => numbers.isWord(group[0]) === isWord);
    helps.box.hidden = keptBack;
    if (!keptBack) drawHelpBars(helps, numbers, { groups, moment, place, conditions, keptBack });
    const curves = [0, 1].map((side) => steps.map((_, at) => numbers.truth(at, side, place).chance));
    drawCourse(course, { steps, curves, moment, theme, keptBack });
    if (!frame.hidden) {
      const heads = conditions.flatMap((name) => [[`guess ${name}`, false], ["truth’s probability", true], ["truth’s rank", true]]);
      frame.replaceChildren(tableOf(`Every hidden ${isWord ? "word" : "region"}: the best guess, and how the truth fared`, [["hidden", false], ...heads, ["helps by, bits", true]], tableRows(model, numbers, groups, look)));
    }
  }

  function drawPictureNow({ place, isWord, keptBack, said }, room) {
    if (!image.naturalWidth) return;
    const [width, height] = fitInside(image.naturalWidth, image.naturalHeight, room, 380);
    const hidden = numbers.together(place).filter((other) => !numbers.isWord(other)).map(numbers.regionOf);
    drawGuessPicture(picture, image, { width, height, boxes, hidden, asked: isWord ? -1 : numbers.regionOf(place), keptBack, font: theme.font });
    picture.setAttribute("aria-label", `${keptBack ? "picture" : model.get("title") || "picture"}: ${said}`);
  }

  const soon = oncePerFrame(draw);
  picture.addEventListener("click", (event) => {
    const frameBox = picture.getBoundingClientRect();
    const region = pickBox(boxes, (event.clientX - frameBox.left) / frameBox.width, (event.clientY - frameBox.top) / frameBox.height);
    const found = hiddenRegions.find((place) => numbers.regionOf(place) === region);
    if (found !== undefined) choose(found);
  });
  // another explorer may choose a row; it is followed where it is hidden here
  const follow = () => {
    if (choosing || !current()) return;
    const [word, region] = [model.get("word"), model.get("region")];
    const row = region >= 0 ? numbers.words.length + region : word;
    const found = numbers.places.indexOf(row);
    if (found >= 0 && numbers.places[model.get("place")] !== row) keep({ place: found });
  };
  const dress = () => {
    theme = null;
    soon();
  };
  const unhear = hearTraits(model, [SHOWN, soon], [["word", "region"], follow]);
  const unfollow = followHost(box, dress);
  soon();
  return () => {
    unhear();
    unfollow();
    URL.revokeObjectURL(address);
  };
}

export default { render };
