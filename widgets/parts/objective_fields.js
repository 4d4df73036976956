// The objectives of a system: a ratio each, and the share of the whole that it comes to.
import { freshName, make } from "./dom.js";
import { makeEntry, say, showEntry } from "./fields.js";

/** A group of ratios; `change(ratios)` is called with all of them. */
export function makeObjectives(change) {
  const stem = freshName("wb-objectives");
  const note = make("p", { class: "wb-note wb-field-note", id: `${stem}-note` });
  const problem = make("p", { class: "wb-fault", id: `${stem}-fault`, hidden: true });
  const rows = make("div", { class: "wb-objectives" });
  const box = make("fieldset", { class: "wb-group", "aria-describedby": `${stem}-note ${stem}-fault` },
    make("legend", { text: "Objectives and their ratios" }), note, rows, problem);
  return { box, note, problem, rows, lines: new Map(), stem, change };
}

/** Show the objectives of a system with their ratios (by name, a missing one is 0) and problems. */
export function showObjectives(group, system, ratios, messages) {
  const names = system.objectives.map((goal) => goal.name);
  if (names.join() !== Array.from(group.lines.keys()).join()) makeLines(group, system);
  group.ratios = Object.fromEntries(names.map((name) => [name, ratios[name] ?? 0]));
  const counted = names.map((name) => Math.max(0, Number(group.ratios[name]) || 0));
  const whole = counted.reduce((sum, ratio) => sum + ratio, 0);
  // the ratios that a message names are meant, or else all of them
  const quoted = names.filter((name) => messages.some((message) => message.includes(`'${name}'`)));
  const faulty = quoted.length || !messages.length ? quoted : names;
  names.forEach((name, place) => {
    const line = group.lines.get(name);
    showEntry(line.entry, group.ratios[name]);
    const share = whole > 0 ? counted[place] / whole : 0;
    line.bar.style.transform = `scaleX(${share})`;
    line.box.classList.toggle("wb-left-out", share === 0);
    if (faulty.includes(name)) line.entry.setAttribute("aria-invalid", "true");
    else line.entry.removeAttribute("aria-invalid");
  });
  say(group.note, system.mixing || "");
  say(group.problem, messages.join(" "));
}

function makeLines(group, system) {
  group.lines = new Map(system.objectives.map((goal) => {
    const name = `${group.stem}-${goal.name}`;
    const entry = makeEntry((value) => {
      group.ratios = { ...group.ratios, [goal.name]: value ?? 0 }; // before the next frame shows them
      group.change(group.ratios);
    }, {
      id: name, inputmode: "decimal", "aria-describedby": `${name}-says ${group.stem}-fault`,
    });
    const bar = make("span", { class: "wb-share" });
    const box = make("div", { class: "wb-objective" },
      make("label", { for: name, text: goal.title }), entry,
      make("span", { class: "wb-share-frame", "aria-hidden": "true" }, bar),
      make("span", { class: "wb-note", id: `${name}-says`, text: goal.says }));
    return [goal.name, { entry, bar, box }];
  }));
  group.rows.replaceChildren(...Array.from(group.lines.values(), (line) => line.box));
}
