/* What all parts of the desk share: texts, elements, storage, time, and calls to the API. */

const read = (id) => JSON.parse(document.getElementById(id).textContent);
export const { Denghuo } = window;
export const settings = read("desk-settings");
export const first = read("desk-state");
export const user = document.body.dataset.user || "0";
export const el = Denghuo.el;
export const icon = Denghuo.icon;
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

export const t = (key, value) => (settings.texts[key] ?? key).replace("%s", value === undefined ? "" : value);

/* --- telling somebody who listens to the screen ------------------------------------------------------------ */
export function say(text, urgent = false) {
  const node = document.getElementById(urgent ? "dk-alert" : "dk-say");
  node.textContent = "";
  requestAnimationFrame(() => { node.textContent = text; });
}

/* --- this machine's memory; the page works without it -------------------------------------------------------- */
const PREFIX = `dk:${user}:`;
export const memory = {
  get(key) {
    try { return JSON.parse(localStorage.getItem(PREFIX + key)); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem(PREFIX + key, JSON.stringify(value)); } catch { /* full or forbidden */ }
  },
  drop(key) {
    try { localStorage.removeItem(PREFIX + key); } catch { /* nothing to drop */ }
  },
  keys(start) {
    try { return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX + start)).map((key) => key.slice(PREFIX.length)); } catch { return []; }
  },
  own: (event) => (event.key?.startsWith(PREFIX) ? event.key.slice(PREFIX.length) : ""),
};
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-sign-out]")) memory.keys("").forEach((key) => memory.drop(key)); // a shared seat
}, true);

/* --- time of the business, which the demonstration may let run faster ------------------------------------------ */
let anchor = { business: Date.parse(first.now), wall: Date.now() };
const speed = Number(document.body.dataset.speed) || 1;
export const setNow = (iso) => { anchor = { business: Date.parse(iso), wall: Date.now() }; };
export const now = () => anchor.business + (Date.now() - anchor.wall) * speed;
export const since = (iso) => (iso ? Math.max(0, Math.floor((now() - Date.parse(iso)) / 1000)) : 0);
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map((n) => String(n).padStart(2, "0"));
  return parts[0] === "00" ? parts.slice(1).join(":") : parts.join(":");
}
const lang = document.documentElement.lang;
export const clock = (iso) => new Date(iso).toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit", hour12: false });

/* --- the API ------------------------------------------------------------------------------------------------------ */
export class Refused extends Error {
  constructor(status, body) {
    super(body?.detail || body?.title || t("net"));
    this.status = status;
    this.fields = body?.errors || {};
    this.retry = Number(body?.retry_after) || 0;
  }
  /* what to show: the field's own words first */
  get words() { return Object.values(this.fields).flat()[0] || this.message; }
}
export function uuid4() {
  // randomUUID exists only on secure origins; an office network may be plain http
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
/* Rejects with Refused when the server said no, with TypeError or AbortError when it could not be reached. */
export async function api(method, path, body, { key, form } = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": Denghuo.csrf() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const control = new AbortController();
  const late = setTimeout(() => control.abort(), form ? 60000 : 15000);
  try {
    const answer = await fetch(`/api/v1${path}`, { method, headers, body: form || (body === undefined ? undefined : JSON.stringify(body)), signal: control.signal, cache: "no-store" });
    if (answer.status === 204) return null;
    const data = await answer.json().catch(() => ({}));
    if (answer.status === 401) Denghuo.toast(Denghuo.text("session.expired"), "error");
    if (!answer.ok) throw new Refused(answer.status, data);
    return data;
  } finally {
    clearTimeout(late);
  }
}
export function complain(error) {
  const words = error instanceof Refused ? error.words : t("net");
  Denghuo.toast(words, error instanceof Refused && error.status < 500 ? "error" : "warn");
}

/* --- a bell among the modules ------------------------------------------------------------------------------------- */
const bus = new EventTarget();
export const on = (name, fn) => bus.addEventListener(name, (event) => fn(event.detail));
export const tell = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));

export function later(fn, wait) {
  let timer;
  const run = (...args) => { clearTimeout(timer); timer = setTimeout(() => fn(...args), wait); };
  run.cancel = () => clearTimeout(timer);
  return run;
}
export const ICONS = { voice: "phone", web_form: "world", web_chat: "messages", wechat: "message-circle", sms: "device-mobile", email: "mail", counter: "building", transfer: "transfer" };
export const nameOf = (card) => card.name || card.phone || `${card.channel_label} ${t("visitor")}`;
