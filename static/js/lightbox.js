// An item over the gallery, in a native dialog: the same page part that the link leads to.
// The address gets ?item=3, so that Back closes it and a link to it can be sent.
// Elements are looked up each time: Back may have replaced the whole body.

const dialog = () => document.querySelector("#lightbox");
const body = () => document.querySelector("#lightbox-body");
let changed = false;
let lastPath = addressOf(null);
let opener = null;

function shown() {
  return new URL(location.href).searchParams.get("item");
}

function addressOf(index) {
  const url = new URL(location.href);
  if (index) url.searchParams.set("item", index);
  else url.searchParams.delete("item");
  return url.pathname + url.search;
}

async function open(index, { push = true } = {}) {
  // `htmx` keeps htmx from writing its own state over ours at the next swap.
  if (push) history[dialog().open ? "replaceState" : "pushState"](stateOf(index), "", addressOf(index));
  if (!dialog().open) dialog().showModal();
  for (const film of films()) film.pause();
  const path = `${location.pathname}/items/${encodeURIComponent(index)}`;
  await htmx.ajax("GET", path, { source: body(), target: body(), select: "#item", swap: "innerHTML" });
  if (!dialog().open || index !== shown()) return;  // closed meanwhile, or gone on
  // Why there is no such item stands in the trouble box; what was there before goes on.
  const item = body().querySelector("#item")?.dataset.item;
  if (!item) dialog().close();
  else if (item !== index) history.replaceState(stateOf(item), "", addressOf(item));
}

const stateOf = (index) => ({ htmx: true, lightbox: index });
const films = () => body().querySelectorAll("video, audio");

// A film goes on loading after its element is gone unless it is told to stop.
function silence() {
  for (const film of films()) {
    film.pause();
    film.removeAttribute("src");
    film.load();
  }
}

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  if (ctx.sourceElement !== body() || !body()) return;
  if (!dialog().open) event.preventDefault();  // closed before the answer came
  else if (tasks.some((task) => task.target === body())) silence();
});

// The neighbour as the page shows it; at its edge, the mission's next one.
function neighbour(step) {
  const item = body().querySelector("#item");
  if (!item) return null;
  const tiles = [...document.querySelectorAll("#items [data-lightbox]")];
  const order = [...new Set(tiles.map((tile) => tile.dataset.lightbox))];
  const here = order.indexOf(item.dataset.item);
  return (here >= 0 && order[here + step]) || (step > 0 ? item.dataset.next : item.dataset.previous) || null;
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const tile = event.target.closest("[data-lightbox]");
  const step = event.target.closest("#lightbox [data-step]");
  const close = event.target.closest("#lightbox [data-close]");
  if (!tile && !step && !close) return;
  event.preventDefault();
  if (close) return dialog().close();
  if (tile) opener = tile.id;
  const next = tile ? tile.dataset.lightbox : neighbour(Number(step.dataset.step));
  if (next) open(next);
});

document.addEventListener("keydown", (event) => {
  // Wherever in it the focus is, also nowhere; but not below a question.
  const dialogs = document.querySelectorAll("dialog[open]");
  if (dialogs.length !== 1 || dialogs[0] !== dialog()) return;
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.matches("input, textarea, video, audio")) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const next = step && neighbour(step);
  if (!next) return;
  event.preventDefault();
  open(next);
});

document.addEventListener("close", (event) => {
  if (event.target !== dialog()) return;
  silence();
  body().replaceChildren();
  if (shown()) {
    // Opened from this page: its own entry is the one before. Opened by a link: there is none.
    if (history.state?.lightbox) history.back();
    else history.replaceState(history.state, "", addressOf(null));
  }
  if (changed) htmx.ajax("GET", addressOf(null), { target: "#page", select: "#page", swap: "outerMorph" });
  changed = false;
}, true);

// Back and Forward between the gallery and the dialog need no new page from the server.
addEventListener("popstate", () => {
  const index = shown();
  if (index && history.state?.lightbox) open(index, { push: false });
  else if (!index && dialog()?.open) dialog().close();
});

// A browser that lets htmx take over Back puts the focus on the body afterwards.
window.navigation?.addEventListener("navigatesuccess", () => {
  if (!opener || dialog()?.open) return;
  document.getElementById(opener)?.focus({ preventScroll: true });
  opener = null;
});

document.addEventListener("htmx:before:history:restore", (event) => {
  if (event.detail.path === lastPath || shown()) event.preventDefault();
  else lastPath = event.detail.path;
});
document.addEventListener("htmx:after:history:update", () => { lastPath = addressOf(null); });

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.request?.method === "POST" && dialog()?.open) changed = true;
});

if (shown()) open(shown(), { push: false });
