// The live counts of the create form, and the name that an empty name field would get.

import { say } from "./words.js";

const $ = (selector) => document.querySelector(selector);

function prompts() {
  const lines = $("#prompts").value.split("\n");
  if ($("#mode-blocks").checked) {
    const blocks = [[]];
    for (const line of lines) /^\s*-{3,}\s*$/.test(line) ? blocks.push([]) : blocks.at(-1).push(line);
    return blocks.map((block) => block.join("\n").trim()).filter(Boolean);
  }
  return lines.map((line) => line.trim()).filter(Boolean);
}

export function count() {
  const found = prompts();
  say($("#prompt-count"), found.length);
  const addresses = $("#image_urls").value.split(/\s+/).filter(Boolean);
  say($("#image-count"), $("#thumbs").querySelectorAll("[name=image]").length + addresses.length);
  const start = $("#mode-json").checked ? "" : (found[0] ?? "").replace(/\s+/g, " ");
  const name = $("#name");
  name.placeholder = !start ? name.dataset.placeholder
    : start.length > 40 ? `${start.slice(0, 39).trimEnd()}…` : start;
}
