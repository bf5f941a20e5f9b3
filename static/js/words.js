// Sentences with a number, which the server has written into data attributes in the right language.

export const language = document.documentElement.lang;

const rules = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);

export function say(element, n) {
  const text = rules.select(n) === "one" ? element.dataset.one : element.dataset.many;
  element.textContent = text.replace("{n}", numbers.format(n));
}
