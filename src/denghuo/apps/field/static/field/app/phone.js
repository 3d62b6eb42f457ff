/* On every page of the crew's phone: the bar that says how the line is and what waits, the service worker, the copies for
   the tunnel, and forgetting it all on signing out. */

const { Denghuo, DenghuoCrew: crew } = window;
const user = Number(document.body.dataset.user) || null;
const PAGES = "denghuo-crew-pages";
const STATIC = "denghuo-crew-static";
const AGAIN = 5000; // ms between looks at what waits; the sender itself spaces its tries
const copied = document.body.dataset.copied || ""; // put there by the service worker on a page it had kept
let up = !copied;
let signedOut = false;

crew.word = (key) => document.getElementById("crew-words")?.content.querySelector(`[data-word="${key}"]`)?.textContent || key;
crew.mine = async () => (await crew.store.all()).filter((entry) => entry.user === user);
crew.press = async (fields) => {
  // on the disk first; only then is the press acknowledged on the screen
  await crew.store.add({ id: crew.uuid(), user, at: await crew.businessTime(), ...fields });
  navigator.storage?.persist?.().catch(() => {});
  crew.tell({ type: "changed" });
  later();
  crew.flush().catch(() => {});
};
async function later() {
  try {
    const worker = await navigator.serviceWorker?.getRegistration("/field/");
    await worker?.sync?.register("denghuo-crew-outbox"); // the browser wakes the worker when the line is back
  } catch { /* no background sync here: the pages send */ }
}

/* --- the bar ------------------------------------------------------------------------------------------ */
const bar = document.getElementById("crew-bar");
const clock = (text) => new Date(text).toLocaleString("zh-CN", { hour12: false, month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
async function show() {
  if (!bar) return;
  const entries = await crew.mine();
  const refused = entries.filter((entry) => entry.state === "refused").length;
  const parts = [];
  if (copied) parts.push(["warn", "wifi-off", `${crew.word("offline")} · ${crew.word("copy")} ${clock(copied)}`]);
  else if (!up || !navigator.onLine) parts.push(["warn", "wifi-off", crew.word("offline")]);
  if (signedOut) parts.push(["danger", "login", crew.word("sign-in"), "/staff/sign-in/?next=/field/"]);
  if (refused) parts.push(["danger", "alert-circle", `${crew.word("refused")} ${refused}`, "/field/queue/"]);
  if (entries.length > refused) parts.push(["progress", "upload", `${crew.word("waiting")} ${entries.length - refused}`, "/field/queue/"]);
  bar.replaceChildren(...parts.map(([tone, icon, text, href]) => Denghuo.el(href ? "a" : "span", { class: `dh-badge dh-tone-${tone} fa-chip`, ...(href ? { href } : {}) }, Denghuo.icon(icon), Denghuo.el("span", {}, text))));
  bar.hidden = !parts.length;
}

/* --- copies for the tunnel ----------------------------------------------------------------------------- */
const ASSETS = /(?:src|href|data-(?:module|style|icons))="(\/static\/[^"#?]+)/g;
const PARTS = /data-index="([^"]+)"/g;
async function keepPage(path) {
  const began = Date.now();
  const answer = await fetch(path, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const text = await answer.clone().text();
  await (await caches.open(PAGES)).put(path, answer);
  const [, order] = path.match(/^\/field\/orders\/(\d+)\/$/) || [];
  if (order) await crew.store.forget(order, began);
  const statics = await caches.open(STATIC);
  for (const [, url] of text.matchAll(ASSETS)) if (!(await statics.match(url))) await statics.add(url).catch(() => {});
  for (const [, url] of text.matchAll(PARTS)) await (await caches.open(PAGES)).add(url).catch(() => {});
}
/* This crew's orders in hand and nothing else: what was returned or taken away leaves the phone. */
async function keep() {
  const list = document.querySelector("[data-crew-keep]");
  if (!list || copied || !window.caches || !navigator.serviceWorker?.controller) return;
  const paths = [...document.querySelectorAll("a.dh-order")].map((card) => new URL(card.href).pathname);
  const pages = await caches.open(PAGES);
  const wanted = new Set([...paths, "/field/", "/field/queue/", "/field/offline/"]);
  for (const request of await pages.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/field/") && !wanted.has(pathname)) await pages.delete(request);
  }
  for (const path of wanted) await keepPage(path).catch(() => {});
}

/* --- start, line, signing out ------------------------------------------------------------------------------ */
async function begin() {
  const owner = await crew.store.fact("user");
  if (user && owner && owner !== user && window.caches) await caches.delete(PAGES); // somebody else's phone now
  if (user) await crew.store.learn("user", user);
  navigator.storage?.persist?.().catch(() => {}); // a full disk may not throw away what was not sent yet
  if (navigator.serviceWorker && user) {
    await navigator.serviceWorker.register("/field/sw.js", { scope: "/field/" }).catch(() => {});
    if (!navigator.serviceWorker.controller) {
      navigator.serviceWorker.addEventListener("controllerchange", () => keep(), { once: true });
      // a page that was under way while the worker started is nobody's until it is claimed
      navigator.serviceWorker.ready.then((found) => navigator.serviceWorker.controller || found.active.postMessage("claim"));
    }
  }
  if (copied) {
    const now = await crew.businessTime(); // the copy is older than its clocks believe
    document.querySelectorAll("[data-now]").forEach((node) => { node.dataset.now = now; });
  }
  if (user && !copied) crew.hello().then(() => { up = true; show(); }).catch(() => {});
  await show();
  await crew.hurry().catch(() => {});
  await keep();
}
crew.listen((message) => {
  if (message.type === "line") [up, signedOut] = [message.up, Boolean(message.signedOut)];
  if (message.type === "sent" && message.kind === "finish") Denghuo.toast(crew.word(message.outcome === "kept" ? "kept" : "finished"), message.outcome === "kept" ? "warn" : "success");
  show();
});
window.addEventListener("online", () => { up = true; show(); crew.hurry().catch(() => {}); });
window.addEventListener("offline", show);
document.addEventListener("visibilitychange", () => document.hidden || crew.hurry().catch(() => {}));
setInterval(() => crew.flush().catch(() => {}), AGAIN);
document.body.addEventListener("htmx:afterSwap", (event) => event.detail.elt.closest?.("[data-crew-keep]") && keep());

let leaving = false;
window.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-sign-out]") || leaving) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  (async () => {
    const waits = (await crew.mine()).length;
    if (waits && !(await Denghuo.confirm(`${crew.word("leave")} (${waits})`, true))) return;
    leaving = true;
    await crew.store.wipe().catch(() => {});
    form.requestSubmit();
  })();
}, true);
begin();
