// Marks that scripts run, and handles the buttons for printing and going back. Every page works without this file.
document.documentElement.classList.add("has-script");

document.addEventListener("click", (event) => {
  const target = event.target.closest?.("[data-print], [data-back]");
  if (!target) return;
  if (target.hasAttribute("data-print")) print();
  if (target.hasAttribute("data-back")) history.back();
});

// A form is sent once: a second press before the answer has no effect.
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
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
