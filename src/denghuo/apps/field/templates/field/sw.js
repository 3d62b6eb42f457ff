{% load static %}/* The crew's phone in a tunnel. Version {{ version }}. Pages come from the line when there is one and from the copy when
   there is none; files with a hash in their name never change; what waits in the outbox is sent when the browser says
   that the line is back. */
importScripts("{% static "field/app/store.js" %}", "{% static "field/app/sender.js" %}");

const PAGES = "denghuo-crew-pages";
const STATIC = "denghuo-crew-static";
const SHELL = "/field/offline/";
const OFFERED = {{ offered|safe }}; // static files of the shell that no page names (icons, vendor parts)
const PATIENCE = 6000; // ms a page may take when there is a copy to show instead
const ASSETS = /(?:src|href|data-(?:module|style|icons))="(\/static\/[^"#?]+)/g;
const KEPT = /^\/field\/(?:queue\/|orders\/\d+\/)?$/;

async function install() {
  const [pages, statics] = [await caches.open(PAGES), await caches.open(STATIC)];
  const wanted = new Set(OFFERED);
  for (const path of [SHELL, "/field/queue/"]) {
    const answer = await fetch(path, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || answer.redirected) continue;
    for (const [, url] of (await answer.clone().text()).matchAll(ASSETS)) wanted.add(url);
    await pages.put(path, answer);
  }
  for (const url of wanted) if (!(await statics.match(url))) await statics.add(url).catch(() => {});
}
/* Files of earlier versions go once no kept page names them. */
async function prune() {
  const [pages, statics] = [await caches.open(PAGES), await caches.open(STATIC)];
  const named = new Set(OFFERED);
  for (const request of await pages.keys()) {
    const text = await (await pages.match(request)).text();
    for (const [, url] of text.matchAll(ASSETS)) named.add(url);
  }
  for (const request of await statics.keys()) if (!named.has(new URL(request.url).pathname)) await statics.delete(request);
}
self.addEventListener("install", (event) => event.waitUntil(install().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(prune().then(() => self.clients.claim())));
self.addEventListener("message", (event) => event.data === "claim" && event.waitUntil(self.clients.claim()));
self.addEventListener("sync", (event) => event.tag === "denghuo-crew-outbox" && event.waitUntil(DenghuoCrew.hurry()));

async function fromStatic(request) {
  const kept = await caches.match(request, { cacheName: STATIC, ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && answer.type === "basic") (await caches.open(STATIC)).put(request, answer.clone());
  return answer;
}
/* The copy says when it was made, so that nobody takes it for what is true now. */
async function asCopy(kept) {
  const made = new Date(kept.headers.get("date") || Date.now()).toISOString();
  const text = (await kept.text()).replace("<body ", `<body data-copied="${made}" `);
  return new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": kept.headers.get("Content-Security-Policy") || "default-src 'self'" } });
}
async function fromLine(event) {
  const { pathname } = new URL(event.request.url);
  const kept = await caches.match(pathname, { cacheName: PAGES, ignoreVary: true });
  try {
    const answer = await (kept ? Promise.race([fetch(event.request), new Promise((_, reject) => setTimeout(reject, PATIENCE))]) : fetch(event.request));
    if (answer.ok && !answer.redirected && KEPT.test(pathname)) {
      const copy = answer.clone();
      event.waitUntil(caches.open(PAGES).then((pages) => pages.put(pathname, copy)));
    }
    if (answer.status >= 502 && kept) return asCopy(kept);
    return answer;
  } catch {
    const shell = kept || (await caches.match(SHELL, { cacheName: PAGES, ignoreVary: true }));
    return shell ? asCopy(shell) : Response.error();
  }
}
async function part(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request.url, { cacheName: PAGES, ignoreVary: true });
    if (kept) return kept;
    if (request.headers.get("HX-Request")) return new Response(null, { status: 204 }); // the part stays as it is
    throw error;
  }
}
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/api/")) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(fromStatic(event.request));
  else if (event.request.mode === "navigate") event.respondWith(fromLine(event));
  else event.respondWith(part(event.request));
});
