// The editor of a report: insert a figure where the cursor is, and find one by its name.
const form = document.getElementById("report-form");
const field = document.getElementById("id_text");
let isSent = false;

// A text that is not saved: leaving the page asks first.
form.addEventListener("submit", () => { isSent = true; });
addEventListener("beforeunload", (event) => {
  const isChanged = field.value !== field.defaultValue || form.hasAttribute("data-unsaved");
  if (isChanged && !isSent) event.preventDefault();
});

// A draft that was found again is shown in the preview as well.
field.addEventListener("change", (event) => {
  if (!event.isTrusted) field.dispatchEvent(new Event("input", { bubbles: true }));
});

function insert(words) {
  const end = field.selectionStart + words.length;
  field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.setSelectionRange(end, end);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const button of document.querySelectorAll("[data-insert]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  if (button) insert(button.dataset.insert);
});

document.querySelector(".rep-search")?.addEventListener("input", (event) => {
  const words = event.target.value.trim().toLowerCase();
  for (const theme of document.querySelectorAll(".rep-theme")) {
    let matches = 0;
    for (const row of theme.querySelectorAll("[data-words]")) {
      row.hidden = !row.dataset.words.toLowerCase().includes(words);
      matches += !row.hidden;
    }
    theme.querySelector(".j-count").textContent = matches;
    theme.hidden = !matches;
    theme.open = !!words;
  }
});

// A key of Enter in the search field would send the form.
document.querySelector(".rep-search")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault();
});
