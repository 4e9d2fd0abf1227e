// The queue: what was done waits here until the server has confirmed it. This module uses neither browser nor server itself:
// store, transport and clock are parameters, so that a test can lose answers and stop it at any moment.
//
// An item is removed only after its receipt, and has a UUID by which the server recognises it, so that it may be sent any
// number of times and is carried out once. It is sent again until it is received or refused. A refused item is HELD: it
// waits for its user, who sends it again, changes it or drops it.
export const FORMAT = 1;
export const WAITING = "WAITING";
export const HELD = "HELD";

const FIRST_PAUSE = 5_000;
const LONGEST_PAUSE = 300_000;

/** The transport could not reach the server, or could not read its answer. */
export class Unreachable extends Error {}

/** No user, or another user, is signed in; `url` is the page to complete first, where there is one. */
export class SignedOut extends Error {
  constructor(url = "") {
    super("signed out");
    this.url = url;
  }
}

/** Return the pause after a number of failures in a row: it doubles up to five minutes, and differs between phones. */
export function computePause(failures, random = Math.random) {
  return Math.min(FIRST_PAUSE * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE) * (0.75 + random() / 2);
}

/** Items with the same subject are sent in their order. */
const subjectOf = (item) => item.data.case ?? (item.data.inspection ? `inspection ${item.data.inspection}` : item.id);

export class Queue {
  constructor({ store, transport, now = Date.now, random = Math.random, changed = () => {}, received = async () => {} }) {
    Object.assign(this, { store, transport, now, random, changed, received, failures: 0, resumeAt: 0 });
  }

  /** Store an item; once the promise resolves it is on the disk. */
  async add(item, photoIds = [], draft = "") {
    const row = { v: FORMAT, made_at: this.now(), ...item, state: WAITING, attempts: 0, next_at: 0, fault: null };
    await this.store.add(row, photoIds, draft);
    await this.changed();
  }

  /** Clear the pauses, because the network has come back or the user asked to send now. */
  async hurry() {
    this.failures = this.resumeAt = 0;
    for (const item of await this.store.list()) {
      if (item.state === WAITING && item.next_at) await this.store.put({ ...item, next_at: 0 });
    }
  }

  /** Send what waits of the user, the oldest first. Return why it stopped: "" done, "network", "signin" or "pause". */
  async pump(user) {
    if (this.now() < this.resumeAt && this.resumeAt - this.now() <= LONGEST_PAUSE * 2) return "pause";
    const waiting = (await this.store.list()).filter((item) => item.user === user && item.state === WAITING);
    const blocked = new Set();
    for (const { id } of waiting) {
      const item = await this.store.find(id); // as it is now: an item before it may have changed it
      if (!item || item.state !== WAITING) continue;
      const subject = subjectOf(item);
      // The clock of a phone may be set back: a pause is never longer than the longest one.
      const pauses = item.next_at > this.now() && item.next_at - this.now() <= LONGEST_PAUSE * 2;
      if (blocked.has(subject) || pauses) {
        blocked.add(subject);
        continue;
      }
      try {
        if (!(await this.#send(item))) blocked.add(subject);
        this.failures = this.resumeAt = 0;
      } catch (fault) {
        if (fault instanceof SignedOut) return "signin";
        if (!(fault instanceof Unreachable)) throw fault;
        this.failures += 1;
        this.resumeAt = this.now() + computePause(this.failures, this.random);
        return "network";
      } finally {
        this.changed();
      }
    }
    return "";
  }

  /** Send an item with its photos; return whether it is finished. */
  async #send(item) {
    for (const photo of await this.store.photosOf(item.id)) {
      if (photo.sent) continue;
      const answer = await this.transport.photo(photo);
      if (!answer.ok) return this.#refuse(item, answer);
      await this.store.addPhoto({ ...photo, sent: true });
    }
    const { v, id, kind, user, made_at, data, photos } = item;
    const answer = await this.transport.item({ v, id, kind, user, made_at, data, photos, sent_at: this.now() });
    if (answer.body?.missing) await this.#sendAgain(item, answer.body.missing);
    if (!answer.ok) return this.#refuse(item, answer);
    // Store the case first: if the item were removed before, the app would offer moves that the server no longer accepts.
    await this.received(item, answer.body);
    await this.store.finish(item, await this.#listFollowers(item, answer.body));
    return true;
  }

  /** Mark photos that the server lacks, such as after it was restored from a backup. */
  async #sendAgain(item, missing) {
    for (const photo of await this.store.photosOf(item.id)) {
      if (missing.includes(photo.id)) await this.store.addPhoto({ ...photo, sent: false });
    }
  }

  /** Return the items that wait on the same case, with the version that this item has made. */
  async #listFollowers(item, body) {
    if (!item.data.case || !body?.version) return [];
    const rows = (await this.store.list()).filter((row) => row.serial > item.serial && row.data.case === item.data.case);
    return rows
      .filter((row) => row.data.version === item.data.version)
      .map((row) => ({ ...row, data: { ...row.data, version: body.version } }));
  }

  /** Hold a refused item for its user; after an error of the server or a request to wait, it is tried again. */
  async #refuse(item, { status, body }) {
    const attempts = item.attempts + 1;
    const again = status >= 500 || status === 429 || body?.missing;
    const next_at = this.now() + (body?.missing && attempts < 3 ? 0 : computePause(attempts, this.random));
    const change = again ? { attempts, next_at } : { attempts, state: HELD, fault: { status, ...body } };
    await this.store.put({ ...item, ...change });
    return false;
  }

  /** Send a held item again, with changes of its data where the user made some. */
  async release(item, data = item.data) {
    await this.store.put({ ...item, data, state: WAITING, fault: null, attempts: 0, next_at: 0 });
    await this.changed();
  }

  /** Remove an item that the user does not want to send any more. */
  async drop(item) {
    await this.store.finish(item);
    await this.changed();
  }
}
