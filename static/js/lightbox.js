// An item over the gallery, in a native dialog: the same page part that the link leads to.
// The address gets ?item=3, so that Back closes it and a link to it can be sent.

const dialog = document.querySelector("#lightbox");
const body = document.querySelector("#lightbox-body");
let changed = false;

const shown = () => new URL(location.href).searchParams.get("item");

function addressOf(index) {
  const url = new URL(location.href);
  if (index) url.searchParams.set("item", index);
  else url.searchParams.delete("item");
  return url.pathname + url.search;
}

async function load(index) {
  const path = `${location.pathname}/items/${index}`;
  silence();
  await htmx.ajax("GET", path, { source: body, target: body, select: "#item", swap: "innerHTML" });
}

async function open(index, { push = true } = {}) {
  if (push) history[dialog.open ? "replaceState" : "pushState"]({ lightbox: index }, "", addressOf(index));
  if (!dialog.open) dialog.showModal();
  await load(index);
}

// A film goes on loading after its element is gone unless it is told to stop.
function silence() {
  for (const film of body.querySelectorAll("video, audio")) {
    film.pause();
    film.removeAttribute("src");
    film.load();
  }
}

// The neighbour as the page shows it; at its edge, the mission's next one.
function neighbour(step) {
  const item = body.querySelector("#item");
  if (!item) return null;
  const tiles = [...document.querySelectorAll("#items [data-lightbox]")].map((tile) => tile.dataset.lightbox);
  const order = [...new Set(tiles)];
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
  if (close) dialog.close();
  else open(tile ? tile.dataset.lightbox : neighbour(Number(step.dataset.step)) ?? body.querySelector("#item").dataset.item);
});

dialog.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, video, audio") || event.altKey || event.ctrlKey || event.metaKey) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const next = step && neighbour(step);
  if (!next) return;
  event.preventDefault();
  open(next);
});

dialog.addEventListener("close", () => {
  silence();
  body.replaceChildren();
  if (shown()) {
    // Opened from this page: its own entry is the one before. Opened by a link: there is none.
    if (history.state?.lightbox) history.back();
    else history.replaceState(history.state, "", addressOf(null));
  }
  if (changed) htmx.ajax("GET", addressOf(null), { target: "#page", select: "#page", swap: "outerMorph" });
  changed = false;
});

// Back and Forward between the gallery and the dialog need no new page from the server.
addEventListener("popstate", () => {
  const index = shown();
  if (index && history.state?.lightbox) open(index, { push: false });
  else if (!index && dialog.open) dialog.close();
});

document.addEventListener("htmx:before:history:restore", (event) => {
  if (event.detail.path === lastPath || shown()) event.preventDefault();
});
let lastPath = addressOf(null);
document.addEventListener("htmx:after:history:update", () => { lastPath = addressOf(null); });

document.addEventListener("htmx:after:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.request?.method === "POST" && dialog.open) changed = true;
});

if (shown()) open(shown(), { push: false });
