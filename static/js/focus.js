// Where the focus goes when a swap has taken away what had it.

const alike = (kind) =>
  [...document.querySelectorAll("form[hx-post]")].filter((form) => kindOf(form) === kind);
const kindOf = (form) => form.getAttribute("hx-post")?.replace(/\d+/g, "");
let pressed = null;

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "POST") return;
  const kind = kindOf(ctx.sourceElement);
  pressed = {
    kind,
    place: alike(kind).indexOf(ctx.sourceElement),
    item: Boolean(ctx.sourceElement.closest("#item")),
    around: ctx.sourceElement.closest("[id]:not(form, main)")?.id,
  };
});

// After an action: the same button of what comes next, else what is there in its place now. After
// Back, and when nothing is left: the heading.
function refuge(request) {
  const next = request.method === "POST" && pressed;
  const dialog = document.querySelector("dialog[open]");
  const places = [
    next && alike(next.kind)[next.place]?.querySelector("button:not([hidden])"),
    next?.item && document.querySelector("#item-next"),
    next && !next.item && document.getElementById(next.around)?.querySelector("button, a[href]"),
    dialog?.querySelector("[data-close]"),
    document.querySelector("#page h1"),
  ];
  return places.find((place) => place && (!dialog || dialog.contains(place)) && place.checkVisibility());
}

// The swap may have made another button of the one that was pressed: “Retry” turns into “Cancel”.
function turned(active) {
  const form = active.closest("#item form");
  return pressed?.item && form && kindOf(form) !== pressed.kind;
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { request, sourceElement } = ctx;
  const active = document.activeElement;
  const acted = request?.method === "POST";
  const moved = acted || request?.headers?.["HX-History-Restore-Request"] || sourceElement?.id === "lightbox-body";
  const lost = active === document.body || !active.checkVisibility();
  const place = moved && lost ? refuge(request)
    : acted && turned(active) ? document.querySelector("#item-next") : null;
  place?.focus({ preventScroll: true });
});
