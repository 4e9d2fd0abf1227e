// The store on the device (IndexedDB): items that wait, their photos, and the bundle of the day.
//
// A new build opens the same database. To change its shape, raise SCHEMA and add a step to `upgrade`: a step never
// deletes a row of `items` or `photos`, whatever build wrote it.
const NAME = "jiedao-field";
const SCHEMA = 1;
// The key under which the number of waiting items is stored; other pages read it before signing out (kernel/static/js/shell.js).
const NOTE = "jiedao-offline";

function upgrade(database, from) {
  if (from < 1) {
    const items = database.createObjectStore("items", { keyPath: "serial", autoIncrement: true });
    items.createIndex("id", "id", { unique: true });
    const photos = database.createObjectStore("photos", { keyPath: "id" });
    photos.createIndex("item", "item");
    database.createObjectStore("values");
  }
}

/** Return a promise of what an IndexedDB request returns. */
const ask = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

/** Open the store; `replaced` is called when a newer build needs it, after which this one cannot write any more. */
export async function openStore(replaced = () => {}) {
  const opening = indexedDB.open(NAME, SCHEMA);
  opening.onupgradeneeded = (event) => upgrade(opening.result, event.oldVersion);
  const database = await ask(opening);
  database.onversionchange = () => {
    database.close();
    replaced();
  };
  return new Store(database);
}

export class Store {
  constructor(database) {
    this.database = database;
  }

  close = () => this.database.close();

  /** Run a step in one transaction and resolve once it is on the disk. */
  async run(names, mode, step) {
    const transaction = this.database.transaction(names, mode, mode === "readwrite" ? { durability: "strict" } : {});
    const ended = new Promise((done, failed) => {
      transaction.oncomplete = done;
      transaction.onerror = transaction.onabort = () => failed(transaction.error ?? new Error("aborted"));
    });
    const result = await step(...[names].flat().map((name) => transaction.objectStore(name)));
    await ended;
    return result;
  }

  get = (key) => this.run("values", "readonly", (values) => ask(values.get(key)));
  set = (key, value) => this.run("values", "readwrite", (values) => ask(values.put(value, key)));
  keys = (range) => this.run("values", "readonly", (values) => ask(values.getAllKeys(range)));
  unset = (key) => this.run("values", "readwrite", (values) => ask(values.delete(key)));

  /** Return the items of all users, the oldest first. */
  list = () => this.run("items", "readonly", (items) => ask(items.getAll()));
  find = (id) => this.run("items", "readonly", (items) => ask(items.index("id").get(id)));

  /** Add an item, give it its photos, and remove the draft from which it was made: all or nothing. */
  add = (item, photoIds = [], draft = "") =>
    this.run(["items", "photos", "values"], "readwrite", async (items, photos, values) => {
      const before = await ask(items.index("id").get(item.id));
      await ask(items.put(before ? { ...item, serial: before.serial } : item));
      for (const id of photoIds) {
        const photo = await ask(photos.get(id));
        if (photo) await ask(photos.put({ ...photo, item: item.id }));
      }
      const left = await ask(photos.index("item").getAll(item.id));
      for (const photo of left) if (!photoIds.includes(photo.id)) await ask(photos.delete(photo.id));
      if (draft) await ask(values.delete(draft));
    });

  put = (item) => this.run("items", "readwrite", (items) => ask(items.put(item)));

  /** Remove an item that was received, and store what it changes in the items that wait behind it. */
  finish = (item, changed = []) =>
    this.run(["items", "photos"], "readwrite", async (items, photos) => {
      for (const other of changed) await ask(items.put(other));
      for (const id of await ask(photos.index("item").getAllKeys(item.id))) await ask(photos.delete(id));
      await ask(items.delete(item.serial));
    });

  addPhoto = (photo) => this.run("photos", "readwrite", (photos) => ask(photos.put(photo)));
  getPhoto = (id) => this.run("photos", "readonly", (photos) => ask(photos.get(id)));
  removePhoto = (id) => this.run("photos", "readwrite", (photos) => ask(photos.delete(id)));
  photosOf = (item) => this.run("photos", "readonly", (photos) => ask(photos.index("item").getAll(item)));

  /** Store how many items wait, for the other pages of the site. */
  note(waiting) {
    localStorage.setItem(NOTE, JSON.stringify({ waiting, page: `${document.body.dataset.home}#/out`, databases: [NAME] }));
  }

  /** Remove everything from the device except the items of other users. */
  async forget(user) {
    const others = (await this.list()).filter((item) => item.user !== user);
    const kept = new Set(others.map((item) => item.id));
    await this.run(["items", "photos", "values"], "readwrite", async (items, photos, values) => {
      await ask(values.clear());
      for (const item of await ask(items.getAll())) if (item.user === user) await ask(items.delete(item.serial));
      for (const photo of await ask(photos.getAll())) if (!kept.has(photo.item)) await ask(photos.delete(photo.id));
    });
    this.note(others.length);
    if (others.length) return;
    this.database.close();
    await ask(indexedDB.deleteDatabase(NAME));
    localStorage.removeItem(NOTE);
  }
}
