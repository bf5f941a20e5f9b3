// What every page needs beyond htmx 4: when polls rest, questions before money is spent, notices.
// Everything here is an addition: without it each action is still a plain form or link.

const $ = (selector) => document.querySelector(selector);

// ---- Polls rest while nobody can see their result, and slow down when nobody is there.

const IDLE_AFTER = 180_000;
const IDLE_PACE = 30_000;
let lastTouch = Date.now();
let lastIdlePoll = 0;

for (const name of ["pointermove", "pointerdown", "keydown", "scroll"])
  addEventListener(name, () => { lastTouch = Date.now(); }, { passive: true });

function mayPoll(element) {
  const open = $("dialog[open]");
  if (document.hidden || (open && !open.contains(element))) return false;
  if (Date.now() - lastTouch < IDLE_AFTER) return true;
  if (Date.now() - lastIdlePoll < IDLE_PACE) return false;
  lastIdlePoll = Date.now();
  return true;
}

document.addEventListener("htmx:config:request", (event) => {
  const { sourceEvent, sourceElement } = event.detail.ctx;
  if (sourceEvent?.type === "every" && !mayPoll(sourceElement)) event.preventDefault();
});

// A poll that was on its way when a filter changed must not bring the old filter back.
document.addEventListener("htmx:before:swap", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (!sourceElement?.matches?.("[data-poll]") || request.method !== "GET") return;
  const now = new URL(sourceElement.getAttribute("hx-get"), location.href);
  if (request.action !== now.pathname + now.search) event.preventDefault();
});

const refresh = () =>
  document.querySelectorAll("[data-poll]").forEach((element) => htmx.trigger(element, "refresh"));

document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
document.addEventListener("close", (event) => {
  if (event.target.matches("dialog.lightbox")) refresh();
}, true);

// ---- A question before anything that costs or deletes: hx-confirm in a native dialog.

document.addEventListener("htmx:confirm", (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  const dialog = $("#confirm");
  event.preventDefault();
  const asked = ctx.sourceElement.dataset;
  $("#confirm-text").textContent = ctx.confirm.replace("{n}", $("#picked")?.dataset.count);
  $("#confirm-yes").textContent = asked.yes || dialog.dataset.yes;
  $("#confirm-yes").classList.toggle("danger", "danger" in asked);
  dialog.returnValue = "";
  dialog.addEventListener("close", () => {
    (dialog.returnValue === "yes" ? issueRequest : dropRequest)();
  }, { once: true });
  dialog.showModal();
});

document.addEventListener("click", (event) => {
  if (event.target.matches("dialog")) event.target.close();  // on the backdrop
  for (const menu of document.querySelectorAll("details[data-menu][open]"))
    if (!menu.contains(event.target)) menu.open = false;
});

// ---- Notices: successes leave by themselves, troubles stay until they are closed or over.

const isPoll = (ctx) => ctx.sourceElement?.matches?.("[data-poll]") && ctx.request?.method === "GET";

// Around a dialog nothing can be pressed or is read out, and it may cover all: the trouble goes inside.
function placeTrouble() {
  const box = $("#trouble-box");
  const home = [...document.querySelectorAll("dialog[open]")].pop() ?? document.body;
  if (box.parentElement !== home) home.append(box);
  return $("#trouble");
}

document.addEventListener("close", placeTrouble, true);

// What a poll could not do is over with the next one that can; what a person did stays until it is read.
function showTrouble(text, ofPoll = false) {
  const words = placeTrouble();
  if (ofPoll && words.childElementCount && !("pollFailed" in words.dataset)) return;
  words.toggleAttribute("data-poll-failed", ofPoll);
  if (text === words.textContent) return;
  words.replaceChildren();
  if (text) words.append(Object.assign(document.createElement("p"), { textContent: text }));
}

function retireNotice() {
  const notice = $("[data-toast] > p");
  if (!notice || notice.dataset.retiring) return;
  notice.dataset.retiring = "1";
  const leave = () => notice.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : notice.remove();
  setTimeout(leave, 6000);
}

document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  // The sentence of a refusal comes with its answer.
  if (ctx.response.status >= 500) showTrouble(document.body.dataset.failed, isPoll(ctx));
  else placeTrouble().toggleAttribute("data-poll-failed", isPoll(ctx));
});
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx) return;
  const said = isPoll(ctx) ? "offline" : ctx.request?.method === "GET" ? "unheard" : "undone";
  // A form that only looks, or asks again by itself, says so.
  showTrouble(document.body.dataset[ctx.sourceElement?.dataset?.unanswered ?? said], isPoll(ctx));
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-hush]")) return;
  showTrouble("");
  $("#page").focus({ preventScroll: true });
});

// ---- While a part of the page is fetched anew, it says so.

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!isPoll(ctx) && ctx.target?.id && ctx.swap !== "none") ctx.target.ariaBusy = "true";
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!isPoll(ctx) && ctx.target?.id) document.getElementById(ctx.target.id)?.removeAttribute("aria-busy");
});

// ---- An outer swap puts the blanks around its element into the page too, with every poll anew.

document.addEventListener("htmx:before:swap", (event) => {
  for (const { fragment, swapSpec } of event.detail.tasks) {
    if (!(swapSpec.style ?? swapSpec).startsWith("outer")) continue;
    for (const node of [...fragment.childNodes])
      if (node.nodeType === Node.TEXT_NODE && !node.data.trim()) node.remove();
  }
});

// ---- After each swap: tell milestones to screen readers, once; reset what was done.

function announce() {
  const source = $("[data-milestone]");
  const target = $("#announce");
  if (!source || target.dataset.milestone === source.dataset.milestone) return;
  if (target.dataset.milestone) target.textContent = source.dataset.say;
  target.dataset.milestone = source.dataset.milestone;
}

document.addEventListener("htmx:after:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.response?.status < 400 && (!isPoll(ctx) || "pollFailed" in $("#trouble").dataset)) showTrouble("");
  if (ctx.sourceElement?.matches?.("[data-clears]")) $(ctx.sourceElement.dataset.clears)?.reset();
  announce();
  retireNotice();
});

// ---- The theme changes in place, so that nothing that was typed is lost.

document.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-theme-switch]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  const answer = await fetch(event.target.action, { method: "POST", body }).catch(() => null);
  if (!answer?.ok) return showTrouble(document.body.dataset.unheard);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.documentElement.dataset.theme = page.documentElement.dataset.theme;
  const place = [...document.querySelectorAll("[data-theme-switch]")].indexOf(event.target);
  const button = [...event.target.elements].indexOf(event.submitter);
  const fresh = page.querySelectorAll("[data-theme-switch]");
  document.querySelectorAll("[data-theme-switch]").forEach((form, i) => fresh[i] && form.replaceWith(fresh[i]));
  fresh[place]?.elements[button]?.focus();
});

// ---- Copy buttons.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = $(button.dataset.copy);
  // Browsers give the clipboard to https and to this machine only; elsewhere the text is marked.
  if (!navigator.clipboard) return getSelection().selectAllChildren(source);
  await navigator.clipboard.writeText(source.textContent);
  const word = button.querySelector("span");
  const before = word.textContent;
  word.textContent = button.dataset.done;
  setTimeout(() => { word.textContent = before; }, 1500);
});

announce();
retireNotice();
