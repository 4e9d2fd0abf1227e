// Stores the text that a user types, here and on the server, until the form was accepted.
import { post, text } from "./texts.js";

// Stored by user: on a shared computer the next user must not see the text of the last one.
const PREFIX = "jd-draft:";
const SENT = "jd-draft-sent";
const WAIT = 2000;

// Going back or reloading does not show whether the form arrived; only an ordinary next page does.
const arrived = performance.getEntriesByType("navigation")[0]?.type === "navigate";

const kept = (field) =>
  field.name && !field.hasAttribute("data-draft-skip") && !["password", "file", "hidden", "submit", "button", "reset"].includes(field.type) && (!field.disabled || field.dataset.question);

/** Return the form's fields as {name: value or [values]}. */
function read(form) {
  const fields = {};
  for (const field of form.elements) {
    if (!kept(field)) continue;
    if (field.type === "checkbox") (fields[field.name] ??= []).push(...(field.checked ? [field.value] : []));
    else if (field.type === "radio") field.checked && (fields[field.name] = field.value);
    else if (field.multiple) fields[field.name] = [...field.selectedOptions].map((o) => o.value);
    else fields[field.name] = field.value;
  }
  return fields;
}

/** Set the values of the fields, or only of those in a part of the form; return whether any of them changed. */
function write(form, fields, part = form) {
  const before = JSON.stringify(read(form));
  for (const field of form.elements) {
    if (!part.contains(field)) continue;
    if (!kept(field) || !(field.name in fields)) continue;
    const value = fields[field.name];
    if (field.type === "checkbox") field.checked = [].concat(value).includes(field.value);
    else if (field.type === "radio") field.checked = field.value === value;
    else if (field.multiple) for (const option of field.options) option.selected = value.includes(option.value);
    else field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  return before !== JSON.stringify(read(form));
}

class Draft {
  constructor(form) {
    Object.assign(this, { form, key: `${PREFIX}${document.body.dataset.person ?? ""}:${form.dataset.draft}`, url: form.dataset.draftUrl, dirty: false });
    this.first = JSON.stringify(read(form));
    this.note = Object.assign(document.createElement("span"), { className: "j-draft-note" });
    this.note.setAttribute("role", "status");
    (form.querySelector("[data-draft-note]") ?? form).append(this.note); // beside the text where a form has a place
    form.addEventListener("input", () => this.later());
    form.addEventListener("submit", (event) => queueMicrotask(() => event.defaultPrevented || this.sent()));
    this.open();
  }

  async open() {
    // The answer to a form that was sent (refused, looked up, to be confirmed) shows what was typed; the draft is older.
    const failed = this.form.hasAttribute("data-draft-sent") || this.form.querySelector(".is-invalid, .j-form-errors");
    if (sessionStorage.getItem(SENT) === this.key && !failed && arrived) this.drop(false);
    sessionStorage.removeItem(SENT);
    if (failed) return;
    const found = [this.local(), await this.remote()].filter(Boolean);
    found.sort((one, two) => new Date(two.saved_at) - new Date(one.saved_at));
    if (found.length && JSON.stringify(read(this.form)) === this.first && write(this.form, found[0].fields)) {
      // Fields that are fetched for the restored values, see questions.js.
      this.form.addEventListener("jd-fields", (event) => write(this.form, found[0].fields, event.target), { once: true });
      this.announce();
    }
  }

  local() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  async remote() {
    if (!this.url) return null;
    try {
      const answer = await fetch(this.url, { credentials: "same-origin", headers: { Accept: "application/json" } });
      return answer.status === 200 ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  announce() {
    const strip = Object.assign(document.createElement("p"), { className: "j-draft" });
    strip.setAttribute("role", "status");
    const drop = Object.assign(document.createElement("button"), { type: "button", textContent: text("draftDiscard") });
    drop.addEventListener("click", () => {
      this.form.reset();
      this.drop(true);
      strip.remove();
    });
    strip.append(text("draftRestored"), drop);
    this.form.prepend(strip);
    this.form.closest("details")?.setAttribute("open", "");
  }

  later() {
    this.dirty = true;
    this.keep();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), WAIT);
  }

  keep() {
    const copy = { fields: read(this.form), saved_at: new Date().toISOString() };
    try {
      localStorage.setItem(this.key, JSON.stringify(copy));
      return true;
    } catch {
      return false; // storage full or forbidden: the server copy remains
    }
  }

  async save(options = {}) {
    clearTimeout(this.timer);
    const local = this.keep();
    try {
      if (this.url) await post(this.url, { fields: JSON.stringify(read(this.form)) }, options);
      this.dirty = !this.url && !local;
      this.note.textContent = text("draftSaved");
    } catch {
      this.dirty = !local;
      this.note.textContent = text("draftLocal");
    }
  }

  sent() {
    this.dirty = false;
    clearTimeout(this.timer);
    this.keep();
    sessionStorage.setItem(SENT, this.key);
  }

  drop(everywhere) {
    localStorage.removeItem(this.key);
    this.dirty = false;
    if (everywhere && this.url) post(this.url, { discard: "1" }).catch(() => {});
  }
}

const drafts = [...document.querySelectorAll("form[data-draft]")].map((form) => new Draft(form));
// The form was accepted when an ordinary page follows that does not show it again.
const sent = sessionStorage.getItem(SENT);
if (sent && arrived && !drafts.some((draft) => draft.key === sent)) {
  localStorage.removeItem(sent);
  sessionStorage.removeItem(SENT);
}
addEventListener("pagehide", () => drafts.filter((d) => d.dirty).forEach((d) => d.save({ keepalive: true })));
addEventListener("beforeunload", (event) => drafts.some((d) => d.dirty) && event.preventDefault());
