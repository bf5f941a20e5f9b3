// The create page: counts while typing, keeps a draft, asks for the preview, and submits once.
// Without it the page works by its buttons alone.

import { language, say } from "./words.js";

const DRAFT = "mission-draft";
const PAUSE = 500;
const $ = (selector) => document.querySelector(selector);
const form = () => $("#mission-form");
const PLAIN = ["key", "seen", "shown_type", "template", "template_name", "with_items", "files"];

// ---- What is in the form, as a text, to see whether the preview still fits it.

const fields = () => [...new FormData(form())].filter(([name]) => !PLAIN.includes(name));
const snapshot = () => JSON.stringify(fields());
let shown = snapshot();   // what the preview on the page was made from
let asked = shown;        // what the preview that is on its way is made from
let timer = 0;
let changing = false;     // another type is on its way, with the fields that belong to it
let behind = false;       // something else was changed meanwhile

function refreshPreview() {
  clearTimeout(timer);
  timer = 0;
  if (changing) { behind = true; return; }   // it would replace that request
  asked = snapshot();
  if (tooLong()) return;
  htmx.trigger(form(), "preview");
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    timer = 0;
    keepDraft();
    if (snapshot() !== shown) refreshPreview();
  }, PAUSE);
}

// ---- The live count and the name that an empty name field would get.

function prompts() {
  const lines = $("#prompts").value.split("\n");
  if ($("#mode-blocks").checked) {
    const blocks = [[]];
    for (const line of lines) /^\s*-{3,}\s*$/.test(line) ? blocks.push([]) : blocks.at(-1).push(line);
    return blocks.map((block) => block.join("\n").trim()).filter(Boolean);
  }
  return lines.map((line) => line.trim()).filter(Boolean);
}

function count() {
  const found = prompts();
  say($("#prompt-count"), found.length);
  say($("#image-count"), form().querySelectorAll("[name=image]").length);
  const start = $("#mode-json").checked ? "" : (found[0] ?? "").replace(/\s+/g, " ");
  const name = $("#name");
  name.placeholder = !start ? name.dataset.placeholder
    : start.length > 40 ? `${start.slice(0, 39).trimEnd()}…` : start;
}

// One part of a form may have 16 MB; more would be refused before anybody could say why.
function tooLong() {
  const bytes = new Blob([$("#prompts").value]).size;
  if (bytes < 15_000_000) return false;
  tell(form().dataset.tooLong);
  return true;
}

function tell(text) {
  const notes = $("#prompt-notes");
  notes.replaceChildren(Object.assign(document.createElement("p"), { className: "problem", textContent: text }));
  notes.scrollIntoView({ block: "nearest" });
}

// ---- The draft: a copy in this browser, until the mission is made.

const made = () => document.cookie.match(/(?:^|; )made=([^;]*)/)?.[1];
const readDraft = () => { try { return JSON.parse(localStorage.getItem(DRAFT)); } catch { return null; } };

function keepDraft() {
  const kept = fields().filter(([, value]) => typeof value === "string");
  const typed = kept.some(([name, value]) => ["prompts", "image", "name", "description"].includes(name) && value.trim());
  const draft = { at: Date.now(), key: form().elements.key.value, fields: kept };
  try {
    if (typed) localStorage.setItem(DRAFT, JSON.stringify(draft));
  } catch { /* larger than the browser keeps: the page itself still has it */ }
}

function offerDraft() {
  const draft = readDraft();
  const box = $("#draft");
  if (!draft || draft.key === form().elements.key.value) return;
  if (draft.key === made()) { localStorage.removeItem(DRAFT); return; }
  if (JSON.stringify(draft.fields) === snapshot()) return;
  const time = new Date(draft.at).toLocaleString(language, { dateStyle: "short", timeStyle: "short" });
  const typed = Object.fromEntries(draft.fields);
  const start = (typed.prompts || typed.name || "").trim().split("\n")[0].slice(0, 60);
  const text = box.querySelector("[data-text]");
  text.textContent = text.dataset.text.replace("{time}", time).replace("{start}", start || "…");
  box.hidden = false;
  box.draft = draft;
}

async function restoreDraft(draft, key) {
  const body = new FormData();
  for (const [name, value] of draft.fields) body.append(name, value);
  body.append("key", key);
  const answer = await fetch("/missions/new", { method: "POST", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const restored = page.querySelector("#mission-form");
  if (!restored) return;
  form().replaceWith(restored);
  htmx.process(restored);
  $("#draft").hidden = true;
  arrive();
  keepDraft();
}

document.addEventListener("click", (event) => {
  const wish = event.target.closest("[data-draft]")?.dataset.draft;
  if (wish === "restore") {
    restoreDraft($("#draft").draft, form().elements.key.value).then(() => $("#prompts").focus());
  }
  if (wish === "discard") {
    localStorage.removeItem(DRAFT);
    $("#draft").hidden = true;
  }
});

// ---- Submitting: what is paid for is what is on the page.

let sent = false;
let waiting = null;   // the `seen` of the button that was pressed while the preview was behind

function mayLeave(button) {
  if (form().querySelector("[data-uploading]")) {
    $("#announce").textContent = form().dataset.waiting;
    tellImages(form().dataset.waiting);
    return false;
  }
  if (tooLong()) return false;
  if (snapshot() !== shown) {
    waiting = button.dataset.seen;
    refreshPreview();
    return false;
  }
  return true;
}

function tellImages(text) {
  $("#image-notes").replaceChildren(
    Object.assign(document.createElement("p"), { className: "problem", textContent: text }));
}

function ask(question, yes) {
  const dialog = $("#confirm");
  $("#confirm-text").textContent = question;
  $("#confirm-yes").textContent = yes;
  $("#confirm-yes").classList.remove("danger");
  dialog.returnValue = "";
  dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") go(); }, { once: true });
  dialog.showModal();
}

function go() {
  if (sent) return;
  keepDraft();
  press(true);
  form().submit();
  // Somebody may stop a page that takes too long; the key keeps a second press harmless.
  setTimeout(() => press(false), 15_000);
}

function press(down) {
  sent = down;
  $("#start").classList.toggle("off", down);
  $("#start").ariaDisabled = String(down);
}

function submit(button) {
  if (sent || $("dialog[open]")) return;
  if (!mayLeave(button)) return;
  if ("ask" in button.dataset) ask(button.dataset.question, button.dataset.yes);
  else go();
}

document.addEventListener("submit", (event) => {
  if (event.target !== form() || event.defaultPrevented) return;
  const button = event.submitter;
  if (!button || "harmless" in button.dataset) {   // Enter in a field
    event.preventDefault();
    refreshPreview();
  } else if ("submit" in button.dataset) {
    event.preventDefault();
    submit(button);
  }
});

document.addEventListener("keydown", (event) => {
  // While a Chinese input method is composing, Enter belongs to it (229 is what Safari sends).
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.closest?.("#mission-form")) return;
  event.preventDefault();
  submit($("#start"));
});

// The page came back from the browser's memory: the button works again.
addEventListener("pageshow", (event) => { if (event.persisted) press(false); });

// ---- Wiring.

document.addEventListener("input", changed);
document.addEventListener("change", changed);

function changed(event) {
  if (!event.target.closest?.("#mission-form") || event.target.closest("#save-template")) return;
  count();
  if (event.target.name === "task_type") {
    changing = true;
    clearTimeout(timer);
    timer = 0;
    return;
  }
  behind ||= changing;
  later();
}

addEventListener("pagehide", () => { if (timer && !sent) keepDraft(); });

document.addEventListener("htmx:after:swap", (event) => {
  const source = event.detail.ctx.sourceElement;
  if (source === form()) {
    shown = asked;
    shortcut();
    if (waiting !== null) caughtUp();
  } else if (source?.id === "types") {
    changing = false;
    arrive();
    keepDraft();
    if (behind) refreshPreview();
    behind = false;
  }
});

// The button was pressed before its preview was there: go on if nothing else came out, else ask.
function caughtUp() {
  const before = waiting;
  const button = $("#start");
  waiting = null;
  if (!button.dataset.seen) { go(); return; }   // the answer says at each field what does not fit
  if (button.dataset.seen === before && !("ask" in button.dataset)) go();
  else ask(`${form().dataset.changed} ${button.dataset.question}`, button.dataset.yes);
}

for (const name of ["htmx:error", "htmx:response:error"])
  document.addEventListener(name, () => { waiting = null; changing = false; });

function shortcut() {
  const mark = $("[data-shortcut]");
  if (!mark || !matchMedia("(pointer: fine)").matches) return;
  mark.textContent = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ ⏎" : "Ctrl ⏎";
  mark.hidden = false;
}

function arrive() {
  shown = snapshot();
  count();
  shortcut();
}

// After Back the browser asks for a new form and puts only the texts back. The draft has all of it,
// and its key: the same form is the same mission, however often the button is pressed.
async function valuesPutBack() {
  const draft = readDraft();
  const [visit] = performance.getEntriesByType("navigation");
  const typed = draft && Object.fromEntries(draft.fields).prompts;
  if (visit?.type === "back_forward" && typed && sameText(typed, $("#prompts").value)) {
    await restoreDraft(draft, draft.key);
    return;
  }
  offerDraft();
  const type = form().querySelector("[name=task_type]:checked");
  if (type.value !== form().elements.shown_type.value) {
    type.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (snapshot() !== shown) {
    count();
    refreshPreview();
  }
}

const sameText = (one, other) => one.replaceAll("\r\n", "\n") === other.replaceAll("\r\n", "\n");

arrive();
$("[data-focus]")?.focus();
if (document.readyState === "complete") setTimeout(valuesPutBack);
else addEventListener("load", () => setTimeout(valuesPutBack));
