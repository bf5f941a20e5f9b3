// Everything that the page says, also to screen readers, but for what nobody translates: code, and
// the names of templates and missions, which other tests make.
() => {
  const said = new Set();
  const skipped = "#template option, [id^=template-] h3, script, style, noscript, code, pre, .mono, kbd, option[value^='/'], [hreflang], .prompt, td .subject, td.name a[href^='/missions/']";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (!walker.currentNode.parentElement.closest(skipped)) said.add(walker.currentNode.data.trim());
  const names = ["aria-label", "title", "alt", "placeholder", "hx-confirm", "content"];
  for (const element of document.querySelectorAll("body *, title, template")) {
    if (element.closest(skipped)) continue;
    for (const { name, value } of element.attributes)
      if (names.includes(name) || (name.startsWith("data-") && / |\{/.test(value))) said.add(value.trim());
  }
  said.add(document.title);
  return [...said].filter(Boolean);
}
