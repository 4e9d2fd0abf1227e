// Scales photos down to 2,000 px before the upload and shows them, and offers the camera of a phone. Without script the
// files are sent unchanged.
import { shrink } from "./shrink.js";
import { send, text } from "./texts.js";

const size = (bytes) => (bytes > 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} kB`);

/** Return the end of a long name, which tells one file from another. */
const shorten = (name) => (name.length > 24 ? `…${name.slice(-23)}` : name);

/** Return whether the field takes pictures on a phone and the form has no button of its own for the camera. */
function wantsCamera(input) {
  const takesPictures = input.accept.startsWith("image/") && !input.capture;
  return takesPictures && matchMedia("(pointer: coarse)").matches && !input.form?.querySelector("[name][capture]");
}

/** Return a button that opens the camera: many phones offer only stored pictures in a field for several files. */
function makeCamera(add) {
  const camera = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", hidden: true });
  camera.setAttribute("capture", "environment");
  camera.addEventListener("change", () => {
    add([...camera.files]);
    camera.value = "";
  });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn j-camera", textContent: text("photoTake") });
  button.addEventListener("click", () => camera.click());
  button.append(camera);
  return button;
}

function wire(input) {
  const place = Object.assign(document.createElement("div"), { className: "j-previews" });
  place.setAttribute("role", "status");
  input.after(place);
  let files = [];
  let working = Promise.resolve();

  function put() {
    const bag = new DataTransfer();
    files.forEach((entry) => bag.items.add(entry.file));
    input.files = bag.files;
    place.replaceChildren(...files.map(card));
  }

  function card(entry) {
    const box = Object.assign(document.createElement("div"), { className: "j-preview" });
    const sign = Object.assign(document.createElement("span"), { className: "j-preview__file", textContent: shorten(entry.file.name) });
    if (entry.file.type.startsWith("image/") && !entry.bad) {
      const picture = new Image();
      picture.src = URL.createObjectURL(entry.file);
      picture.alt = entry.file.name;
      picture.onload = () => URL.revokeObjectURL(picture.src);
      picture.onerror = () => {
        picture.replaceWith(sign); // such as HEIC outside Safari
        words.textContent += ` · ${text("photoPlain")}`;
      };
      box.append(picture);
    } else {
      box.append(sign);
    }
    const drop = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    drop.setAttribute("aria-label", `${text("photoRemove")} ${entry.file.name}`);
    drop.addEventListener("click", () => {
      files = files.filter((other) => other !== entry);
      put();
    });
    const words = document.createElement("div");
    const shrunk = entry.file !== entry.from;
    words.textContent = shrunk ? text("photoShrunk", { size: size(entry.file.size) }) : size(entry.file.size);
    if (entry.bad) words.textContent = text("photoBad");
    box.classList.toggle("j-preview--bad", entry.bad);
    box.append(drop, words);
    return box;
  }

  function add(chosen) {
    input.toggleAttribute("data-busy", true);
    working = (async () => {
      const made = await Promise.all(chosen.map(async (from) => ({ from, ...(await shrink(from)) })));
      files = input.multiple ? [...files, ...made] : made;
      put();
      input.removeAttribute("data-busy");
    })();
  }

  input.addEventListener("change", () => add([...input.files]));
  if (wantsCamera(input)) input.before(makeCamera(add));
  // A submit while pictures are still being scaled down waits for them.
  input.form?.addEventListener("submit", async (event) => {
    if (!input.hasAttribute("data-busy")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const by = event.submitter;
    await working;
    send(input.form, by);
  });
}

if (window.DataTransfer && window.createImageBitmap) document.querySelectorAll("input[data-photos]").forEach(wire);
