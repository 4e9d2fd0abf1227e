// The service worker of the app. It stores one build, the shell with its files, and answers from it. Nothing personal is
// stored here: the day and the queue are in IndexedDB, which no build touches when it replaces another.
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
