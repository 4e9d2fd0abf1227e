// The queue as a file: the last resort of a phone that cannot send. It is imported at the desk; a second import does no harm.
import { h, say, t } from "./dom.js";

const LARGEST = 12_000_000; // characters of one file, under the limit of an upload

async function encode(content) {
  const blob = new Blob([content]);
  const url = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(",") + 1);
}

/** Save the items as files that are small enough to be uploaded; the items stay in the queue. */
export async function exportQueue(app, items) {
  const files = [];
  let file = null;
  for (const { v, id, kind, user, made_at, data, photos } of items) {
    const pictures = {};
    for (const photo of await app.store.photosOf(id)) {
      pictures[photo.id] = { name: photo.name, kind: photo.kind, content: await encode(photo.content) };
    }
    const size = JSON.stringify(pictures).length;
    if (!file || file.size + size > LARGEST) {
      file = { size: 0, content: { format: "jiedao-field-queue", v: 1, items: [], photos: {} } };
      files.push(file);
    }
    file.size += size;
    file.content.items.push({ v, id, kind, user, made_at, data, photos, sent_at: Date.now() });
    Object.assign(file.content.photos, pictures);
  }
  files.forEach(({ content }, place) => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(content)], { type: "application/json" }));
    const day = new Date().toISOString().slice(0, 10);
    const link = h("a", { href: url, download: `${t("fileName")}-${day}-${place + 1}.json` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  });
  say(t("exported", { n: files.length }), "good");
}
