// A model of everything that can go wrong between a phone and the server. Each schedule is one day: items are added, the
// app is killed at any step, answers are lost after the server has carried the item out, requests are lost before they
// arrive, colleagues are faster, the phone's clock jumps. At the end the network is good, and every item has to be on
// the server exactly once, in the order of its case, or held for its user.
import { HELD, Queue, SignedOut, Unreachable, WAITING } from "/static/field/js/queue.js";

class Killed extends Error {}

/** A small generator of numbers, the same for the same seed. */
function makeRandom(seed) {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The store of a device: what a step has written survives a kill, a step that was killed has written nothing. */
class Device {
  constructor(random) {
    Object.assign(this, { random, items: [], photos: [], serial: 0, killing: 0 });
  }

  async step(write) {
    await null;
    if (this.random() < this.killing) throw new Killed();
    const result = write();
    await null;
    if (this.random() < this.killing) throw new Killed();
    return result;
  }

  list = () => this.step(() => structuredClone(this.items));
  find = (id) => this.step(() => structuredClone(this.items.find((item) => item.id === id)));
  add = (item, photoIds) =>
    this.step(() => {
      this.items.push({ ...item, serial: ++this.serial });
      for (const id of photoIds) this.photos.push({ id, item: item.id, sent: false });
    });
  put = (item) => this.step(() => this.items.splice(this.items.findIndex((row) => row.id === item.id), 1, structuredClone(item)));
  finish = (item, changed = []) =>
    this.step(() => {
      for (const other of changed) this.items.splice(this.items.findIndex((row) => row.id === other.id), 1, structuredClone(other));
      this.items = this.items.filter((row) => row.id !== item.id);
      this.photos = this.photos.filter((photo) => photo.item !== item.id);
    });
  addPhoto = (photo) => this.step(() => this.photos.splice(this.photos.findIndex((row) => row.id === photo.id), 1, photo));
  photosOf = (id) => this.step(() => structuredClone(this.photos.filter((photo) => photo.item === id)));
}

/** The server: it carries an item out once by its UUID, and compares the version of a case, as the real one does. */
class Server {
  constructor(random) {
    Object.assign(this, { random, trouble: 0, done: [], known: new Map(), pictures: new Set(), versions: new Map() });
  }

  async call(work) {
    await null;
    const luck = this.random();
    if (luck < this.trouble * 0.3) throw new Unreachable("lost on the way");
    if (luck < this.trouble * 0.35) throw new SignedOut();
    if (luck < this.trouble * 0.45) return { ok: false, status: luck < this.trouble * 0.4 ? 503 : 429, body: null };
    const answer = work();
    await null;
    if (this.random() < this.trouble * 0.5) throw new Unreachable("answer lost");
    return answer;
  }

  photo = (photo) => this.call(() => {
    this.pictures.add(photo.id);
    return { ok: true, status: 200, body: {} };
  });

  item = (item) => this.call(() => {
    if (this.known.has(item.id)) return { ok: true, status: 200, body: this.known.get(item.id) };
    const missing = Object.values(item.photos).flat().filter((id) => !this.pictures.has(id));
    if (missing.length) return { ok: false, status: 422, body: { missing } };
    const { case: number, version } = item.data;
    const now = this.versions.get(number) ?? 1;
    if (number && version !== now) return { ok: false, status: 409, body: { stale: true } };
    const body = number ? { version: now + 1 } : {};
    if (number) this.versions.set(number, now + 1);
    this.done.push(item.id);
    this.known.set(item.id, body);
    return { ok: true, status: 201, body };
  });
}

async function runSchedule(seed) {
  const random = makeRandom(seed);
  const device = new Device(random);
  const server = new Server(random);
  let clock = 1e12;
  const open = () => new Queue({ store: device, transport: server, now: () => clock, random });
  let queue = open();
  const made = [];
  const disturbed = new Set();
  device.killing = random() * 0.06;
  server.trouble = random();
  for (let turn = 0; turn < 14; turn++) {
    clock += (random() - 0.1) * 900_000;
    if (random() < 0.03) clock += (random() - 0.5) * 4e10; // a clock that is set a year off
    try {
      if (random() < 0.5) {
        const number = random() < 0.6 ? `case-${Math.floor(random() * 3)}` : null;
        const id = `item-${made.length}`;
        const photos = Array.from({ length: Math.floor(random() * 3) }, (_, n) => `${id}-photo-${n}`);
        const data = number ? { case: number, version: server.versions.get(number) ?? 1 } : { detail: id };
        made.push({ id, number });
        await queue.add({ id, user: 1, kind: number ? "MOVE" : "REPORT", data, photos: { photos } }, photos);
      }
      if (random() < 0.04) {
        const number = `case-${Math.floor(random() * 3)}`;
        server.versions.set(number, 50 + turn); // a colleague was faster
        disturbed.add(number);
      }
      if (random() < 0.05) server.pictures.clear(); // a server that was restored from a backup
      await queue.pump(1);
    } catch (fault) {
      if (!(fault instanceof Killed)) throw fault;
      queue = open(); // the app is started again
    }
  }
  device.killing = server.trouble = 0;
  const stored = new Set([...device.items.map((item) => item.id), ...server.done]);
  for (let turn = 0; turn < 40 && device.items.some((item) => item.state === WAITING); turn++) {
    clock += 3_600_000;
    await queue.pump(1);
  }
  return check({ seed, made, stored, disturbed, device, server });
}

/** Return what is wrong at the end of a schedule; "" when nothing is. */
function check({ seed, made, stored, disturbed, device, server }) {
  const held = new Set(device.items.filter((item) => item.state === HELD).map((item) => item.id));
  if (device.items.length !== held.size) return `${seed}: ${device.items.length - held.size} items wait for ever`;
  if (new Set(server.done).size !== server.done.length) return `${seed}: an item was carried out twice`;
  for (const { id, number } of made) {
    const ended = server.done.includes(id);
    if (!stored.has(id) && !ended) continue; // killed before it was on the disk: the user never saw that it is stored
    if (!ended && !held.has(id)) return `${seed}: ${id} is lost`;
    if (ended && held.has(id)) return `${seed}: ${id} was carried out and is held`;
    if (held.has(id) && !disturbed.has(number)) return `${seed}: ${id} is held although no colleague was faster`;
  }
  for (const number of ["case-0", "case-1", "case-2"]) {
    const order = made.filter((one) => one.number === number && server.done.includes(one.id)).map((one) => one.id);
    const real = server.done.filter((id) => order.includes(id));
    if (order.join() !== real.join()) return `${seed}: the items of ${number} were carried out as ${real}`;
  }
  return "";
}

/** Run schedules and return the faults, with counts that show that the schedules were hard. */
export async function runSchedules(count) {
  const faults = [];
  for (let seed = 1; seed <= count; seed++) {
    const fault = await runSchedule(seed);
    if (fault) faults.push(fault);
  }
  return faults;
}
