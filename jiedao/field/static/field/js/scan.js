// Scanning the QR code of a place with the camera, in browsers that read codes by themselves (BarcodeDetector).
import { h, icon, t } from "./dom.js";

const PAUSE = 250; // between two looks at the picture
const ADDRESS = /\/field\/here\/([^/]+)\/([^/]+)\/?$/;

/** Return [kind, code] of the address that a QR code of a place holds; null for any other text. */
export function readPlaceCode(text) {
  let path = "";
  try {
    path = new URL(text).pathname;
  } catch {
    return null;
  }
  const match = ADDRESS.exec(path);
  return match && [decodeURIComponent(match[1]), decodeURIComponent(match[2])];
}

/** Return whether this browser can scan by itself. */
export async function canScan() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code");
}

/** Return the button that scans, or the words that the phone's own camera opens the code. `found` gets [kind, code]. */
export async function scanField(found) {
  if (!(await canScan())) return h("p", { class: "f-help" }, t("scanByCamera"));
  const box = h("div", { class: "f-scan" });
  const state = h("p", { role: "status", class: "f-help" });
  let stop = () => {};

  const offer = () => box.replaceChildren(h("button", { type: "button", class: "f-button", onclick: start }, icon("camera"), t("scan")), state);

  async function start() {
    state.textContent = t("scanStarting");
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch (fault) {
      state.textContent = t(fault.name === "NotAllowedError" ? "scanDenied" : "scanNoCamera");
      return;
    }
    const video = h("video", { playsinline: true, muted: true, class: "f-scan__video", "aria-label": t("scanPicture") });
    let going = true;
    stop = () => {
      going = false;
      for (const track of stream.getTracks()) track.stop();
      stop = () => {};
      offer();
    };
    const end = () => {
      state.textContent = "";
      stop();
    };
    box.replaceChildren(video, h("button", { type: "button", class: "f-button f-button--plain", onclick: end }, icon("x"), t("scanStop")), state);
    state.textContent = t("scanHold");
    video.srcObject = stream;
    video.play().catch(() => null); // not awaited: a camera may take long to its first picture, and the user may stop before
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    while (going) {
      // Left without the button: the camera must not stay on.
      if (!box.isConnected || document.hidden) return stop();
      const codes = await detector.detect(video).catch(() => []);
      for (const { rawValue } of codes) {
        const place = readPlaceCode(rawValue);
        if (place && going) {
          stop();
          return found(place);
        }
        state.textContent = t("scanOther");
      }
      await new Promise((done) => setTimeout(done, PAUSE));
    }
  }

  offer();
  return box;
}
