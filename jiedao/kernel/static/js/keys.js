// Keyboard shortcuts: data-key on links, buttons and inputs; j, k, x and Enter in lists; ? lists them.
import { isTyping } from "./texts.js";

const dialog = document.getElementById("keys");
let prefix = "";
let prefixTimer = 0;

const visible = (element) => element.getClientRects().length > 0;
const keyed = () => [...document.querySelectorAll("[data-key]")].filter(visible);

/** Return the element with a shortcut, preferably one in an open dialog or move. */
function find(key) {
  const found = keyed().filter((element) => element.dataset.key === key);
  return found.find((element) => element.closest("details[open]")) ?? found[0];
}

function press(element) {
  if (isTyping(element)) {
    element.focus();
    element.select?.();
  } else {
    element.focus();
    element.click();
  }
}

const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")].filter(visible);
const current = () => document.querySelector("[data-row].is-current");

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  all.forEach((row) => row.classList.toggle("is-current", row === next));
  (next.matches("a[href], button") ? next : next.querySelector("a[href], button"))?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function check() {
  current()?.querySelector('input[type="checkbox"]')?.click();
}

function list() {
  const place = dialog?.querySelector("[data-keys-list]");
  if (!place) return;
  place.querySelectorAll("[data-made]").forEach((line) => line.remove());
  place.querySelectorAll(".j-keys__rows").forEach((line) => (line.hidden = rows().length === 0));
  const seen = new Set();
  for (const element of keyed()) {
    if (seen.has(element.dataset.key)) continue;
    seen.add(element.dataset.key);
    place.prepend(line(element));
  }
}

function label(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, .j-count, small").forEach((part) => part.remove());
  return copy.textContent.trim() || element.getAttribute("aria-label") || element.title;
}

function line(element) {
  const row = document.createElement("div");
  row.dataset.made = "";
  const key = document.createElement("dt");
  for (const part of element.dataset.key.split(" ")) {
    const cap = document.createElement("kbd");
    cap.textContent = part;
    key.append(cap, " ");
  }
  const words = document.createElement("dd");
  words.textContent = label(element);
  row.append(key, words);
  return row;
}

function show() {
  list();
  dialog?.showModal?.();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const deeds = { j: () => move(1), k: () => move(-1), x: check, "?": show };
  const key = event.key;
  const whole = prefix ? `${prefix} ${key}` : key;
  prefix = "";
  const element = find(whole);
  if (element) {
    event.preventDefault();
    press(element);
  } else if (keyed().some((other) => other.dataset.key.startsWith(`${key} `))) {
    prefix = key;
    clearTimeout(prefixTimer);
    prefixTimer = setTimeout(() => (prefix = ""), 1200);
  } else if (deeds[key] && (key === "?" || rows().length)) {
    event.preventDefault();
    deeds[key]();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-open-keys]")) show();
});
