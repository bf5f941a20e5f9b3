// Ticked items: how many, a range by Shift, all of the page. The bar itself is shown by CSS.

let last = null;

const picks = () => [...document.querySelectorAll(".pick")];

function count() {
  const label = document.querySelector("#picked");
  if (!label) return;
  const ticked = picks().filter((box) => box.checked).length;
  const text = label.dataset.text.replace("{n}", ticked);
  if (label.textContent !== text) label.textContent = text;
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
document.addEventListener("htmx:after:swap", count);
count();
