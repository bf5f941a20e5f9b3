// What was typed stays when a session ends meanwhile: it is kept in this tab while somebody signs in,
// and put back once, on the same page. Passwords are not kept, and the create form has a draft of its own.

const KEY = "typed";
const UNKEPT = ["hidden", "password", "file", "submit", "button"];
const here = () => location.pathname + location.search;

function fields() {
  const found = [];
  document.querySelectorAll("form:not(#mission-form)").forEach((form, place) => {
    for (const field of form.elements)
      if (field.name && !UNKEPT.includes(field.type)) found.push([`${place} ${form.getAttribute("action")} ${field.name} ${field.type === "radio" ? field.value : ""}`, field]);
  });
  return found;
}

function changed(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.value !== field.defaultValue;
}

document.addEventListener("htmx:before:response", (event) => {
  if (!event.detail.ctx.hx?.redirect?.startsWith("/sign-in")) return;
  const kept = fields().filter(([, field]) => changed(field)).map(([name, field]) => [name, field.value, field.checked]);
  if (kept.length) sessionStorage.setItem(KEY, JSON.stringify({ page: here(), kept }));
});

function putBack() {
  const stored = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (stored?.page !== here()) return;
  sessionStorage.removeItem(KEY);
  const now = new Map(fields());
  for (const [name, value, checked] of stored.kept) {
    const field = now.get(name);
    if (!field) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = checked;
    else field.value = value;
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

putBack();
