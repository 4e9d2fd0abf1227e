// Small pictures of the photos of the day's cases. They are stored with the bundle and removed with it.
import { h, moment, t } from "./dom.js";
import { Unreachable } from "./queue.js";

const PREFIX = "preview:";
const ALL = IDBKeyRange.bound(PREFIX, `${PREFIX}\uffff`);

/** Store the previews that the day names and the phone lacks, up to its limit; remove those that it no longer names. */
export async function loadPreviews(app) {
  const { store, day } = app;
  if (!store || !day) return;
  const wanted = new Set(day.cases.flatMap((row) => row.photos ?? []).map((photo) => PREFIX + photo.id));
  let left = day.photo_bytes ?? 0;
  const stored = new Set();
  for (const key of await store.keys(ALL)) {
    if (!wanted.has(key)) await store.unset(key);
    else {
      stored.add(key);
      left -= (await store.get(key)).byteLength;
    }
  }
  for (const key of wanted) {
    if (stored.has(key)) continue;
    let content;
    try {
      content = await app.transport.preview(key.slice(PREFIX.length));
    } catch (fault) {
      if (fault instanceof Unreachable) return; // the next bundle tries again
      throw fault;
    }
    // The user may have signed out meanwhile: nothing is written any more.
    if (app.store !== store || app.day?.user.id !== day.user.id) return;
    if (!content) continue;
    left -= content.byteLength;
    if (left < 0) return;
    await store.set(key, content);
  }
}

/** Remove every preview from the device. */
export async function removePreviews(store) {
  for (const key of await store.keys(ALL)) await store.unset(key);
}

/** Return the photos of a case with their kinds and times; a photo that is not on the phone yet is named. */
export async function showPreviews(app, row) {
  const figures = [];
  for (const photo of row.photos ?? []) {
    const words = `${photo.kind} · ${moment(photo.at)}`;
    const content = await app.store.get(PREFIX + photo.id);
    const caption = h("figcaption", { class: "f-quiet" }, words);
    if (!content) {
      figures.push(h("figure", { class: "f-shot" }, h("p", { class: "f-quiet" }, t("photoNotHere")), caption));
      continue;
    }
    const picture = h("img", { alt: words, src: URL.createObjectURL(new Blob([content], { type: "image/jpeg" })) });
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
    figures.push(h("figure", { class: "f-shot" }, picture, caption));
  }
  return figures.length ? h("section", { class: "f-shots", "aria-label": t("photos") }, figures) : null;
}
