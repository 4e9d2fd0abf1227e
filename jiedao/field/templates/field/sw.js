// The service worker of the app. It stores one build, the shell with its files, and answers from it. Nothing personal is
// stored here: the day and the queue are in IndexedDB, which no build touches when it replaces another.
{% if syncs %}
// In browsers with Background Sync it is a module, and sends the queue once the app is closed and there is a network.
import { putRow } from "{{ bundle_url }}";
import { openStore } from "{{ store_url }}";
import { Queue, SignedOut } from "{{ queue_url }}";
import { Transport } from "{{ transport_url }}";
{% endif %}
"use strict";
const BUILD = {{ config|safe }};
const CACHE = `field-${BUILD.version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      const wanted = [BUILD.shell, ...BUILD.files].map((url) => new Request(url, { cache: "reload" }));
      await cache.addAll(wanted); // all or nothing: half a build would not start
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith("field-") && name !== CACHE) await caches.delete(name);
      }
      await self.clients.claim();
    })(),
  );
});

async function answer(request, key) {
  const cache = await caches.open(CACHE);
  return (await cache.match(key)) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === BUILD.scope) {
    event.respondWith(answer(request, BUILD.shell));
  } else if (request.mode === "navigate" && url.pathname.startsWith(`${BUILD.scope}here/`)) {
    // A scanned code opens its place without a network.
    event.respondWith(Response.redirect(`${BUILD.scope}#/here/${url.pathname.slice(`${BUILD.scope}here/`.length).replace(/\/$/, "")}`));
  } else if (BUILD.files.includes(url.pathname)) {
    event.respondWith(answer(request, url.pathname));
  }
});
{% if syncs %}

self.addEventListener("sync", (event) => {
  if (event.tag === "field-queue") event.waitUntil(sendQueue());
});

/** Send what waits of the user who is signed in; a failure makes the browser try again later. */
async function sendQueue() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  // A visible app sends by itself, and asks again for a sync if it fails.
  if (pages.some((page) => page.visibilityState === "visible" && new URL(page.url).pathname === BUILD.scope)) return;
  const store = await openStore();
  try {
    await navigator.locks.request("jiedao-field-send", () => pump(store));
  } finally {
    store.close();
  }
  for (const page of pages) page.postMessage("sent");
}

async function pump(store) {
  const transport = new Transport(BUILD.scope, { isPage: false });
  const received = async (_item, body) => {
    const day = await store.get("day");
    const put = day && putRow(day, body?.row);
    if (put) await store.set("day", put);
  };
  const queue = new Queue({ store, transport, received });
  let user;
  try {
    user = await transport.hello();
  } catch (fault) {
    if (fault instanceof SignedOut) return; // the app asks for the sign-in when it is opened
    throw fault;
  }
  if ((await queue.pump(user)) === "network") throw new Error("no network");
}
{% endif %}
