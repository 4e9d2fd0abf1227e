// The app: it starts from the data on the device, fetches the day when there is a network, and sends waiting items itself.
import { h, icon, say, t } from "./dom.js";
import { putRow } from "./bundle.js";
import { openStore } from "./db.js";
import { loadPreviews, removePreviews } from "./previews.js";
import { Queue, SignedOut, Unreachable, WAITING } from "./queue.js";
import { meScreen, outScreen, queueScreen, todayScreen } from "./screens.js";
import { Transport } from "./transport.js";
import { caseScreen, inspectScreen, moveScreen, reportScreen, visitScreen } from "./work.js";

const DAY_ENDS = 16 * 3600_000; // a bundle is removed from the device after a working day
const REFRESH = 10 * 60_000;
const TICK = 15_000;
const { home, signIn } = document.body.dataset;
const syncs = "SyncManager" in window && "locks" in navigator; // Chromium; others have no Background Sync

const app = {
  store: null,
  queue: null,
  transport: new Transport(home),
  user: null,
  day: null,
  items: [],
  receipts: [],
  here: null,
  received: 0, // how many items the server has received since the start
  mapOpen: false,
  allNear: false, // whether all open cases nearby are listed
  state: "", // "", "offline", "signin", "other", "replaced"
  signInUrl: "",

  /** Whether what is queued now waits: the browser has no network, or the last request failed. */
  get isOffline() {
    return this.state === "offline" || navigator.onLine === false;
  },

  go(path) {
    if (location.hash === `#${path}`) this.show();
    else location.hash = path;
  },

  async load() {
    if (!this.store) return;
    this.items = (await this.store.list()) ?? [];
    this.store.note(this.items.length);
    showTabs();
  },

  /** A line about the network and the queue above a page; null when all is sent. */
  notice() {
    const own = this.items.filter((item) => item.user === this.user?.id);
    const held = own.filter((item) => item.state !== WAITING).length;
    const lines = [];
    if (this.state === "offline") lines.push(h("p", { class: "f-card f-card--info" }, icon("cloud-upload"), t("offline")));
    if (this.state === "signin") lines.push(signInCard(own.length));
    if (this.state === "replaced") lines.push(h("p", { class: "f-card f-card--warn" }, t("replaced")));
    if (held) lines.push(h("p", { class: "f-card f-card--bad" }, t("heldNotice", { n: held }), " ", h("a", { href: "#/queue" }, t("showQueue"))));
    return lines;
  },

  sendSoon() {
    setTimeout(send, 50);
    askForSync();
  },

  async sendNow() {
    await this.queue.hurry();
    await send();
    this.show();
  },

  /** Fetch the day again; with `loud` the result is shown. */
  async refresh(loud = false) {
    try {
      await loadDay();
      if (loud) say(t("refreshed"), "good");
    } catch (fault) {
      settle(fault);
      if (loud) say(t(this.state === "signin" ? "signInFirst" : "noNetwork"), "warn");
    }
    this.show();
  },

  async signOut() {
    const user = this.user.id;
    await this.transport.hello().catch(() => null);
    const { token } = this.transport;
    const store = this.store;
    // From here on no other code may write the data that is being removed.
    Object.assign(this, { store: null, user: null, day: null, items: [], receipts: [] });
    await store.forget(user);
    if (!token) {
      document.getElementById("main").replaceChildren(h("h1", {}, t("app")), h("p", { class: "f-card f-card--warn" }, t("outOffline")));
      return showTabs();
    }
    const form = h("form", { method: "post", action: document.body.dataset.signOut }, h("input", { type: "hidden", name: "csrfmiddlewaretoken", value: token }));
    document.body.append(form);
    form.submit();
  },

  show: () => show(),
};

function signInCard(waiting) {
  const url = app.signInUrl || `${signIn}?next=${encodeURIComponent(home)}`;
  const words = waiting ? t("signInWaits", { n: waiting }) : t("signInFirst");
  return h("p", { class: "f-card f-card--warn" }, words, " ", h("a", { class: "f-button", href: url }, t("signIn")));
}

function settle(fault) {
  if (fault instanceof SignedOut) {
    app.state = "signin";
    app.signInUrl = fault.url;
  } else if (fault instanceof Unreachable) {
    app.state = "offline";
    if (app.items.length) askForSync();
  } else throw fault;
}

/** Store the case of the server's answer in the bundle: the network may be gone before the next bundle arrives. */
async function putCase(item, body) {
  app.received += 1;
  const day = app.day && putRow(app.day, body?.row);
  if (!day || !app.store) return;
  app.day = day;
  await app.store.set("day", app.day);
}

async function loadDay() {
  const { received } = app;
  const answer = await app.transport.day();
  // The answer may be older than an item that was received meanwhile.
  if (app.received !== received) return loadDay();
  if (!answer.ok) throw answer.status === 403 ? new SignedOut() : new Unreachable(String(answer.status));
  if (!app.store) return;
  const day = { ...answer.body, loaded: Date.now() };
  app.day = day;
  app.user = day.user;
  app.state = "";
  await app.store.set("day", day);
  await app.load();
  loadPreviews(app).then(() => location.hash.startsWith("#/case/") && !isTyping() && show());
}

/** Send waiting items from one open page of the app at a time: two would send the same items, which wastes the network. */
async function send() {
  if (!app.user || !app.store) return;
  const work = async (lock) => {
    if (lock === null) return;
    const before = new Map(app.items.map((item) => [item.id, item.title]));
    const mine = app.items.filter((item) => item.user === app.user.id && item.state === WAITING).length;
    if (!mine) return;
    try {
      if ((await app.transport.hello()) !== app.user.id) {
        app.state = "signin";
        return;
      }
      app.state = "";
      const stopped = await app.queue.pump(app.user.id);
      if (stopped === "network") {
        app.state = "offline";
        askForSync();
      }
      if (stopped === "signin") app.state = "signin";
    } catch (fault) {
      settle(fault);
    }
    if (!app.store) return;
    await app.load();
    const left = new Set(app.items.map((item) => item.id));
    const sent = [...before].filter(([id]) => !left.has(id));
    if (!sent.length) return;
    app.receipts = [...sent.map(([, title]) => title), ...app.receipts].slice(0, 30);
    say(t("sent", { n: sent.length }), "good");
    await loadDay().catch(settle);
  };
  await (navigator.locks ? navigator.locks.request("jiedao-field-send", { ifAvailable: true }, work) : work({}));
  if (!isTyping()) show();
  else showTabs();
}

/** Ask the browser to send the queue by the service worker once there is a network, also after the app is closed. */
async function askForSync() {
  if (!syncs) return;
  const worker = await navigator.serviceWorker.getRegistration(home);
  await worker?.sync?.register("field-queue").catch(() => null); // a user may have forbidden it: the app sends by itself
}

/** Never redraw a form while its user fills it in, nor the picture of the camera. */
const isTyping = () => document.querySelector("#main form, #main video") !== null;

function showTabs() {
  const own = app.items.filter((item) => item.user === app.user?.id);
  const path = location.hash.slice(1) || "/";
  const tabs = [
    ["/", "today", "list-details"],
    ["/report", "report", "camera"],
    ["/queue", "queue", "cloud-upload"],
    ["/me", "me", "user"],
  ].filter(([to]) => to !== "/report" || app.day?.may.report);
  const bar = document.getElementById("tabs");
  bar.hidden = !app.user;
  bar.replaceChildren(
    ...tabs.map(([to, label, name]) =>
      h("a", { href: `#${to}`, class: "f-tab", "aria-current": path === to ? "page" : null }, icon(name), h("span", {}, t(label)), to === "/queue" && own.length ? h("b", { class: "f-badge" }, String(own.length)) : null),
    ),
  );
  const words = app.state === "offline" ? t("offlineShort") : own.length ? t("waitsShort", { n: own.length }) : t("allSent");
  document.getElementById("top").replaceChildren(
    h("span", { class: "f-top__town" }, app.day?.town ?? ""),
    h("a", { class: `f-top__state${own.length || app.state ? " f-top__state--warn" : ""}`, href: "#/queue" }, words),
  );
}

async function buildScreen(path) {
  const [, page = "", first = "", second = ""] = path.split("/").map(decodeURIComponent);
  if (page === "out") return outScreen(app);
  if (page === "report") return reportScreen(app);
  if (page === "case") return second ? moveScreen(app, first, second) : caseScreen(app, first);
  if (page === "inspect") return inspectScreen(app, Number(first));
  if (page === "visit" || page === "here") return visitScreen(app, first, second);
  if (page === "queue") return queueScreen(app);
  if (page === "me") return meScreen(app);
  if (page === "edit") return editScreen(first);
  return todayScreen(app);
}

async function editScreen(id) {
  const item = await app.store.find(id);
  if (!item || item.user !== app.user.id) return queueScreen(app);
  if (item.kind === "REPORT") return reportScreen(app, item);
  if (item.kind === "INSPECT") return inspectScreen(app, item.data.inspection, item);
  return moveScreen(app, item.data.case, item.data.move, item);
}

let shown = "";
let drawing = 0;

async function show() {
  if (!app.store) return;
  showTabs();
  if (!app.day) return showStart();
  const path = location.hash.slice(1) || "/";
  const ticket = ++drawing;
  const screen = await buildScreen(path);
  if (ticket !== drawing) return;
  const main = document.getElementById("main");
  main.replaceChildren(screen);
  document.body.classList.toggle("f-has-form", isTyping());
  document.title = `${main.querySelector("h1")?.firstChild?.textContent ?? t("today")} · ${t("app")}`;
  if (shown !== path) {
    scrollTo(0, 0);
    if (shown) main.focus({ preventScroll: true });
  }
  shown = path;
}

/** Return the page before there is a bundle: sign in, or wait for a network. */
function showStart() {
  const words = app.state === "offline" ? t("startOffline") : app.state === "signin" ? null : t("starting");
  const waiting = app.items.length;
  document.getElementById("main").replaceChildren(
    h("h1", {}, t("app")),
    app.state === "signin" ? signInCard(waiting) : h("p", { class: "f-card" }, words),
    app.state !== "signin" && waiting ? h("p", { class: "f-card f-card--warn" }, t("ofOthers", { n: waiting })) : "",
    app.state === "offline" ? h("button", { class: "f-button", onclick: () => app.refresh() }, icon("refresh"), t("tryAgain")) : "",
  );
}

async function start() {
  app.store = await openStore(() => {
    app.state = "replaced";
    location.reload();
  });
  app.queue = new Queue({ store: app.store, transport: app.transport, changed: () => app.load(), received: putCase });
  const day = await app.store.get("day");
  if (day && Math.abs(Date.now() - day.loaded) < DAY_ENDS) Object.assign(app, { day, user: day.user });
  else if (day) {
    await app.store.unset("day");
    await removePreviews(app.store);
  }
  await app.load();
  navigator.storage?.persist?.();
  if ("serviceWorker" in navigator) {
    const [file, type] = syncs ? ["sw.js?sync=1", "module"] : ["sw.js", "classic"];
    navigator.serviceWorker.register(`${home}${file}`, { type }).catch(() => null);
    // The service worker has sent while the app was hidden.
    navigator.serviceWorker.addEventListener("message", (event) => event.data === "sent" && takeOver());
  }
  addEventListener("hashchange", () => app.show());
  for (const [target, name] of [[window, "online"], [document, "visibilitychange"]]) {
    target.addEventListener(name, async () => {
      if (document.hidden) {
        if (app.items.length) await askForSync(); // the user leaves the app with work that waits
        return;
      }
      if (name === "online") await app.queue.hurry();
      await tick();
    });
  }
  addEventListener("offline", () => {
    app.state = "offline";
    if (isTyping()) showTabs();
    else show();
  });
  await show();
  await loadDay().catch(settle);
  if (!isTyping()) await show();
  await send();
  setInterval(tick, TICK);
}

/** Show what the service worker has sent meanwhile. */
async function takeOver() {
  await app.load();
  await loadDay().catch(settle);
  if (!isTyping()) await show();
}

async function tick() {
  if (document.hidden || !app.store) return;
  await send();
  if (app.state !== "signin" && (!app.day || Date.now() - app.day.loaded > REFRESH)) {
    await loadDay().catch(settle);
    if (!isTyping()) await show();
    else showTabs();
  }
}

await start();
