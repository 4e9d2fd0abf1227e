// Search long select boxes by typing, and add checkboxes of a long list one by one.
//
// Each select with more than LONG options, and each [data-add-one] of checkboxes, gets a text field with a list of the
// matches: the combobox of the ARIA Authoring Practices. The select or the checkboxes stay in the form and hold the
// value, so that drafts, filters that submit themselves and forms without script work alike.
import { text } from "./texts.js";

const LONG = 15;
const MOST_SHOWN = 80;
const LETTERS = "abcdefghjklmnopqrstwxyz";
const FIRST_SIGNS = "阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥扨它穵夕丫帀"; // the first sign in the order of pinyin for each letter
const collator = new Intl.Collator("zh-Hans-CN-u-co-pinyin");

function findInitial(sign) {
  if (!/\p{Script=Han}/u.test(sign)) return /[a-z0-9]/.test(sign) ? sign : "";
  let letter = "";
  for (let i = 0; i < LETTERS.length && collator.compare(FIRST_SIGNS[i], sign) <= 0; i += 1) letter = LETTERS[i];
  return letter;
}

// A browser without the data for pinyin would order the signs by their codes.
const knowsPinyin = findInitial("街") === "j" && findInitial("道") === "d" && findInitial("中") === "z";
const fold = (words) => words.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
const spell = (words) => (knowsPinyin ? [...fold(words)].map(findInitial).join("") : "");

/** Return how well an item matches the folded words, lower is better, -1 for no match; `why` is the matching keyword. */
function rank(item, words) {
  item.why = "";
  item.folded ??= fold(item.label);
  if (item.folded.startsWith(words)) return 0;
  if (item.folded.includes(words)) return 1;
  item.foldedGroup ??= fold(item.group);
  if ((item.foldedGroup + item.folded).includes(words)) return 2;
  item.why = item.keywords?.find((keyword) => keyword.includes(words)) ?? "";
  if (item.why) return item.why.startsWith(words) ? 3 : 4;
  if (!/^[a-z]{2,}$/.test(words)) return -1;
  item.spelled ??= spell(item.label);
  if (item.spelled.startsWith(words)) return 5;
  return item.spelled.includes(words) ? 6 : -1;
}

/** Return the keywords of the values, stored for the session under their versioned address; {} where none can be had. */
async function loadKeywords(url) {
  try {
    const stored = sessionStorage.getItem(url);
    if (stored) return JSON.parse(stored);
  } catch {
    // No storage: they are fetched for each page.
  }
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) return {};
    const keywords = await answer.json();
    try {
      sessionStorage.setItem(url, JSON.stringify(keywords));
    } catch {
      // The storage is full or off.
    }
    return keywords;
  } catch {
    return {};
  }
}

let serial = 0;

/** The text field and its list; `source` has list(), getCurrent(), choose(item) and the element that it belongs to. */
class Combobox {
  constructor(source, attributes) {
    serial += 1;
    Object.assign(this, { source, items: [], active: -1, typed: false, id: `combobox-${serial}` });
    this.box = Object.assign(document.createElement("div"), { className: "j-combo" });
    this.input = Object.assign(document.createElement("input"), { type: "text", autocomplete: "off", spellcheck: false });
    this.input.className = "form-control j-combo__input";
    const own = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${this.id}-list` };
    for (const [name, value] of Object.entries({ ...own, ...attributes })) if (value) this.input.setAttribute(name, value);
    this.list = Object.assign(document.createElement("ul"), { className: "j-combo__list", id: `${this.id}-list`, hidden: true });
    this.list.setAttribute("role", "listbox");
    if (attributes["aria-label"]) this.list.setAttribute("aria-label", attributes["aria-label"]);
    this.status = Object.assign(document.createElement("span"), { className: "visually-hidden" });
    this.status.setAttribute("role", "status");
    this.box.append(this.input, this.list, this.status);
    this.listen();
    this.refresh();
  }

  get isOpen() {
    return !this.list.hidden;
  }

  listen() {
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("click", () => this.open(""));
    this.input.addEventListener("input", (event) => {
      event.stopPropagation(); // the field has no name: it is no change of the form
      this.typed = true;
      this.open(this.input.value);
    });
    this.input.addEventListener("change", (event) => event.stopPropagation());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("blur", () => this.leave());
    // The field keeps the focus while an option is pressed.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take(this.items[Number(option.dataset.at)]);
    });
  }

  press(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      ArrowDown: () => (this.isOpen ? this.activate(this.active + 1) : this.open("")),
      ArrowUp: () => (this.isOpen ? this.activate(this.active - 1) : this.open("")),
      PageDown: () => this.isOpen && this.activate(Math.min(this.active + 10, this.items.length - 1)),
      PageUp: () => this.isOpen && this.activate(Math.max(this.active - 10, 0)),
      Enter: () => this.isOpen && this.items[this.active] && this.take(this.items[this.active]),
      Escape: () => this.isOpen && this.leave(),
    };
    if (event.key === "Tab") {
      if (this.isOpen && this.typed && this.items[this.active] && this.input.value.trim()) this.take(this.items[this.active]);
      return;
    }
    if (!(event.key in keys) || (!this.isOpen && !event.key.startsWith("Arrow"))) return;
    if (event.key === "Enter" && !this.items[this.active]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  open(words) {
    const folded = fold(words);
    const all = this.source.list();
    const ranked = folded ? all.map((item) => [rank(item, folded), item]).filter(([found]) => found >= 0) : all.map((item) => [0, Object.assign(item, { why: "" })]);
    if (folded) ranked.sort(([one], [two]) => one - two);
    this.items = ranked.slice(0, folded ? MOST_SHOWN : ranked.length).map(([, item]) => item);
    this.draw(ranked.length - this.items.length);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const current = this.source.getCurrent();
    const at = this.items.findIndex((item) => item.value === current?.value);
    this.activate(folded ? (this.items.length ? 0 : -1) : at, false);
    this.status.textContent = folded ? text("comboCount", { n: ranked.length }) : "";
  }

  draw(left) {
    const lines = [];
    let group = null;
    const current = this.source.getCurrent();
    this.items.forEach((item, at) => {
      if (item.group !== group && item.group) {
        const head = Object.assign(document.createElement("li"), { className: "j-combo__group", textContent: item.group });
        head.setAttribute("role", "presentation");
        lines.push(head);
      }
      group = item.group;
      const option = Object.assign(document.createElement("li"), { className: "j-combo__option", id: `${this.id}-${at}`, textContent: item.label });
      if (item.why) option.append(Object.assign(document.createElement("small"), { className: "j-quiet", textContent: ` · ${item.why}` }));
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", String(item.value === current?.value));
      option.dataset.at = at;
      lines.push(option);
    });
    const note = left ? text("comboMore", { n: left }) : this.items.length ? "" : text("comboNone");
    if (note) {
      const line = Object.assign(document.createElement("li"), { className: "j-combo__note", textContent: note });
      line.setAttribute("role", "presentation");
      lines.push(line);
    }
    this.list.replaceChildren(...lines);
  }

  activate(at, wraps = true) {
    const last = this.items.length - 1;
    this.active = wraps && at > last ? 0 : wraps && at < 0 ? last : at;
    this.list.querySelector(".is-active")?.classList.remove("is-active");
    const option = this.list.querySelector(`[data-at="${this.active}"]`);
    option?.classList.add("is-active");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  take(item) {
    this.close();
    this.source.choose(item);
    this.refresh();
    this.input.select();
  }

  /** Close the list; an emptied field chooses nothing, other words that were not chosen are withdrawn. */
  leave() {
    const emptied = this.typed && !this.input.value.trim();
    const none = emptied && this.source.list().find((item) => item.value === "");
    this.close();
    if (none && this.source.getCurrent()?.value !== "") this.source.choose(none);
    this.refresh();
  }

  close() {
    this.list.hidden = true;
    this.typed = false;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  refresh() {
    const current = this.source.getCurrent();
    this.input.value = current && current.value !== "" ? current.label : "";
    if (this.source.placeholder !== undefined) this.input.placeholder = this.source.placeholder;
  }
}

const describe = (option) => ({
  value: option.value,
  label: option.textContent.trim(),
  group: option.parentElement.matches("optgroup") ? option.parentElement.label : "",
  option,
});

/** Return the words of the label of a control. */
function findLabel(element) {
  if (element.getAttribute("aria-label")) return element.getAttribute("aria-label");
  const copy = element.labels?.[0]?.cloneNode(true);
  copy?.querySelectorAll("kbd, .j-optional, select, input").forEach((part) => part.remove());
  return copy?.textContent.replace(/\s+/g, " ").trim() ?? "";
}

function wireSelect(select) {
  let items = [...select.options].filter((option) => !option.disabled).map(describe);
  const empty = items.find((item) => item.value === "");
  const source = {
    list: () => items,
    getCurrent: () => items.find((item) => item.option.selected) ?? null,
    choose(item) {
      select.value = item.value;
      for (const name of ["input", "change"]) select.dispatchEvent(new Event(name, { bubbles: true }));
    },
    placeholder: empty ? empty.label : text("comboType"),
  };
  const label = findLabel(select);
  const combobox = new Combobox(source, {
    "aria-label": label,
    "aria-describedby": select.getAttribute("aria-describedby"),
    "aria-invalid": select.getAttribute("aria-invalid"),
    "aria-required": select.required ? "true" : "",
    "data-key": select.dataset.key,
    "data-key-label": select.dataset.keyLabel ?? label,
  });
  combobox.input.classList.toggle("is-invalid", select.classList.contains("is-invalid"));
  combobox.input.classList.toggle("desk-set", select.classList.contains("desk-set"));
  delete select.dataset.key;
  select.before(combobox.box);
  combobox.box.append(select);
  select.classList.add("j-combo__select");
  select.tabIndex = -1;
  select.setAttribute("aria-hidden", "true");
  // What leads to the select, its label or a link of an error, leads to the field.
  select.addEventListener("focus", () => combobox.input.focus());
  for (const name of ["input", "change"]) select.addEventListener(name, () => combobox.isOpen || combobox.refresh());
  select.form?.addEventListener("reset", () => setTimeout(() => combobox.refresh()));
  if (select.dataset.words) combobox.input.addEventListener("focus", () => addKeywords(combobox, items, select.dataset.words), { once: true });
  if (document.activeElement === select || select.autofocus) combobox.input.focus();
}

/** Let the items be found by their keywords too; what was typed meanwhile is searched again. */
async function addKeywords(combobox, items, url) {
  const keywords = await loadKeywords(url);
  for (const item of items) item.keywords = keywords[item.value]?.map(fold) ?? [];
  if (combobox.isOpen && combobox.typed) combobox.open(combobox.input.value);
}

function wireAddOne(place) {
  const boxes = [...place.querySelectorAll('input[type="checkbox"]')];
  const rowOf = (box) => box.closest("label");
  const items = boxes.map((box) => ({ value: box.value, label: rowOf(box).textContent.trim(), group: place.dataset.group ?? "", box }));
  const source = {
    list: () => items.filter((item) => !item.box.checked),
    getCurrent: () => null,
    choose(item) {
      item.box.checked = true;
      for (const kind of ["input", "change"]) item.box.dispatchEvent(new Event(kind, { bubbles: true }));
    },
    placeholder: text("comboAdd"),
  };
  const name = place.dataset.addOne || place.closest("fieldset")?.querySelector("legend")?.textContent.trim();
  const combobox = new Combobox(source, { "aria-label": name, "aria-invalid": "" });
  place.classList.add("j-add-one");
  place.before(combobox.box);
  const chips = new Map();
  for (const box of boxes) {
    const name = rowOf(box).textContent.trim();
    const chip = Object.assign(document.createElement("span"), { className: "j-add-one__chip" });
    const drop = Object.assign(document.createElement("button"), { type: "button", className: "j-add-one__drop", textContent: "×" });
    drop.setAttribute("aria-label", text("comboRemove", { name }));
    drop.addEventListener("click", () => {
      box.checked = false;
      for (const kind of ["input", "change"]) box.dispatchEvent(new Event(kind, { bubbles: true }));
      combobox.input.focus();
    });
    rowOf(box).before(chip);
    chip.append(rowOf(box), drop);
    chips.set(box, chip);
  }
  const show = () => {
    for (const [box, chip] of chips) chip.hidden = !box.checked;
    place.hidden = !boxes.some((box) => box.checked);
  };
  place.addEventListener("change", show);
  place.closest("form")?.addEventListener("reset", () => setTimeout(show));
  show();
}

function wire(root) {
  for (const select of root.querySelectorAll("select:not([multiple], [size], [data-plain], .j-combo__select)")) {
    if (select.options.length > LONG) wireSelect(select);
  }
  root.querySelectorAll("[data-add-one]:not(.j-add-one)").forEach(wireAddOne);
}

wire(document);
for (const name of ["htmx:afterSwap", "htmx:after:swap"]) {
  document.addEventListener(name, (event) => wire(event.target.querySelectorAll ? event.target : document));
}
