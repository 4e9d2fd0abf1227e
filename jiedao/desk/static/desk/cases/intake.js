// While somebody writes a matter down: what may be the same, where the point lies, which category fits.
import { post } from "../../js/texts.js";

const WAIT = 600;
const form = document.getElementById("intake");
const place = document.getElementById("alike");
const asked = ["subject", "detail", "place_text", "area", "lon", "lat", "coord_system"];
let timer = 0;
let serial = 0;

async function ask() {
  const mine = ++serial;
  const fields = Object.fromEntries(asked.map((name) => [name, form.elements[name]?.value ?? ""]));
  if ((fields.subject + fields.detail).trim().length < 4 && !fields.lon) return;
  try {
    const answer = await post(place.dataset.url, fields);
    const words = await answer.text();
    if (mine === serial) place.innerHTML = words;
  } catch {
    // The server looks again before anything is filed.
  }
}

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT);
};

form?.addEventListener("input", (event) => asked.includes(event.target.name) && later());
form?.addEventListener("change", (event) => {
  if (!asked.includes(event.target.name)) return;
  // A point from the map or the device is WGS 84, whatever was chosen for typed ones.
  if (!event.isTrusted && ["lon", "lat"].includes(event.target.name)) form.elements.coord_system.value = "WGS84";
  later();
});

place?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick-category]");
  if (!button) return;
  form.elements.category.value = button.dataset.pickCategory;
  form.elements.category.dispatchEvent(new Event("input", { bubbles: true }));
  place.querySelectorAll("[data-pick-category]").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
});

document.querySelector("[data-locate]")?.addEventListener("click", (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  const done = () => (button.disabled = false);
  navigator.geolocation?.getCurrentPosition(
    ({ coords }) => {
      form.elements.lon.value = coords.longitude.toFixed(6);
      form.elements.lat.value = coords.latitude.toFixed(6);
      form.elements.accuracy_m.value = Math.round(coords.accuracy);
      form.elements.lon.dispatchEvent(new Event("change", { bubbles: true }));
      form.querySelector(".desk-more")?.setAttribute("open", "");
      done();
    },
    () => {
      place.textContent = button.dataset.failed;
      done();
    },
    { enableHighAccuracy: true, timeout: 15000 },
  );
});
