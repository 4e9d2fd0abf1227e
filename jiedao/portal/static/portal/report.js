// Suggests places while the place is typed, and records a position: of the device, or a point on the map.
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
const near = document.querySelector("[data-near]");
const forget = document.querySelector("[data-forget-point]");
const mapButton = document.querySelector("[data-open-map]");
const mapPane = document.getElementById("point-map");
const [lon, lat, accuracy] = ["id_lon", "id_lat", "id_accuracy_m"].map((id) => document.getElementById(id));
let proposed = ""; // the words that a point has written into the field, which the next point may replace
let describing = 0;

function show(template, metres = 0) {
  status.textContent = template.replace("{m}", String(Math.round(metres)));
}

/** Write words for the place, unless the person has written their own. */
function propose(text) {
  if (words.value.trim() && words.value !== proposed) return;
  words.value = proposed = text;
}

/** Return a button that writes these words, also over those of the person. */
function buildChoice(text) {
  const choice = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: text });
  choice.addEventListener("click", () => {
    words.value = proposed = text;
    words.focus();
  });
  return choice;
}

/** State where the point is, and propose words for it: after a moment, as an arrow key moves the pin many times. */
function describePoint(isPointed) {
  clearTimeout(describing);
  forget.hidden = !lon.value;
  near.hidden = true;
  if (!lon.value || !lat.value) return;
  const own = (describing = setTimeout(async () => {
    try {
      const query = new URLSearchParams({ lon: lon.value, lat: lat.value });
      const answer = await fetch(`${near.dataset.near}?${query}`, { credentials: "omit" });
      const { note, words: texts, outside } = await answer.json();
      if (own !== describing) return;
      if (isPointed || outside) status.textContent = note;
      if (isPointed && texts.length) propose(texts[0]);
      near.replaceChildren(near.dataset.nearLabel, ...texts.map(buildChoice));
      near.hidden = !texts.length;
    } catch {
      // Without a network the words are enough.
    }
  }, 300));
}

if (button && !navigator.geolocation) button.hidden = true;
button?.addEventListener("click", () => {
  show(button.dataset.wait);
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      lat.value = coords.latitude.toFixed(6);
      accuracy.value = String(Math.round(coords.accuracy));
      show(coords.accuracy > COARSE ? button.dataset.coarse : button.dataset.done, coords.accuracy);
      lon.value = coords.longitude.toFixed(6);
      lon.dispatchEvent(new CustomEvent("change", { detail: "device" })); // the map shows its pin there
    },
    () => show(button.dataset.failed),
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 },
  );
});

for (const input of [lon, lat]) {
  input?.addEventListener("change", (event) => {
    const isDevice = event.detail === "device";
    if (!isDevice) accuracy.value = "";
    describePoint(!isDevice);
  });
}

forget?.addEventListener("click", () => {
  for (const input of [lon, lat, accuracy]) input.value = "";
  lon.dispatchEvent(new Event("change"));
  show(forget.dataset.done);
  (mapPane?.hidden === false ? mapButton : button)?.focus();
});

mapButton?.addEventListener("click", () => {
  mapPane.hidden = !mapPane.hidden;
  mapButton.setAttribute("aria-expanded", String(!mapPane.hidden));
});
mapPane?.addEventListener("map-failed", () => {
  mapPane.hidden = true;
  mapButton.hidden = true;
  show(mapButton.dataset.failed);
});

if (lon?.value) describePoint(false); // a form that came back with its position
document.getElementById("alike")?.focus();
