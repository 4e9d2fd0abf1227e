// Suggests places while the place is typed, and records the position of the device when its button is pressed.
const words = document.getElementById("id_place_text");
const list = document.getElementById("places");
let waiting = 0;

words?.addEventListener("input", () => {
  clearTimeout(waiting);
  if (words.value.trim().length < 2) return;
  waiting = setTimeout(async () => {
    try {
      const answer = await fetch(`${list.dataset.url}?q=${encodeURIComponent(words.value)}`, { credentials: "omit" });
      if (!answer.ok) return;
      const { places } = await answer.json();
      list.replaceChildren(...places.map((place) => Object.assign(document.createElement("option"), { value: place })));
    } catch {
      // Without a network there are no suggestions; the typed words are enough.
    }
  }, 250);
});

const COARSE = 100; // metres: a less exact position is stored with its accuracy, and the typed place decides
const button = document.querySelector("[data-locate]");
const status = document.querySelector("[data-locate-status]");

function show(template, metres = 0) {
  status.textContent = template.replace("{m}", String(Math.round(metres)));
}

if (button && !navigator.geolocation) button.hidden = true;
button?.addEventListener("click", () => {
  show(button.dataset.wait);
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      document.getElementById("id_lon").value = coords.longitude.toFixed(6);
      document.getElementById("id_lat").value = coords.latitude.toFixed(6);
      document.getElementById("id_accuracy_m").value = String(Math.round(coords.accuracy));
      show(coords.accuracy > COARSE ? button.dataset.coarse : button.dataset.done, coords.accuracy);
    },
    () => show(button.dataset.failed),
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 },
  );
});

document.getElementById("alike")?.focus();
