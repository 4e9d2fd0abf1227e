// data-confirm="..." on a link or submit button asks for confirmation in a dialog of the page.
const dialog = document.getElementById("confirm");

function ask(element, go) {
  dialog.querySelector("#confirm-text").textContent = element.dataset.confirm;
  const yes = dialog.querySelector("[data-confirm-yes]");
  yes.textContent = element.dataset.confirmLabel || yes.dataset.default;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && go(), { once: true });
  dialog.showModal();
  yes.focus();
}

document.addEventListener(
  "click",
  (event) => {
    const element = event.target.closest?.("[data-confirm]");
    if (!element || element.dataset.confirmed || !dialog?.showModal) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(element, () => {
      element.dataset.confirmed = "1";
      element.click();
      delete element.dataset.confirmed;
    });
  },
  { capture: true },
);
