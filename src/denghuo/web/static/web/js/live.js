/* The page's one live stream. Messages wake the elements that asked for their topics; the elements fetch
   themselves anew through htmx, so what is shown is always what the server says.
   The stream is read with fetch, since EventSource hears only event names known beforehand. */

const { Denghuo } = window;
const doc = document;
const url = doc.body.dataset.liveUrl;
let token = doc.body.dataset.liveToken; // a page that hears of new subjects hands in a new one: dh:live-token
const QUIET = 300; // ms between a message and the refresh, so that a burst refreshes once
const SILENT = 40000; // the server sends a heartbeat every 15 s; longer silence is a dead line

const memory = `dh-live:${(token || "").slice(0, 40)}`;
const recall = () => { try { return sessionStorage.getItem(memory) || ""; } catch { return ""; } };
const remember = (id) => { try { sessionStorage.setItem(memory, id); } catch { /* kept in this page only */ } };

export function matches(wanted, topics) {
  return wanted.some((want) => topics.some((topic) => topic === want || (want.startsWith("floor:") && topic.startsWith(want))));
}

function show(state) {
  const words = { on: "live.on", wait: "live.wait", off: "live.off" };
  doc.querySelectorAll("[data-live-status]").forEach((node) => {
    if (node.dataset.state === state) return;
    node.dataset.state = state;
    node.querySelector("[data-live-text]").textContent = Denghuo.text(words[state]);
  });
  doc.dispatchEvent(new CustomEvent("dh:live-state", { detail: state }));
}

/* The first message starts the wait and later ones ride along, so a steady flow cannot starve the page. A page in
   the background only remembers that it must look again. */
const waiting = new WeakMap();
const asking = new WeakSet(); // elements whose own fetch is on its way
const stale = new Set();
doc.addEventListener("htmx:beforeRequest", (event) => asking.add(event.detail.elt));
doc.addEventListener("htmx:afterRequest", (event) => asking.delete(event.detail.elt));

/* An answer on its way may be older than the message, and it may replace the element that heard the message. So a
   refresh waits for that answer, and then goes to whatever took the element's place. */
function successors(element) {
  if (element.isConnected) return [element];
  const named = element.id && doc.getElementById(element.id);
  if (named) return named.matches("[data-live]") ? [named] : [];
  return [...doc.querySelectorAll("[data-live]")].filter((node) => node.dataset.live === element.dataset.live);
}
function refresh(element) {
  waiting.delete(element);
  if (asking.has(element) && element.isConnected) return void wake(element);
  successors(element).forEach((node) => {
    if (doc.hidden) stale.add(node);
    else if (node !== element && asking.has(node)) wake(node);
    else window.htmx?.trigger(node, "live");
  });
}
function wake(element) {
  if (waiting.has(element)) return;
  waiting.set(element, setTimeout(() => refresh(element), Number(element.dataset.liveDebounce) || QUIET));
}
doc.addEventListener("visibilitychange", () => {
  if (doc.hidden) return;
  const due = [...stale];
  stale.clear();
  due.forEach(refresh);
});
function wakeAll() {
  doc.querySelectorAll("[data-live]").forEach(wake);
}
export function deliver(name, data) {
  if (name === "reload") return wakeAll();
  let message;
  try { message = JSON.parse(data); } catch { return; }
  const topics = message.topics || [];
  doc.querySelectorAll("[data-live]").forEach((element) => {
    if (matches(element.dataset.live.split(/\s+/).filter(Boolean), topics)) wake(element);
  });
  doc.dispatchEvent(new CustomEvent("dh:live", { detail: message }));
}

/* --- reading the stream ----------------------------------------------------------------------------- */
export function parser(onEvent) {
  let buffer = "";
  let event = { id: "", name: "message", data: [] };
  return (chunk) => {
    buffer += chunk;
    let end;
    while ((end = buffer.indexOf("\n")) >= 0) {
      const line = buffer.slice(0, end).replace(/\r$/, "");
      buffer = buffer.slice(end + 1);
      if (line === "") {
        if (event.data.length || event.name === "reload") onEvent(event.name, event.data.join("\n"), event.id);
        event = { id: event.id, name: "message", data: [] };
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue; // heartbeat
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "id") event.id = value;
      else if (field === "event") event.name = value;
      else if (field === "data") event.data.push(value);
    }
  };
}

let lastId = recall();
let tries = 0;
let control;
let retry;

async function listen() {
  control = new AbortController();
  const mine = control;
  let watchdog;
  const feed = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => mine.abort(), SILENT);
  };
  try {
    show("wait");
    feed();
    const address = `${url}?token=${encodeURIComponent(token)}${lastId ? `&after=${encodeURIComponent(lastId)}` : ""}`;
    const answer = await fetch(address, { headers: { Accept: "text/event-stream" }, cache: "no-store", credentials: "omit", signal: mine.signal });
    if (answer.status === 401 || answer.status === 403) return void show("off"); // the token is over: a new page brings a new one
    if (!answer.ok) throw new Error(String(answer.status));
    if (tries) wakeAll(); // whatever happened while the line was down
    tries = 0;
    show("on");
    const read = parser((name, data, id) => {
      if (id) remember((lastId = id));
      deliver(name, data);
    });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      feed();
      read(value);
    }
  } catch {
    /* dropped, refused or silent: all end in another try */
  } finally {
    clearTimeout(watchdog);
  }
  if (mine !== control) return;
  tries += 1;
  show("off");
  const wait = Math.min(30000, 500 * 2 ** Math.min(tries, 6)) * (0.5 + Math.random() / 2);
  clearTimeout(retry);
  retry = setTimeout(listen, wait);
}
function again() {
  clearTimeout(retry);
  control?.abort();
  listen();
}

if (url && token) {
  listen();
  window.addEventListener("online", again);
  doc.addEventListener("dh:live-token", (event) => {
    if (event.detail === token) return;
    token = event.detail;
    again(); // from the place heard last, so that nothing is missed between the two
  });
  window.addEventListener("pagehide", () => { control?.abort(); control = null; clearTimeout(retry); });
  window.addEventListener("pageshow", (event) => event.persisted && again());
  doc.addEventListener("visibilitychange", () => !doc.hidden && tries > 0 && again());
}
