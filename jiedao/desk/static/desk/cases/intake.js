// While the user fills in the form for a new case, show likely duplicates, the place and suggested categories.
import { post } from "../../js/texts.js";

const DELAY_MS = 600;
const form = document.getElementById("intake");
const output = document.getElementById("alike");
const CHECKED_FIELDS = ["subject", "detail", "place_text", "area", "lon", "lat", "coord_system"];
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

output?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick-category]");
  if (!button) return;
  form.elements.category.value = button.dataset.pickCategory;
  form.elements.category.dispatchEvent(new Event("input", { bubbles: true }));
  output.querySelectorAll("[data-pick-category]").forEach((other) =>
    other.setAttribute("aria-pressed", String(other === button)),
  );
});

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
