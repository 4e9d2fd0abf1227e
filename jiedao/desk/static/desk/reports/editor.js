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

// Where the cursor was when the text was left; at first the end of the text, as nobody has chosen a place.
let place = [field.value.length, field.value.length];
const notice = document.querySelector(".rep-inserted");
const isNarrow = matchMedia("(max-width: 1099.98px)");

function remember() {
  place = [field.selectionStart, field.selectionEnd];
}
for (const event of ["blur", "keyup", "pointerup", "select"]) field.addEventListener(event, remember);

function insert(words, label) {
  const [start, end] = place;
  field.setRangeText(words, start, end, "end");
  place = [start + words.length, start + words.length];
  field.dispatchEvent(new Event("input", { bubbles: true }));
  if (isNarrow.matches) {
    // The text is out of sight, and a focus would move the page there: state what happened, and stay at the list.
    notice.querySelector("[data-inserted]").textContent = label;
    notice.hidden = false;
    return;
  }
  field.focus();
  field.setSelectionRange(...place);
}

notice.querySelector("a").addEventListener("click", (event) => {
  event.preventDefault();
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
  field.setSelectionRange(...place);
});

for (const button of document.querySelectorAll("[data-insert]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  if (button) insert(button.dataset.insert, button.dataset.label);
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
