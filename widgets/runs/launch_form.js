// Choose what to pre-train, see what is wrong with it and what it costs, start it, steer the runs.
import { formatNumber } from "../core/curves.js";
import { makeCopyable } from "../parts/copyable.js";
import { make, oncePerFrame } from "../parts/dom.js";
import { labelled, makeEntry, makeSelect, say, setChoices, showEntry, showFaults } from "../parts/fields.js";
import { makeObjectives, showObjectives } from "../parts/objective_fields.js";
import { makeRunList, showRuns } from "../parts/run_list.js";

const PATIENCE = 200; // milliseconds without a key before the choice is looked at
const NUMBERS = [
  ["steps", "Steps", "numeric"], ["budget", "Rows a step", "numeric"], ["learning_rate", "Learning rate", "decimal"],
  ["shards", "Pieces of a batch", "numeric"], ["threads", "Threads", "numeric"], ["readers", "Readers", "numeric"],
  ["pictures", "Pictures", "numeric"], ["seed", "Seed", "numeric"],
];
const PLAIN = 3; // of the numbers stand in sight, the others under "More"
const OWN = "own folder"; // stands for data that has no name here
const TITLES = { system: "System", size: "Size", data: "Data", folder: "Folder", precision: "Precision", engine: "Engine", objectives: "Objectives", fast: "Fast" };

/** The controls; `choose(changes)` is called with what somebody changed. */
function makeFields(options, choose) {
  const suits = { objectives: null, steps: null, budget: null, learning_rate: null, threads: null };
  const sizes = (name) => options.systems.find((system) => system.name === name).sizes;
  const system = labelled("System", makeSelect(options.systems.map(({ name, title }) => [name, title]), (name) =>
    choose((choice) => ({ system: name, size: sizes(name).includes(choice.size) ? choice.size : sizes(name)[0], ...suits }))));
  const size = labelled("Size", makeSelect([], (value) => choose(() => ({ size: value, ...suits }))));
  const known = options.data.map(({ name, ready }) => [name, ready ? name : `${name} (not prepared)`]);
  const data = labelled("Data", makeSelect([...known, [OWN, "a folder of my own …"]], (value) =>
    choose(() => ({ data: value === OWN ? "" : value, ...suits }))));
  const folder = labelled("Folder", makeEntry((value) => choose(() => ({ data: value === null ? "" : String(value) }))));
  const numbers = NUMBERS.map(([name, label, inputmode]) =>
    [name, labelled(label, makeEntry((value) => choose(() => ({ [name]: value })), { inputmode }))]);
  const precision = labelled("Precision", makeSelect(options.precisions.map((name) => [name, name]), (value) => choose(() => ({ precision: value }))));
  const place = makeEntry((value) => choose((choice) => ({ engine: `${kindOf(choice.engine)}:${value ?? ""}` })), { "aria-label": "how many processes, or the address" });
  const kinds = options.engines.map(({ name }) => kindOf(name));
  const first = (kind) => options.engines.find(({ name }) => kindOf(name) === kind).name.replace(/:[A-Z]+$/, ":");
  const engine = labelled("Engine", makeSelect(kinds.map((kind) => [kind, kind]), (kind) => choose(() => ({ engine: first(kind) }))), place);
  const fast = make("input", { type: "checkbox" });
  fast.addEventListener("change", () => choose(() => ({ fast: fast.checked })));
  const objectives = makeObjectives((ratios) => choose(() => ({ objectives: ratios })));
  return { system, size, data, folder, ...Object.fromEntries(numbers), precision, engine, place, fast, objectives };
}

function kindOf(engine) {
  return String(engine).split(":")[0];
}

/** Show a choice, and what was said of it, in the controls. */
function showFields(fields, options, choice, seen) {
  const settled = seen.settled || {};
  const system = options.systems.find((offer) => offer.name === choice.system) || options.systems[0];
  const faults = (name) => (seen.problems || []).filter((found) => found.field.split(".")[0] === name).map((found) => found.message);
  setChoices(fields.size.control, system.sizes.map((size) => [size, size]));
  const data = options.data.find(({ name }) => name === choice.data);
  const engine = options.engines.find(({ name }) => kindOf(name) === kindOf(choice.engine));
  fields.system.control.value = system.name;
  fields.size.control.value = choice.size;
  fields.data.control.value = data ? choice.data : OWN;
  fields.precision.control.value = choice.precision;
  fields.engine.control.value = kindOf(choice.engine);
  fields.fast.checked = Boolean(choice.fast);
  say(fields.system.note, system.says || "");
  say(fields.data.note, data ? data.says || "" : "");
  say(fields.engine.note, engine ? engine.says || "" : "");
  fields.folder.box.hidden = Boolean(data);
  if (!data) showEntry(fields.folder.control, choice.data);
  fields.place.hidden = !engine || !engine.free;
  fields.place.placeholder = engine && engine.free ? engine.name.split(":").slice(1).join(":") : "";
  const where = String(choice.engine).split(":").slice(1).join(":");
  if (fields.place.value.trim() !== where) fields.place.value = where;
  for (const [name] of NUMBERS) {
    const usual = settled[name];
    fields[name].control.placeholder = usual === null || usual === undefined ? "as suits" : formatNumber(usual);
    showEntry(fields[name].control, choice[name] ?? null);
    showFaults(fields[name], faults(name));
  }
  for (const name of ["system", "size", "data", "precision", "engine"]) showFaults(fields[name], faults(name));
  const usual = Object.fromEntries(system.objectives.map((goal) => [goal.name, goal.ratio]));
  showObjectives(fields.objectives, system, choice.objectives || settled.objectives || usual, faults("objectives"));
}

function render({ model, el }) {
  const options = model.get("options");
  // What is being typed is kept here until it is sent: an answer of the kernel to what was sent
  // before would otherwise take it back.
  let draft = null;
  let waiting = null;
  const chosen = () => draft ?? model.get("choice");
  const send = () => {
    const sent = draft;
    waiting = null;
    model.set("choice", sent);
    model.set("revision", model.get("revision") + 1);
    model.save_changes();
    draft = sent;
    soon();
  };
  const choose = (change) => {
    draft = { ...chosen(), ...change(chosen()) };
    clearTimeout(waiting);
    waiting = setTimeout(send, PATIENCE);
    soon();
  };
  const replaced = () => {
    clearTimeout(waiting);
    draft = waiting = null;
    soon();
  };
  const fields = makeFields(options, choose);
  const numbers = NUMBERS.map(([name]) => fields[name].box);
  const said = make("p", { class: "wb-note wb-said-last", role: "status", "aria-live": "polite" });
  const problem = make("p", { class: "wb-fault wb-alert", role: "alert", hidden: true });
  const reason = make("span", { class: "wb-note", id: `${fields.fast.id || fields.system.control.id}-reason` });
  const start = make("button", { class: "wb-button wb-start", type: "button", text: "Start", "aria-describedby": reason.id });
  const figures = make("ul", { class: "wb-figures", role: "list", "aria-label": "estimate" });
  const notes = make("ul", { class: "wb-notes", hidden: true });
  const command = makeCopyable("Command line", (words) => say(said, words));
  const cell = makeCopyable("Python cell", (words) => say(said, words));
  const runs = makeRunList({
    tick: (folder, on) => {
      const others = model.get("shown").filter((one) => one !== folder);
      model.set("shown", on ? [...others, folder] : others);
      model.save_changes();
      soon();
    },
    ask: (folder, verb, amount) => model.send({ request: "ask", folder, verb, amount }),
  });
  start.addEventListener("click", () => {
    if (start.getAttribute("aria-disabled") === "true") return;
    model.send({ request: "start", choice: chosen() });
  });
  const form = make("fieldset", { class: "wb-form" }, make("legend", { class: "wb-title", text: "Pre-train" }),
    make("div", { class: "wb-form-columns" },
      make("div", { class: "wb-stack" },
        make("div", { class: "wb-pair wb-wide-first" }, fields.system.box, fields.size.box), fields.data.box, fields.folder.box, fields.objectives.box),
      make("div", { class: "wb-stack" },
        make("div", { class: "wb-pair" }, ...numbers.slice(0, PLAIN), fields.precision.box), fields.engine.box,
        make("label", { class: "wb-field" }, fields.fast, make("span", { text: "Fast: the smallest that still learns" })),
        make("details", { class: "wb-more" }, make("summary", { text: "More" }), make("div", { class: "wb-pair" }, ...numbers.slice(PLAIN))))));
  const costs = make("div", { class: "wb-costs" }, figures, notes, make("div", { class: "wb-row" }, start, reason));
  const box = make("section", { class: "wb wb-launch", "aria-label": "start and steer runs" },
    form, costs, problem, said, make("div", { class: "wb-copies" }, command.box, cell.box), runs.box);
  el.replaceChildren(box);

  function draw() {
    const live = model.get("live");
    const seen = model.get("seen");
    const faults = seen.problems || [];
    const checking = live && (waiting !== null || seen.revision !== model.get("revision"));
    form.disabled = !live;
    showFields(fields, options, chosen(), seen);
    showFigures(figures, notes, seen);
    costs.classList.toggle("wb-checking", checking);
    const general = faults.filter(({ field }) => !(field.split(".")[0] in fields)).map(({ message }) => message);
    const named = [...new Set(faults.map(({ field }) => field.split(".")[0]).filter((field) => field in fields))];
    const labels = named.map((name) => TITLES[name] || NUMBERS.find(([key]) => key === name)[1]);
    const why = [...general, ...(labels.length ? [`To be mended: ${labels.join(", ")}.`] : [])].join(" ");
    start.setAttribute("aria-disabled", String(checking || faults.length > 0 || model.get("starting")));
    start.hidden = !live;
    const idle = live ? "" : "A saved picture of the form: runs are started from a notebook.";
    say(reason, model.get("starting") ? "Starting …" : checking ? "Looking …" : why || idle);
    reason.classList.toggle("wb-fault", !checking && why !== "");
    say(problem, model.get("problem"));
    command.text.textContent = seen.command || "";
    cell.text.textContent = seen.cell || "";
    command.box.parentElement.hidden = !seen.command;
    showRuns(runs, model.get("runs"), model.get("shown"), live);
  }

  const soon = oncePerFrame(draw);
  const tell = () => say(said, model.get("said"));
  const watched = ["seen", "runs", "shown", "starting", "problem"].map((name) => `change:${name}`);
  watched.forEach((event) => model.on(event, soon));
  model.on("change:choice", replaced);
  model.on("change:said", tell);
  tell();
  draw();
  return () => {
    clearTimeout(waiting);
    watched.forEach((event) => model.off(event, soon));
    model.off("change:choice", replaced);
    model.off("change:said", tell);
  };
}

function showFigures(figures, notes, seen) {
  const cells = (seen.figures || []).map(([label, text]) =>
    make("li", {}, make("span", { class: "wb-note", text: label }), make("strong", { text })));
  figures.replaceChildren(...cells);
  figures.hidden = cells.length === 0;
  const said = [...(seen.estimate && seen.estimate.says ? [seen.estimate.says] : []), ...(seen.notes || [])];
  notes.replaceChildren(...said.map((text) => make("li", { text })));
  notes.hidden = said.length === 0;
}

export default { render };
