// Bulk selection of rows: <form data-bulk> with [data-bulk-all], check boxes and [data-bulk-count].
import { text } from "./texts.js";

function wire(form) {
  const all = form.querySelector("[data-bulk-all]");
  const boxes = () => [...form.querySelectorAll('[data-row] input[type="checkbox"]')];
  let last = null;

  function count() {
    const picked = boxes().filter((box) => box.checked).length;
    form.classList.toggle("is-picking", picked > 0);
    form.querySelectorAll("[data-bulk-count]").forEach((place) => (place.textContent = text("selected", { n: picked })));
    if (all) {
      all.checked = picked > 0 && picked === boxes().length;
      all.indeterminate = picked > 0 && !all.checked;
    }
  }

  form.addEventListener("click", (event) => {
    const list = boxes();
    const at = list.indexOf(event.target);
    if (at < 0) return;
    const from = list.indexOf(last);
    if (event.shiftKey && from >= 0) {
      const [low, high] = [Math.min(from, at), Math.max(from, at)];
      for (const box of list.slice(low, high + 1)) box.checked = event.target.checked;
    }
    last = event.target;
  });
  form.addEventListener("change", (event) => {
    if (event.target === all) boxes().forEach((box) => (box.checked = all.checked));
    count();
  });
  count();
}

document.querySelectorAll("form[data-bulk]").forEach(wire);
// The browser restores check boxes when the user goes back, so the bar must be updated.
addEventListener("pageshow", () => document.querySelectorAll("form[data-bulk]").forEach((f) => f.dispatchEvent(new Event("change"))));
