// While the user fills in the form for a new case, show likely duplicates, the place and suggested categories.
import { post } from "../../js/texts.js";

const DELAY_MS = 600;
const form = document.getElementById("intake");
const output = document.getElementById("alike");
const CHECKED_FIELDS = ["subject", "detail", "place_text", "area", "premise", "lon", "lat", "coord_system"];
let timer = 0;
let lastRequest = 0;

async function checkMatter() {
  const own = ++lastRequest;
  const fields = Object.fromEntries(CHECKED_FIELDS.map((name) => [name, form.elements[name]?.value ?? ""]));
  if ((fields.subject + fields.detail).trim().length < 4 && !fields.lon) return;
  try {
    const response = await post(output.dataset.url, fields);
    const html = await response.text();
    if (own === lastRequest) output.innerHTML = html;
  } catch {
    // Ignore a failed check: the server checks again before it stores the case.
  }
}

const scheduleCheck = () => {
  clearTimeout(timer);
  timer = setTimeout(checkMatter, DELAY_MS);
};

form?.addEventListener("input", (event) => CHECKED_FIELDS.includes(event.target.name) && scheduleCheck());
form?.addEventListener("change", (event) => {
  if (!CHECKED_FIELDS.includes(event.target.name)) return;
  // A point from the map or the device is in WGS 84, even if the user chose another system for typed coordinates.
  if (!event.isTrusted && ["lon", "lat"].includes(event.target.name)) form.elements.coord_system.value = "WGS84";
  scheduleCheck();
});

if (form?.elements.detail.value.trim()) checkMatter(); // a form that came back with its words

output?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick-category]");
  if (!button) return;
  form.elements.category.value = button.dataset.pickCategory;
  form.elements.category.dispatchEvent(new Event("input", { bubbles: true }));
  output.querySelectorAll("[data-pick-category]").forEach((other) =>
    other.setAttribute("aria-pressed", String(other === button)),
  );
});

// The places that the words name: chosen with a click, or with the arrow keys from the field of the place.
const places = document.getElementById("named-places");
const listPlaceButtons = () => [...places.querySelectorAll("[data-pick-place]")];

function setChoice(name, value) {
  const select = form.elements[name];
  if (!select) return;
  select.value = value;
  for (const kind of ["input", "change"]) select.dispatchEvent(new Event(kind, { bubbles: true }));
}

places?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick-place]");
  if (!button) return;
  event.preventDefault();
  const [name, value] = button.value.split(":");
  setChoice("premise", name === "premise" ? value : "");
  setChoice("area", name === "area" ? value : "");
  if (!form.elements.place_text.value.trim()) form.elements.place_text.value = button.dataset.pickPlace;
  listPlaceButtons().forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
});

form?.addEventListener("keydown", (event) => {
  const buttons = listPlaceButtons();
  const at = buttons.indexOf(event.target);
  const isField = event.target === form.elements.place_text;
  if (!buttons.length || (at < 0 && !isField) || event.isComposing) return;
  const next = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1 }[event.key];
  if (event.key === "Escape" && at >= 0) form.elements.place_text.focus();
  if (next === undefined || (isField && event.key !== "ArrowDown")) return;
  event.preventDefault();
  if (next < 0) form.elements.place_text.focus();
  else buttons[Math.min(next, buttons.length - 1)].focus();
});

// The keyboard of a phone would cover the button of the camera.
if (matchMedia("(pointer: fine)").matches && !location.hash) form?.elements.detail?.focus({ preventScroll: true });

document.querySelector("[data-locate]")?.addEventListener("click", (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  const enable = () => (button.disabled = false);
  navigator.geolocation?.getCurrentPosition(
    ({ coords }) => {
      form.elements.lon.value = coords.longitude.toFixed(6);
      form.elements.lat.value = coords.latitude.toFixed(6);
      form.elements.accuracy_m.value = Math.round(coords.accuracy);
      form.elements.lon.dispatchEvent(new Event("change", { bubbles: true }));
      form.querySelector(".desk-more")?.setAttribute("open", "");
      enable();
    },
    () => {
      output.textContent = button.dataset.failed;
      enable();
    },
    { enableHighAccuracy: true, timeout: 15000 },
  );
});
