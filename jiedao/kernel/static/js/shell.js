// Menus, toasts, filters that submit themselves, copying, going back, and photos in a dialog.
import { send, text } from "./texts.js";

document.documentElement.classList.add("has-script");

// A form that led to a problem page was not accepted: draft.js must keep its text.
if (document.body.matches("[data-problem], [data-keep-drafts]")) sessionStorage.removeItem("jd-draft-sent");

const menus = () => document.querySelectorAll("details.j-menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

const box = () => document.querySelector(".j-toasts");

function closable(toast) {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "j-toast__close";
  close.textContent = "×";
  close.setAttribute("aria-label", box()?.dataset.textClose ?? "");
  close.addEventListener("click", () => toast.remove());
  toast.append(close);
}

/** Show a short notice; those of tone good and info disappear after eight seconds. */
export function toast(words, tone = "info") {
  const line = document.createElement("div");
  line.className = `j-toast j-toast--${tone}`;
  const paragraph = document.createElement("p");
  paragraph.textContent = words;
  line.append(paragraph);
  closable(line);
  box()?.append(line);
  if (tone === "good" || tone === "info") setTimeout(() => line.remove(), 8000);
}

document.querySelectorAll(".j-toast").forEach(closable);
document.addEventListener("jd:toast", (event) => toast(event.detail.text, event.detail.tone));
// The events by which htmx 4 reports failures; the user is notified instead of waiting in vain.
for (const name of ["htmx:error", "htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, () => toast(text("failed"), "bad"));
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-autosubmit]") && event.target.form) send(event.target.form);
});

document.addEventListener("click", async (event) => {
  const target = event.target.closest?.("[data-copy], [data-back], [data-print], [data-photo]");
  if (!target) return;
  if (target.hasAttribute("data-back")) history.back();
  if (target.hasAttribute("data-print")) print();
  if (target.hasAttribute("data-copy")) {
    try {
      await navigator.clipboard.writeText(target.dataset.copy);
      toast(text("copied"), "good");
    } catch {
      toast(target.dataset.copy); // no clipboard without https: show it to be copied by hand
    }
  }
  if (target.hasAttribute("data-photo") && !event.ctrlKey && !event.metaKey && window.HTMLDialogElement) {
    event.preventDefault();
    showPhoto(target);
  }
});

function showPhoto(link) {
  const dialog = document.createElement("dialog");
  dialog.className = "j-dialog j-dialog--photo";
  const picture = document.createElement("img");
  picture.src = link.href;
  picture.alt = link.querySelector("img")?.alt ?? "";
  dialog.append(picture);
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// A wide drawing begins where its mark is, such as today: on a phone its first screen would show a past year.
for (const area of document.querySelectorAll("[data-scroll-to]")) {
  const mark = area.querySelector(area.dataset.scrollTo);
  if (!mark) continue;
  const box = area.getBoundingClientRect();
  area.scrollLeft += mark.getBoundingClientRect().left - box.left - box.width * 0.6;
}

// A form is submitted once: a second press before the answer has no effect.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 5000);
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => delete f.dataset.sent));

// A face that works without a network stores a note that it has data on this device. Signing out removes the data of the
// user; if items still wait to be sent, the page of the face asks the user first, so that none is lost.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-leaves]")) return;
  const note = JSON.parse(localStorage.getItem("jiedao-offline") ?? "null");
  if (!note) return;
  if (note.waiting) {
    event.preventDefault();
    event.stopImmediatePropagation();
    location.assign(note.page);
    return;
  }
  for (const name of note.databases) indexedDB.deleteDatabase(name);
  localStorage.removeItem("jiedao-offline");
}, true);
