// Texts of the page's language, and elements built without HTML in strings, so that no text of a case becomes markup.
const TEXTS = JSON.parse(document.getElementById("texts").textContent);

/** Return a text by its key, with {name} places filled. */
export function t(key, values = {}) {
  let words = TEXTS[key] ?? key;
  for (const [name, value] of Object.entries(values)) words = words.replace(`{${name}}`, String(value));
  return words;
}

/** Return an element. `on…` attributes are listeners, true is an empty attribute, null and false leave it out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Return an element of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Return an icon, hidden from screen readers: the text beside it has the same meaning. */
export function icon(name) {
  const drawing = svg("svg", { class: "f-icon", "aria-hidden": "true", focusable: "false" });
  drawing.append(svg("use", { href: `${document.body.dataset.icons}#${name}` }));
  return drawing;
}

/** Return sentences as one text; after Chinese punctuation no space follows. */
export function joinSentences(...sentences) {
  return sentences.filter(Boolean).reduce((text, next) => text + (/[。；，！？：]$/.test(text) ? "" : " ") + next);
}

/** Announce words to the user; they disappear after some seconds. */
export function say(words, tone = "info") {
  const box = document.getElementById("say");
  const line = h("p", { class: `f-say__line f-say__line--${tone}` }, words);
  box.replaceChildren(line);
  setTimeout(() => line.remove(), 6000);
}

/** Return a moment in the words of the page's language: day, month, hour and minute. */
export function moment(value) {
  const options = { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" };
  return new Intl.DateTimeFormat(document.documentElement.lang, options).format(new Date(value));
}

/** Return how long ago a moment of this device's clock was, in words. */
export function ago(at, now = Date.now()) {
  const minutes = Math.max(0, Math.round((now - at) / 60000));
  if (minutes < 1) return t("justNow");
  if (minutes < 60) return t("minutesAgo", { n: minutes });
  if (minutes < 48 * 60) return t("hoursAgo", { n: Math.round(minutes / 60) });
  return t("daysAgo", { n: Math.round(minutes / 1440) });
}
