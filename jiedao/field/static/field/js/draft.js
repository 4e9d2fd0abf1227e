// A form in progress. Every change is stored at once, photos too: a phone may end the page while its camera is open.
import { shrink } from "../../js/shrink.js";
import { h, icon, say, t } from "./dom.js";

const MOST_PHOTOS = 9; // of a field

export class Draft {
  constructor(store, key, state) {
    Object.assign(this, { store, key, state, pictures: new Map() });
  }

  /** Return the stored draft of this key, a new one, or with `item` the content of an item that its user changes. */
  static async open(store, key, { item = null, initial = {} } = {}) {
    const stored = await store.get(key);
    const fresh = { id: item?.id ?? crypto.randomUUID(), data: item?.data ?? initial, photos: item?.photos ?? {} };
    const draft = new Draft(store, key, stored && (!item || stored.id === item.id) ? stored : fresh);
    for (const id of draft.photoIds) {
      const photo = await store.getPhoto(id);
      if (photo) draft.pictures.set(id, photo);
      else for (const ids of Object.values(draft.state.photos)) if (ids.includes(id)) ids.splice(ids.indexOf(id), 1);
    }
    return draft;
  }

  get data() {
    return this.state.data;
  }

  get photoIds() {
    return Object.values(this.state.photos).flat();
  }

  count(field) {
    return (this.state.photos[field] ?? []).length;
  }

  /** Store values of fields. */
  async put(values) {
    Object.assign(this.state.data, values);
    await this.store.set(this.key, this.state);
  }

  async addPhoto(field, kind, file) {
    const { file: small, bad } = await shrink(file);
    if (bad) return say(t("photoBad", { name: file.name }), "bad");
    const content = await small.arrayBuffer();
    const photo = { id: crypto.randomUUID(), item: this.key, kind, content, name: small.name || "photo.jpg", type: small.type, sent: false };
    await this.store.addPhoto(photo);
    this.pictures.set(photo.id, photo);
    (this.state.photos[field] ??= []).push(photo.id);
    await this.store.set(this.key, this.state);
  }

  async removePhoto(field, id) {
    this.state.photos[field] = this.state.photos[field].filter((other) => other !== id);
    this.pictures.delete(id);
    await this.store.removePhoto(id);
    await this.store.set(this.key, this.state);
  }

  /** Remove the draft with its photos. */
  async discard() {
    for (const [id, photo] of this.pictures) if (photo.item === this.key) await this.store.removePhoto(id);
    await this.store.unset(this.key);
  }
}

/** Return the control for photos of a field: the camera first, then those that the phone has. */
export function photoField(draft, field, kind, label, { required = false, help = "" } = {}) {
  const shown = h("div", { class: "f-photos" });
  const id = `photos-${field.replace(/\W/g, "-")}`;

  function show() {
    const ids = draft.state.photos[field] ?? [];
    shown.replaceChildren(...ids.map((key) => preview(draft, field, key, show)));
  }

  async function take(input) {
    for (const file of [...input.files]) {
      if (draft.count(field) >= MOST_PHOTOS) {
        say(t("photoMost", { n: MOST_PHOTOS }), "warn");
        break;
      }
      await draft.addPhoto(field, kind, file);
    }
    input.value = "";
    show();
  }

  const camera = h("input", { type: "file", accept: "image/*", capture: "environment", id, class: "f-file", onchange: (event) => take(event.target) });
  const album = h("input", { type: "file", accept: "image/*", multiple: true, id: `${id}-album`, class: "f-file", onchange: (event) => take(event.target) });
  show();
  return h(
    "fieldset",
    { class: "f-field" },
    h("legend", {}, label, required ? h("span", { class: "f-must" }, t("must")) : null),
    help ? h("p", { class: "f-help" }, help) : null,
    shown,
    h(
      "div",
      { class: "f-row" },
      h("label", { class: "f-button f-button--plain", for: id }, icon("camera"), t("takePhoto"), camera),
      h("label", { class: "f-button f-button--plain", for: `${id}-album` }, icon("photo"), t("choosePhoto"), album),
    ),
  );
}

function preview(draft, field, key, changed) {
  const photo = draft.pictures.get(key);
  const picture = h("img", { alt: photo.name, src: URL.createObjectURL(new Blob([photo.content], { type: photo.type })) });
  picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
  const remove = async () => {
    await draft.removePhoto(field, key);
    changed();
  };
  const label = `${t("removePhoto")} ${photo.name}`;
  return h("div", { class: "f-photo" }, picture, h("button", { type: "button", "aria-label": label, onclick: remove }, icon("x")));
}
