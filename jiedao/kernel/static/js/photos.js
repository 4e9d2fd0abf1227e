// Scales photos down to 2,000 px before the upload and shows them; without script the files are sent unchanged.
import { send, text } from "./texts.js";

const LONGEST = 2000;
const QUALITY = 0.85;

/** Return a smaller JPEG of a picture, or the file itself when it cannot be read or would not shrink. */
async function shrink(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    if (scale === 1 && file.size < 800_000) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!blob || blob.size >= file.size) return file;
    return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
  } catch {
    return file;
  }
}

const size = (bytes) => (bytes > 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} kB`);

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
    if (entry.file.type.startsWith("image/")) {
      const picture = new Image();
      picture.src = URL.createObjectURL(entry.file);
      picture.alt = entry.file.name;
      picture.onload = () => URL.revokeObjectURL(picture.src);
      box.append(picture);
    }
    const drop = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    drop.setAttribute("aria-label", `${text("photoRemove")} ${entry.file.name}`);
    drop.addEventListener("click", () => {
      files = files.filter((other) => other !== entry);
      put();
    });
    const words = document.createElement("div");
    words.textContent = entry.file === entry.from ? size(entry.file.size) : text("photoShrunk", { size: size(entry.file.size) });
    box.append(drop, words);
    return box;
  }

  input.addEventListener("change", () => {
    const chosen = [...input.files];
    input.toggleAttribute("data-busy", true);
    working = (async () => {
      const made = await Promise.all(chosen.map(async (from) => ({ from, file: await shrink(from) })));
      files = input.multiple ? [...files, ...made] : made;
      put();
      input.removeAttribute("data-busy");
    })();
  });
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
