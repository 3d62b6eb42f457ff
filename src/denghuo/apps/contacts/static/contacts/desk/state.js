/* What is on the desk, as the server last said, brought up to date by the stream. */

import { $, api, first, later, memory, on, setNow, tell } from "./base.js";

export const desk = { me: first.me, offers: first.offers, conversations: first.conversations, waiting: first.waiting, topics: first.topics };
let chosen = 0;
let asking = null;
let following = null;

export const find = (id) => desk.conversations.find((row) => row.id === id) || null;
export const current = () => find(chosen);
export const mine = () => desk.conversations.filter((row) => row.role === "agent");

function take(next) {
  setNow(next.now);
  const before = new Set(desk.conversations.map((row) => row.id));
  Object.assign(desk, { me: next.me, offers: next.offers, conversations: next.conversations, topics: next.topics });
  if (!$("#dk-q").value) desk.waiting = next.waiting;
  const gone = [...before].filter((id) => !find(id));
  tell("desk");
  if (gone.length) tell("gone", gone);
  tell("token", next);
  if (chosen && !find(chosen)) choose(nextBest());
  else if (!chosen && desk.conversations.length) choose(nextBest());
}
export async function lookWhoWaits() {
  const q = $("#dk-q").value.trim();
  try { desk.waiting = await api("GET", `/desk/waiting?q=${encodeURIComponent(q)}`); tell("waiting"); } catch { tell("unreachable"); }
}

/* One question at a time. Who asks meanwhile waits for the next answer: the one under way may be older than they. */
export function refresh() {
  if (asking) {
    following ||= asking.then(() => { following = null; return refresh(); });
    return following;
  }
  asking = api("GET", "/desk").then(take, () => tell("unreachable")).finally(() => { asking = null; });
  return asking;
}
export const refreshSoon = later(refresh, 120);

function nextBest() {
  const waits = [...desk.conversations].sort((a, b) => (b.unread > 0) - (a.unread > 0));
  return waits[0]?.id || 0;
}

/* --- which conversation is open; the address keeps it, so that a reload comes back to it ----------------------- */
export function choose(id, { show = false } = {}) {
  const row = find(id);
  chosen = row ? id : 0;
  const url = new URL(window.location.href);
  if (chosen) url.searchParams.set("c", chosen);
  else url.searchParams.delete("c");
  window.history.replaceState(null, "", url);
  tell("chosen", row);
  if (show) tell("view", row ? "talk" : "list");
}
export function step(by) {
  const rows = desk.conversations;
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.id === chosen);
  choose(rows[(at + by + rows.length) % rows.length].id, { show: true });
}
export function start() {
  const asked = Number(new URL(window.location.href).searchParams.get("c"));
  choose(find(asked) ? asked : nextBest());
}

/* --- what a message changes in the list -------------------------------------------------------------------------- */
on("message", ({ contact, message }) => {
  const row = find(contact);
  if (!row || (row.last && row.last.id >= message.id)) return;
  const spoken = message.audience === "everyone";
  if (message.sender !== "system") row.last = { id: message.id, sender: message.sender, audience: message.audience, text: message.text || `[${message.kind}]`, at: message.at };
  if (message.sender === "customer" && message.id > row.read_id) {
    if (row.role === "agent") row.unread += 1;
    row.waiting_since ||= message.at;
  }
  if (message.sender === "agent" && spoken) row.waiting_since = null;
  tell("lists");
});
export function seen(id, upto) {
  const row = find(id);
  if (!row || row.read_id >= upto) return;
  row.read_id = upto;
  if (row.role !== "agent") return;
  row.unread = 0;
  tell("lists");
  api("POST", `/desk/contacts/${id}/read`, { message_id: upto }).catch(() => { /* the next look tells it again */ });
}

/* --- drafts: on this machine at once, on the server soon after ------------------------------------------------------ */
const kept = {};
export function draftOf(key) {
  const local = memory.get(`draft:${key}`);
  if (local) return local.body;
  return kept[key] ?? "";
}
export function rememberDrafts(drafts) {
  Object.assign(kept, drafts);
}
const savers = {};
export function keepDraft(key, body) {
  if (body) memory.set(`draft:${key}`, { body, at: Date.now() });
  else memory.drop(`draft:${key}`);
  savers[key] ||= later((text) => {
    if ((kept[key] ?? "") === text) return;
    api("PUT", "/desk/drafts", { key, body: text }).then(() => {
      kept[key] = text;
      if (text && !memory.get(`draft:${key}`)) dropDraft(key); // sent while this was under way
      else tell("draft-kept", key);
    }, () => {});
  }, 1200);
  savers[key](body);
}
on("gone", (ids) => ids.forEach((id) => ["reply", "whisper", "wrap"].forEach((part) => dropDraft(`contact:${id}:${part}`))));
export function dropDraft(key) {
  memory.drop(`draft:${key}`);
  savers[key]?.cancel();
  if (kept[key]) api("PUT", "/desk/drafts", { key, body: "" }).then(() => delete kept[key], () => {});
}
