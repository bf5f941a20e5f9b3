// Ticked items: how many, a range by Shift, all of the page or of all pages. The bar itself is shown by CSS.

let last = null;

const picks = () => [...document.querySelectorAll(".pick")];

function count() {
  const label = document.querySelector("#picked");
  if (!label) return;
  const matching = document.querySelector("#pick-matching");
  const ticked = matching?.checked ? matching.value : picks().filter((box) => box.checked).length;
  if (label.dataset.count === String(ticked)) return;
  label.dataset.count = ticked;  // for the question before an action, too (app.js)
  label.textContent = label.dataset.text.replace("{n}", ticked);
}

document.addEventListener("click", (event) => {
  const box = event.target.closest(".pick");
  if (!box) return;
  const all = picks();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0)
    for (const between of all.slice(from, to + 1)) between.checked = box.checked;
  last = box;
  count();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-pick-all]")) return;
  for (const box of picks()) box.checked = true;
  count();
});

document.addEventListener("change", count);
document.addEventListener("reset", () => setTimeout(count));
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  // Under another filter “all that match” would be others.
  const matching = document.querySelector("#pick-matching");
  if (matching && ctx.request?.method === "GET" && ctx.target?.id === "page") matching.checked = false;
  count();
});
count();
