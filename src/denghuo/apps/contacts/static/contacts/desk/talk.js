/* Messages of the conversations: kept in order by id, gaps filled, and shown. */

import { $, ICONS, api, clock, el, icon, later, now, on, say, settings, span, since, t, tell } from "./base.js";
import { arrived as settled, drop, entries, retry } from "./outbox.js";
import { current, desk, find, seen } from "./state.js";

const log = $("#dk-log");
const list = $("#dk-messages");
const below = $("#dk-below");
const talks = new Map(); // contact -> {rows: Map, upto, older, loaded}
let unseen = 0;

function talk(id) {
  if (!talks.has(id)) talks.set(id, { rows: new Map(), upto: 0, older: false, loaded: false, asking: null });
  return talks.get(id);
}
const rowsOf = (id) => [...talk(id).rows.values()].sort((a, b) => a.id - b.id);
export const saidBy = (id, sender) => rowsOf(id).filter((row) => row.sender === sender && row.audience === "everyone");

/* Everything behind the last message known for certain; the first time, the newest ones. */
export function catchUp(id) {
  const own = talk(id);
  own.asking ||= api("GET", `/desk/contacts/${id}/messages${own.loaded ? `?after=${own.upto}` : ""}`)
    .then((answer) => {
      if (!own.loaded) own.older = answer.more;
      const fresh = own.loaded;
      own.loaded = true;
      own.asking = null;
      for (const message of answer.items) add(id, message, fresh);
      if (answer.items.length) own.upto = Math.max(own.upto, answer.items.at(-1).id);
      if (current()?.id === id) render();
      if (fresh && answer.more) catchUp(id);
    })
    .catch(() => { own.asking = null; if (current()?.id === id) render(); });
  return own.asking;
}
async function olderOf(id) {
  const own = talk(id);
  const oldest = rowsOf(id)[0]?.id;
  const answer = await api("GET", `/desk/contacts/${id}/messages?before=${oldest}`).catch(() => null);
  if (!answer) return;
  own.older = answer.more;
  answer.items.forEach((message) => own.rows.set(message.id, message));
  const height = log.scrollHeight;
  render(false);
  log.scrollTop += log.scrollHeight - height;
}
function add(id, message, news = true) {
  const own = talk(id);
  const known = own.rows.has(message.id);
  own.rows.set(message.id, message);
  settled(message);
  if (!known && news) tell("message", { contact: id, message });
  return !known;
}
on("arrived", ({ contact, hint, message }) => {
  const own = talk(contact);
  const row = find(contact);
  if (!message) { catchUp(contact); return; }
  if (own.loaded) {
    if (message.id <= own.upto && own.rows.has(message.id)) return;
    if (message.previous_id > own.upto) { catchUp(contact); return; } // one is missing
    own.upto = Math.max(own.upto, message.id);
    if (!add(contact, message)) return;
  } else {
    settled(message);
    tell("message", { contact, message });
  }
  if (hint?.sender === "customer" && row) tell("customer-said", { row, message });
  if (current()?.id === contact) { render(); announce(message); }
});
on("posted", ({ contact, message }) => {
  // The answer to our own sending: shown, but it proves nothing about what came before it.
  if (add(contact, message) && current()?.id === contact) render();
});
on("line", () => [...talks.keys()].forEach((id) => find(id) && talk(id).loaded && catchUp(id)));
/* The list knows of a message that the stream has not brought: a stream that lags must not keep a customer waiting. */
on("desk", () => desk.conversations.forEach((row) => {
  const own = talks.get(row.id);
  if (own?.loaded && row.last && row.last.id > own.upto) catchUp(row.id);
}));
on("gone", (ids) => ids.forEach((id) => talks.delete(id)));
on("outbox", (id) => current()?.id === id && render());
on("chosen", (row) => {
  unseen = 0;
  if (!row) return void list.replaceChildren();
  if (talk(row.id).loaded) { render(); catchUp(row.id); } else { list.replaceChildren(el("li", { class: "dh-skeleton" }, el("span"), el("span"), el("span"))); catchUp(row.id); }
});
function announce(message) {
  if (message.sender === "customer") say(`${t("customer")}：${message.text || t("file")}`);
  else if (message.audience === "staff") say(`${message.name}，${t("whisper")}：${message.text}`);
}

/* --- on the screen ------------------------------------------------------------------------------------------------------ */
const nearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 90;
let shownFor = 0;
let shownLast = 0;
export function render(follow = true) {
  const row = current();
  if (!row || row.party_state === "invited") return void list.replaceChildren();
  const own = talk(row.id);
  const stay = nearEnd() || shownFor !== row.id;
  const rows = rowsOf(row.id);
  const out = entries(row.id).filter((entry) => !rows.some((one) => one.client_id === entry.client_id));
  const nodes = [];
  if (own.older) nodes.push(el("li", { class: "dk-older" }, button(t("older"), "history", () => olderOf(row.id))));
  let day = "";
  let before = null;
  for (const message of rows) {
    const date = new Date(message.at).toDateString();
    if (date !== day) { nodes.push(dayLine(message.at)); before = null; }
    day = date;
    nodes.push(bubble(message, row, before));
    before = message;
  }
  nodes.push(...out.map(outgoing));
  if (!nodes.length && own.loaded) nodes.push(el("li", { class: "dk-nothing" }, t("no_messages")));
  list.replaceChildren(...nodes);
  const last = rows.at(-1)?.id || 0;
  const mine = out.length > 0 || rows.at(-1)?.staff_id === Number(document.body.dataset.user);
  if (follow && (stay || mine)) toEnd();
  else if (follow && shownFor === row.id && last > shownLast) { unseen += rows.filter((one) => one.id > shownLast).length; showBelow(); }
  shownFor = row.id;
  shownLast = last;
  look();
}
export function toEnd() {
  unseen = 0;
  showBelow();
  log.scrollTop = log.scrollHeight;
}
function showBelow() {
  below.hidden = unseen === 0;
  below.replaceChildren(icon("arrow-down"), t("new_below", unseen));
}
below.addEventListener("click", toEnd);
/* What was seen by somebody who looks is read. */
const look = later(() => {
  const row = current();
  const shown = row && document.visibilityState === "visible" && document.hasFocus() && nearEnd() && log.offsetParent;
  if (!shown) return;
  unseen = 0;
  showBelow();
  const last = rowsOf(row.id).at(-1);
  if (last) seen(row.id, last.id);
}, 250);
let held = true; // at its end before it changed its height: the composer grows, a warning comes up
log.addEventListener("scroll", () => { held = nearEnd(); look(); }, { passive: true });
new ResizeObserver(() => { if (held) log.scrollTop = log.scrollHeight; }).observe(log);
window.addEventListener("focus", look);
document.addEventListener("visibilitychange", look);
on("view", () => setTimeout(() => { toEnd(); look(); }, 30));

function dayLine(at) {
  const date = new Date(at);
  const today = new Date(now());
  const yesterday = new Date(today.getTime() - 86400000);
  const words = date.toDateString() === today.toDateString() ? t("today") : date.toDateString() === yesterday.toDateString() ? t("yesterday")
    : date.toLocaleDateString(document.documentElement.lang, { month: "long", day: "numeric", weekday: "short" });
  return el("li", { class: "dk-day", role: "separator" }, el("span", {}, words));
}
function bubble(message, row, before) {
  if (message.sender === "system") return el("li", { class: "dk-notice" }, el("span", {}, message.text, " "), el("time", {}, clock(message.at)));
  const whisper = message.audience === "staff";
  const own = message.staff_id === Number(document.body.dataset.user);
  const joins = before && before.sender === message.sender && before.audience === message.audience && before.staff_id === message.staff_id
    && Date.parse(message.at) - Date.parse(before.at) < 120000;
  const item = el("li", { class: `dk-msg dk-${message.sender}${whisper ? " dk-whisper" : ""}${own ? " dk-own" : ""}${joins ? " dk-joins" : ""}`, "data-id": message.id });
  const who = message.sender === "customer" ? row.name || t("customer") : message.sender === "bot" ? t("robot") : own ? t("me") : message.name;
  const head = el("p", { class: "dk-meta" }, el("b", {}, who));
  if (whisper) head.append(el("span", { class: "dk-only" }, icon("eye-off"), t("whisper")));
  head.append(el("time", { datetime: message.at }, clock(message.at)));
  const body = el("div", { class: "dk-bubble" });
  fillBody(body, message);
  item.append(head, body);
  if (own && !joins) head.append(el("span", { class: "dk-state" }, icon("check"), el("span", { class: "dk-sr" }, t("sent"))));
  return item;
}
function fillBody(body, message) {
  const { file, data } = message;
  if (file && (message.kind === "image" || file.kind === "image")) {
    const image = el("img", { src: file.url, alt: file.name, loading: "lazy" });
    if (file.width && file.height) { image.width = Math.min(260, file.width); image.height = Math.round((image.width * file.height) / file.width); }
    image.addEventListener("load", () => nearEnd() && toEnd());
    body.append(el("a", { href: file.url, target: "_blank", rel: "noopener" }, image));
  } else if (file && message.kind === "voice") {
    body.append(el("audio", { src: file.url, controls: "", preload: "none" }));
  } else if (file) {
    body.append(el("a", { class: "dk-file", href: file.url, target: "_blank", rel: "noopener" }, icon("file-text"), el("span", {}, file.name), el("small", {}, size(file.size))));
  } else if (message.kind === "location" && data?.lat) {
    body.append(el("span", { class: "dk-file" }, icon("map-pin"), el("span", {}, data.label || data.address || t("location")), el("small", { class: "dh-num" }, `${Number(data.lat).toFixed(4)}, ${Number(data.lon ?? data.lng).toFixed(4)}`)));
  } else if (message.kind === "card" && data?.lines) {
    body.append(el("strong", {}, data.title || ""), ...data.lines.map((line) => el("p", {}, typeof line === "string" ? line : `${line.label ?? line[0]}：${line.value ?? line[1]}`)));
  }
  if (message.text && message.text !== data?.title) body.append(el("p", {}, message.text));
}
const size = (bytes) => (bytes > 999999 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`);
function outgoing(entry) {
  const failed = entry.state === "failed";
  const item = el("li", { class: `dk-msg dk-agent dk-own dk-out${entry.audience === "staff" ? " dk-whisper" : ""}${failed ? " dk-failed" : ""}`, "data-client": entry.client_id });
  const state = el("span", { class: "dk-state" }, icon(failed ? "alert-circle" : entry.state === "sending" ? "clock" : "cloud-off"), failed ? t("failed") : t(entry.state));
  item.append(el("p", { class: "dk-meta" }, el("b", {}, t("me")), ...(entry.audience === "staff" ? [el("span", { class: "dk-only" }, icon("eye-off"), t("whisper"))] : []), state), el("div", { class: "dk-bubble" }, el("p", {}, entry.text)));
  if (failed) {
    item.append(el("p", { class: "dk-fault", role: "alert" }, entry.error, " ", button(t("retry"), "reload", () => retry(entry.client_id)), button(t("edit"), "edit", () => { drop(entry.client_id, entry.contact); tell("insert", { text: entry.text, audience: entry.audience }); }), button(t("discard"), "trash", () => drop(entry.client_id, entry.contact))));
  }
  return item;
}
export function button(text, name, run, more = {}) {
  const node = el("button", { type: "button", class: "dk-link", ...more }, icon(name), text);
  node.addEventListener("click", run);
  return node;
}

/* --- head of the conversation -------------------------------------------------------------------------------------------- */
export function head() {
  const row = current();
  $("#dk-none").hidden = Boolean(row);
  $("#dk-open").hidden = !row;
  if (!row) return;
  const part = (name) => $(`[data-head-${name}]`);
  part("icon").replaceChildren(icon(ICONS[row.channel] || "message"));
  part("name").replaceChildren(row.name || row.phone || t("visitor"));
  if (!row.customer_id) part("name").append(" ", el("span", { class: "dh-badge dh-tone-muted" }, icon("user-question"), el("span", {}, t("unknown"))));
  if (row.role !== "agent") part("name").append(" ", el("span", { class: "dh-badge dh-tone-info" }, icon("users"), el("span", {}, t(row.role))));
  const line = [row.channel_label, row.queue, row.org, row.name ? row.phone : "", row.subject].filter(Boolean);
  part("line").replaceChildren(...line.map((text, at) => el("span", at === line.length - 1 && row.subject ? { class: "dk-subject" } : {}, text)));
  if (row.request_id) part("line").append(el("a", { href: `${settings.urls.requests}${row.request_id}/`, target: "_blank" }, icon("clipboard-check"), t("linked")));
  const serving = row.role === "agent" && row.state === "in_service";
  const open = { identify: row.role === "agent", request: row.role === "agent" && settings.can_request, transfer: serving, consult: serving, conference: serving, "put-back": serving, end: serving };
  for (const [act, may] of Object.entries(open)) {
    const node = $(`#dk-head [data-act="${act}"]`);
    node.disabled = !may;
    node.hidden = row.role !== "agent" || (row.state === "wrap_up" && !["identify", "request"].includes(act));
  }
  $('#dk-head [data-act="leave"]').hidden = row.role === "agent";
  $('#dk-head [data-act="barge"]').hidden = !settings.lead || row.role === "agent" || row.role === "barge";
  parties(row);
  tick();
}
function parties(row) {
  const box = $("#dk-parties");
  box.hidden = !row.parties?.length && row.role !== "monitor" && row.party_state !== "invited";
  const chips = (row.parties || []).map((one) => {
    const chip = el("span", { class: `dh-badge dh-tone-${one.state === "joined" ? "info" : "warn"}` }, icon(one.role === "consult" ? "user-question" : "users"), el("span", {}, `${one.name} · ${one.role_label} · ${one.state_label}`));
    if (row.role === "agent") chip.append(button("", "x", () => tell("send-out", one.staff_id), { class: "dh-iconbtn", "aria-label": `${t("send_out")} ${one.name}`, title: t("send_out") }));
    return chip;
  });
  if (row.role === "monitor") chips.push(el("span", { class: "dh-badge dh-tone-warn" }, icon("eye"), el("span", {}, t("listening"))));
  box.replaceChildren(...chips);
}
export function tick() {
  const row = current();
  if (!row) return;
  const wrap = row.state === "wrap_up";
  const timer = $("[data-head-timer]");
  const voice = row.channel_class === "voice";
  const text = t(wrap ? "wrapping" : voice ? "talking" : "serving", span(since(wrap ? row.ended_at : row.served_at)));
  const late = !wrap && row.waiting_since ? since(row.waiting_since) : 0;
  const parts = [el("span", {}, text)];
  if (late) parts.unshift(el("b", { "data-late": String(late > 120) }, t("waits_reply", span(late))));
  timer.replaceChildren(...parts);
}
