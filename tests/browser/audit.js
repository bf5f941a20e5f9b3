// What is wrong with the page as it stands, as a list of sentences. Evaluated by test_every_page.py.
() => {
  const found = [];
  const describe = (element) => {
    const own = element.cloneNode(false);
    own.textContent = "";
    return `${own.outerHTML.slice(0, 160)} “${(element.textContent || "").trim().slice(0, 40)}”`;
  };
  const complain = (what, element) => found.push(element ? `${what}: ${describe(element)}` : what);
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)];

  // ---- Structure

  if (all("h1").filter(shown).length !== 1) complain(`${all("h1").length} h1`);
  for (const landmark of ["header", "main", "nav"]) if (!document.querySelector(landmark)) complain(`no ${landmark}`);
  for (const nav of all("nav")) if (!nav.ariaLabel) complain("a nav without a name", nav);
  if (!document.title.trim()) complain("no title");
  const ids = all("[id]").map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) complain(`id ${id} twice`);
  for (const attribute of ["for", "aria-labelledby", "aria-describedby", "form"])
    for (const element of all(`[${attribute}]`))
      for (const id of element.getAttribute(attribute).split(" "))
        if (!ids.includes(id)) complain(`${attribute} names nothing`, element);

  // ---- Names

  const text = (element) => {
    const copy = element.cloneNode(true);
    for (const hidden of copy.querySelectorAll("[aria-hidden=true], svg")) hidden.remove();
    const alts = [...copy.querySelectorAll("img[alt]")].map((image) => image.alt).join(" ");
    return `${copy.textContent} ${alts}`.trim();
  };
  const labelled = (element) => (element.getAttribute("aria-labelledby") || "").split(" ")
    .map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
  const named = (element) => element.ariaLabel || labelled(element) || text(element);
  for (const field of all("input:not([type=hidden]), select, textarea"))
    if (![...(field.labels ?? [])].some(text) && !field.ariaLabel && !labelled(field)) complain("no label", field);
  for (const control of all("button, a[href], summary, [role=button]"))
    if (!named(control) && control.ariaHidden !== "true") complain("no name", control);
  for (const image of all("img")) if (!image.hasAttribute("alt")) complain("no alt", image);
  for (const picture of all("svg:not([aria-hidden=true])"))
    if (picture.getAttribute("role") !== "img" || !picture.ariaLabel) complain("a picture without words", picture);
  for (const dialog of all("dialog")) if (!dialog.ariaLabel && !dialog.hasAttribute("aria-labelledby")) complain("no name", dialog);

  // ---- Sideways

  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > room) {
    complain(`${document.documentElement.scrollWidth - room} px too wide at ${room}`);
    const scrolls = (element) => element && (/auto|scroll|hidden/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    for (const element of all("main *"))
      if (element.getBoundingClientRect().right > room + 1 && !scrolls(element.parentElement)) { complain("sticks out", element); break; }
  }

  // ---- Contrast of what is written, against what lies behind it

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parsed = new Map();
  const rgba = (color) => {
    if (!parsed.has(color)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      parsed.set(color, [r, g, b, a / 255]);
    }
    return parsed.get(color);
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((part, i) => part * a + under[i] * (1 - a));
  const behind = (element) => {
    if (!element) return rgba(getComputedStyle(document.body).backgroundColor).slice(0, 3);
    const color = rgba(getComputedStyle(element).backgroundColor);
    return color[3] === 1 ? color.slice(0, 3) : over(color, behind(element.parentElement));
  };
  const light = (color) => {
    const [r, g, b] = color.map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const faint = (element) => element && (Number(getComputedStyle(element).opacity) < 1 || faint(element.parentElement));
  const readable = (element, color, what) => {
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 600) ? 3 : 4.5;
    const ground = behind(element);
    const ratio = contrast(over(rgba(color), ground), ground);
    if (ratio < needed) complain(`${what}contrast ${ratio.toFixed(2)}`, element);
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element)) continue;
    seen.add(element);
    const off = element.closest("[aria-disabled=true], [aria-hidden=true], [disabled], option, template, noscript, script, style");
    if (!off && shown(element) && !faint(element)) readable(element, getComputedStyle(element).color, "");
  }
  for (const field of all("[placeholder]"))
    if (shown(field)) readable(field, getComputedStyle(field, "::placeholder").color, "placeholder ");
  return found;
}
