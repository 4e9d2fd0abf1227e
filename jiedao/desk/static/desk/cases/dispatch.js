// The dispatcher's desk: move the focus into a form when it opens, and scroll the queue to the current case.
for (const form of document.querySelectorAll(".o-desk details.j-move")) {
  form.addEventListener("toggle", () => {
    if (form.open) form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
}
document.querySelector(".o-desk .is-current")?.scrollIntoView({ block: "nearest" });
