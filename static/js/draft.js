// The draft of a mission: a copy of the form in this browser, until the mission is made.

import { language } from "./words.js";

const DRAFT = "mission-draft";
const TYPED = ["prompts", "image", "image_urls", "name", "description"];

const made = () => document.cookie.match(/(?:^|; )made=([^;]*)/)?.[1];

export const readDraft = () => { try { return JSON.parse(localStorage.getItem(DRAFT)); } catch { return null; } };
export const dropDraft = () => localStorage.removeItem(DRAFT);

export function writeDraft(key, fields) {
  const kept = fields.filter(([, value]) => typeof value === "string");
  if (!kept.some(([name, value]) => TYPED.includes(name) && value.trim())) return;
  try {
    localStorage.setItem(DRAFT, JSON.stringify({ at: Date.now(), key, fields: kept }));
  } catch { /* larger than the browser keeps: the page itself still has it */ }
}

// Show the box that offers a draft, unless it is this very form or its mission was made.
export function offerDraft(box, key, fields) {
  const draft = readDraft();
  if (!draft || draft.key === key) return;
  if (draft.key === made()) return dropDraft();
  if (JSON.stringify(draft.fields) === JSON.stringify(fields)) return;
  const time = new Date(draft.at).toLocaleString(language, { dateStyle: "short", timeStyle: "short" });
  const typed = Object.fromEntries(draft.fields);
  const start = (typed.prompts || typed.name || "").trim().split("\n")[0].slice(0, 60);
  const text = box.querySelector("[data-text]");
  text.textContent = text.dataset.text.replace("{time}", time).replace("{start}", start || "…");
  box.hidden = false;
  box.draft = draft;
}
