// The courier's page without a network. KEPT and VERSION stand before this text.

const STORE = `ride-${VERSION}`;
const PATIENCE_MS = 4_000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(KEPT)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("ride-") && name !== STORE) await caches.delete(name);
    }
    await self.clients.claim();
    // The first visit was made before this worker watched: keep that page too.
    for (const client of await self.clients.matchAll({ type: "window" })) {
      await fromNetwork(new Request(client.url, { credentials: "same-origin" })).catch(() => {});
    }
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/") && !request.headers.has("Range")) {
    event.respondWith(fromStore(request).then((kept) => kept ?? fetch(request)));
  } else if (/^\/ride(\/|$)/.test(url.pathname)) {
    event.respondWith(networkFirst(request));
  }
});

async function fromStore(request) {
  return (await caches.open(STORE)).match(request, { ignoreVary: true });
}

async function fromNetwork(request, signal) {
  const response = await fetch(request, signal ? { signal } : undefined);
  if (response.ok && !response.redirected) {
    await (await caches.open(STORE)).put(request, response.clone());
  }
  return response;
}

async function networkFirst(request) {
  const kept = await fromStore(request);
  if (!kept) return fromNetwork(request);
  try {
    return await fromNetwork(request, AbortSignal.timeout(PATIENCE_MS));
  } catch {
    return kept;
  }
}
