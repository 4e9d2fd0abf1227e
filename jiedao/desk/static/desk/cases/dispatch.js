// The dispatcher's desk: an opened form gets the cursor, and the chosen case stays in view in the queue.
for (const part of document.querySelectorAll(".o-desk details.j-move")) {
  part.addEventListener("toggle", () => {
    if (part.open) part.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
}
document.querySelector(".o-desk .is-current")?.scrollIntoView({ block: "nearest" });
