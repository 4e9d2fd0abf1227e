// Stock phrases: insert one where the cursor is; save and delete own ones without leaving the form.
import { post } from "../js/texts.js";

function insert(field, words) {
  const before = field.value.slice(0, field.selectionStart);
  const after = field.value.slice(field.selectionEnd);
  const gap = before && !before.endsWith("\n") ? "\n" : "";
  field.value = before + gap + words + after;
  const end = before.length + gap.length + words.length;
  field.focus();
  field.setSelectionRange(end, end);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", async (event) => {
  const list = event.target.closest?.("[data-phrases]");
  const button = event.target.closest?.("button");
  const field = list && document.getElementById(list.dataset.phrases);
  if (!button || !field) return;
  event.preventDefault();
  if (button.dataset.phrase) return insert(field, button.dataset.phrase);
  const words = button.name === "drop_phrase" ? { drop: button.value } : { text: field.value };
  try {
    const answer = await post(list.dataset.url, { field: list.dataset.field, ...words });
    list.querySelector(".desk-phrases__rows").innerHTML = await answer.text();
  } catch {
    button.form.requestSubmit?.(button); // the page of the form states what is wrong
  }
});
