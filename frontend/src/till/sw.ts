// Keeps the till's own files on the device, so that it opens without a network. It never touches what the till says to
// the server: that is the journal's.
/// <reference lib="webworker" />
declare const KEPT: string[];
declare const self: ServiceWorkerGlobalScope;

const PAGE = "/till/";
const PICTURES = "/pictures/";
const ALBUM = "passage-pictures";
const MOST_PICTURES = 200;
const PREFIX = "passage-till-";
const NAME = PREFIX + hash([...KEPT].join());

function hash(text: string): string {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.charCodeAt(0)) | 0;
  return (sum >>> 0).toString(36);
}

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  await cache.addAll(KEPT);
  await cache.put(PAGE, await fetch(PAGE, { cache: "reload", credentials: "omit" }));
  await self.skipWaiting();
}

self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});

/** The files of the version before stay: a window that is still open may need a part that it has not fetched yet. */
async function activate(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname === PAGE) event.respondWith(page());
  else if (KEPT.includes(url.pathname)) event.respondWith(kept(event.request));
  else if (url.pathname.startsWith(PICTURES)) event.respondWith(picture(event.request));
});

/** What a picture's address leads to never changes, so once seen it is there without a network. */
async function picture(request: Request): Promise<Response> {
  const album = await caches.open(ALBUM);
  const known = await album.match(request, { ignoreSearch: true });
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) {
    const oldest = await album.keys();
    await Promise.all(
      oldest.slice(0, Math.max(0, oldest.length - MOST_PICTURES + 1)).map((each) => album.delete(each)),
    );
    await album.put(request, answer.clone());
  }
  return answer;
}

/** The page that belongs to the files kept with it. A newer one comes with a newer worker, never by itself. */
async function page(): Promise<Response> {
  return (await (await caches.open(NAME)).match(PAGE)) ?? fetch(PAGE);
}

async function kept(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}
