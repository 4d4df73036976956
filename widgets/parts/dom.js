// Building pages: elements, keyboard lists, sharp canvases, the host's colours.
import { luminance } from "../core/colour.js";

const KEYED = ["button", "select", "summary"]; // and whatever has a tabindex or is ticked or slid

/**
 * An element; strings are set as text and never read as markup.  Keys pressed on controls are theirs:
 * JupyterLab would take a letter on a button for a command to the notebook.
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (KEYED.includes(tag) || "tabindex" in attributes || ["checkbox", "radio", "range"].includes(attributes.type)) {
    element.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

let named = 0;

/** A name no other element of the page has. */
export function freshName(stem) {
  named += 1;
  return `${stem}-${Math.random().toString(36).slice(2, 8)}-${named}`;
}

/** Give a canvas real pixels for its size on the page, and a pen that draws in page units. */
export function sharpen(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

/** Many calls before the next frame are one call in it. */
export function oncePerFrame(draw) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
}

/**
 * A list with one tab stop: arrows, Home and End move along the options and call `choose(index)`;
 * Enter and Space call `press(index)`, which is the same unless given.
 */
export function rovingList(list, options, choose, press = choose) {
  list.addEventListener("keydown", (event) => {
    const shown = options.filter((option) => !option.hidden);
    const place = shown.indexOf(document.activeElement);
    if (place < 0) return;
    const next = {
      ArrowRight: place + 1, ArrowDown: place + 1, ArrowLeft: place - 1, ArrowUp: place - 1,
      Home: 0, End: shown.length - 1, Enter: place, " ": place,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const option = shown[Math.min(shown.length - 1, Math.max(0, next))];
    option.focus();
    const call = event.key === "Enter" || event.key === " " ? press : choose;
    call(options.indexOf(option));
  });
}

/** Make exactly one option the tab stop. */
export function setTabStop(options, index) {
  options.forEach((option, place) => option.setAttribute("tabindex", place === index ? "0" : "-1"));
}

/** The colours in force at an element, as canvas understands them, and whether the paper is dark. */
export function themeAt(element) {
  const probe = make("span");
  element.append(probe);
  const read = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const pen = make("canvas", { width: 1, height: 1 }).getContext("2d");
  const theme = {};
  for (const name of ["ink", "quiet", "line", "surface", "edge", "focus"]) theme[name] = read(`--wb-${name}`);
  pen.fillStyle = theme.surface;
  pen.fillRect(0, 0, 1, 1);
  theme.dark = luminance(Array.from(pen.getImageData(0, 0, 1, 1).data.slice(0, 3))) < 0.3;
  theme.font = getComputedStyle(element).fontFamily;
  probe.remove();
  return theme;
}

/** Call back when the host turns dark or light; answers how to stop. */
export function watchTheme(callback) {
  const soon = oncePerFrame(callback);
  const observer = new MutationObserver(soon);
  for (const host of [document.documentElement, document.body]) {
    observer.observe(host, { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-name", "data-theme"] });
  }
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", soon);
  return () => {
    observer.disconnect();
    media.removeEventListener("change", soon);
  };
}

/** A table of text: `columns` are [heading, isNumber]. */
export function tableOf(caption, columns, rows) {
  const cell = (tag, text, number, scope) =>
    make(tag, { text, class: number ? "wb-number" : null, scope });
  const head = make("tr", {}, ...columns.map(([name, number]) => cell("th", name, number, "col")));
  const body = rows.map((row) =>
    make("tr", {}, ...row.map((text, i) => cell(i === 0 ? "th" : "td", text, columns[i][1], i === 0 ? "row" : null))));
  return make("table", { class: "wb-table" },
    make("caption", { text: caption }), make("thead", {}, head), make("tbody", {}, ...body));
}
