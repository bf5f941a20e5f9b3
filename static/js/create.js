// The create page: counts while typing, keeps a draft, asks for the preview, and submits once.
// Without it the page works by its buttons alone.

import { count } from "./counting.js";
import { dropDraft, offerDraft, readDraft, writeDraft } from "./draft.js";

const PAUSE = 500;
const AGAIN_MS = 5000;
const PATIENCE_MS = 15_000;
const BYTES_A_MS = 4;   // the slowest line for which the server waits
const $ = (selector) => document.querySelector(selector);
const form = () => $("#mission-form");
const PLAIN = ["key", "seen", "confirmed", "shown_type", "template", "template_name", "with_items", "files"];

// ---- What is in the form, as a text, to see whether the preview still fits it.

const fields = () => [...new FormData(form())].filter(([name]) => !PLAIN.includes(name));
const snapshot = () => JSON.stringify(fields());
let shown = snapshot();   // what the preview on the page was made from
let asked = shown;        // what the preview that is on its way is made from
let timer = 0;
let changing = false;     // another type is on its way, with the fields that belong to it
let behind = false;       // something else was changed meanwhile
let onItsWay = null;      // the preview that was asked for last, until its answer is there

function refreshPreview() {
  clearTimeout(timer);
  timer = 0;
  if (changing) { behind = true; return; }   // it would replace that request
  if (onItsWay && asked === snapshot()) return;   // asked anew, a long one would never get through
  asked = snapshot();
  if (tooLong()) return;
  htmx.trigger(form(), "preview");
}

function later(pause = PAUSE) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    timer = 0;
    keepDraft();
    if (snapshot() !== shown) refreshPreview();
  }, pause);
}

// ---- How much there is.

// One part of a form may have 16 MB; more would be refused before anybody could say why.
const bytes = () => new Blob([$("#prompts").value]).size;

function tooLong() {
  if (bytes() < 15_000_000) return false;
  tell(form().dataset.tooLong);
  return true;
}

// What the box holds has to get there first: seconds on a good line, minutes on a slow one.
const patience = () => PATIENCE_MS + bytes() / BYTES_A_MS;

function tell(text) {
  const notes = $("#prompt-notes");
  notes.replaceChildren(Object.assign(document.createElement("p"), { className: "problem", textContent: text }));
  notes.scrollIntoView({ block: "nearest" });
}

// ---- The draft.

const keepDraft = () => writeDraft(form().elements.key.value, fields());

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
    dropDraft();
    $("#draft").hidden = true;
  }
});

// ---- Submitting: what is paid for is what is on the page.

let sent = false;
let waiting = null;   // the `seen` of the button that was pressed while the preview was behind

function mayLeave(button) {
  if (uploading() || tooLong()) return false;
  if (snapshot() !== shown) {
    waiting = button.dataset.seen;
    $("#behind").hidden = false;
    refreshPreview();
    return false;
  }
  return true;
}

// To leave the page now would end the uploads.
function uploading() {
  if (!form().querySelector("[data-uploading]")) return false;
  const text = form().dataset.waiting;
  const place = $("#images").hidden ? $("#trouble") : $("#image-notes");
  $("#announce").textContent = text;
  place.replaceChildren(
    Object.assign(document.createElement("p"), { className: "problem", textContent: text }));
  place.scrollIntoView({ block: "nearest" });
  return true;
}

// The server asks about many items too: with `confirmed` it knows that they were asked about here.
function ask(question, yes) {
  const dialog = $("#confirm");
  $("#confirm-text").textContent = question;
  $("#confirm-yes").textContent = yes;
  $("#confirm-yes").classList.remove("danger");
  dialog.returnValue = "";
  const { seen } = $("#start").dataset;
  dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") go(seen); }, { once: true });
  dialog.showModal();
}

function go(confirmed = "") {
  if (sent) return;
  keepDraft();
  press(true);
  form().querySelector("input[name=confirmed]")?.remove();
  form().append(Object.assign(document.createElement("input"),
    { type: "hidden", name: "confirmed", value: confirmed }));
  form().submit();
  // Somebody may stop a page that takes too long; the key keeps a second press harmless.
  setTimeout(() => press(false), patience());
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
  else go(button.value);
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
  } else if (button.name === "load" && uploading()) {
    event.preventDefault();
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

document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement.closest?.("#mission-form")) return;
  // A template with images is to have all of them.
  if (ctx.sourceElement.closest("#save-template") && ctx.request.body.get("with_items") && uploading()) {
    event.preventDefault();
    return;
  }
  ctx.request.timeout = patience();
  if (ctx.sourceElement === form()) onItsWay = ctx;
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx === onItsWay) onItsWay = null;
});

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
  document.addEventListener(name, (event) => {
    waiting = null;
    changing = false;
    $("#behind").hidden = true;
    if (name === "htmx:error" && event.detail.ctx?.sourceElement === form()) later(AGAIN_MS);
  });

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
  offerDraft($("#draft"), form().elements.key.value, fields());
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
