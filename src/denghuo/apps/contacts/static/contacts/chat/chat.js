/* The customer's chat. One conversation at a time; its key lies in localStorage, so that a reload, a crash or a dropped
   line goes on where it was. Messages come over the live stream with their text; a gap, a stream that cannot be had,
   and every new beginning are filled from the server by the id of the last message seen. */

import { ahead } from "./ahead.js";
import { caller, newId, passing, reason } from "./api.js";
import { line } from "./line.js";
import { log } from "./log.js";
import { outbox } from "./outbox.js";
import { store } from "./store.js";

const root = document.getElementById("chat");
const texts = JSON.parse(document.getElementById("chat-texts").textContent);
const data = root.dataset;
const embedded = "embedded" in data;
const find = (selector, within = root) => within.querySelector(selector);
const all = (selector, within = root) => [...within.querySelectorAll(selector)];
const form = (name) => find(`[data-form="${name}"]`);
const fill = (key, value) => texts[key].replace("%s", value);

const kept = store(data.unit || "home");
const api = caller(data.api, () => kept.get("access"));
const path = () => (kept.get("id") ? `/contacts/${kept.get("id")}` : "");

let chat = null; // the conversation as the server last told it
let last = 0; // id of the last message, without gaps up to it
let unread = 0;
let refreshTimer;
let pollTimer;
let stateTimer;
const early = new Map(); // messages behind a gap

const box = outbox({ api, kept, path, texts, changed: (items) => talk.pending(items) });
const talk = log(find("[data-log]"), texts, { again: (id) => box.again(id), drop: (id) => box.drop(id), say: (text) => { box.say(text); talk.down(); } });
const typing = ahead({ allowed: () => Boolean(chat?.as_typed && path()), send: (text) => { api.post(`${path()}/typed`, { text }); } });
let robotThere = null; // whether the robot serves here: told with the door; until then the server decides
let looking = Promise.resolve(); // the door's answer may still be on its way when somebody has begun

/* --- which step is shown ---------------------------------------------------------------------------- */
function show(...steps) {
  all("[data-step]").forEach((node) => { node.hidden = !steps.includes(node.dataset.step); });
  root.dataset.at = steps[0];
}
function fault(name, text) {
  const node = find("[data-error]", form(name));
  node.textContent = text || "";
  node.hidden = !text;
}

function paint() {
  const waiting = chat.state === "waiting";
  const over = chat.state === "ended" || chat.state === "abandoned";
  const resting = waiting && chat.handling !== "live";
  if (over) show("over", "talk");
  else if (resting) show("over", "talk");
  else if (waiting) show("wait", "talk");
  else show("talk");
  find("[data-bar]").hidden = false;
  const robot = chat.state === "robot";
  find("[data-do=end]").hidden = chat.state !== "in_service" && !robot;
  find("[data-do=person]").hidden = !robot;
  talk.answerable(robot);
  find("[data-title]").textContent = robot ? texts.robot : chat.agent ? fill("answered_by", chat.agent) : chat.topic;
  find("[data-subtitle]").textContent = chat.unit;
  form("say").hidden = over;
  find("[data-ahead]").hidden = !chat.as_typed;
  if (waiting && !resting) paintWait();
  if (over || resting) paintOver(over);
  talk.down();
}
function paintWait() {
  const seconds = chat.wait_seconds;
  find("[data-wait-title]").textContent = chat.ringing ? texts.ringing : texts.waiting;
  find("[data-position]").textContent = chat.ringing || !chat.position ? "" : fill("position", chat.position);
  find("[data-wait]").textContent = chat.ringing ? texts.soon : seconds === null ? "" : `${texts.wait} ${fill("minutes", Math.max(1, Math.ceil(seconds / 60)))}`;
  find("[data-told]").textContent = chat.ringing ? "" : seconds === null ? chat.told || texts.unknown_wait : "";
  find("[data-do=callback]").hidden = !chat.offer_callback;
  all("[data-do=leave]", find("[data-step=wait]")).forEach((node) => { node.hidden = !chat.offer_message; });
}
function paintOver(over) {
  const title = { abandoned: texts.left, ended: texts.ended }[chat.state] || (chat.handling === "callback" ? texts.callback_done : texts.message_over);
  find("[data-over-title]").textContent = title;
  find("[data-over-text]").textContent = over || chat.handling !== "callback" ? "" : texts.callback_over;
  form("rate").hidden = !chat.may_rate;
  const done = find("[data-rated]");
  done.hidden = !chat.rating;
  find("span:last-child", done).textContent = texts.rated;
  if (chat.rating && !form("rate").dataset.touched) {
    all("[name=score]").forEach((node) => { node.checked = Number(node.value) === chat.rating.score; });
    all("[name=resolved]").forEach((node) => { node.checked = node.value === String(chat.rating.resolved); });
    find("[name=comment]").value = chat.rating.comment;
  }
  all("[data-transcript]").forEach((node) => { node.href = chat.transcript[node.dataset.transcript]; });
  find("[data-step=over] .ch-after").hidden = false;
}

/* --- what comes in ---------------------------------------------------------------------------------- */
function take(messages) {
  const fresh = talk.add(messages);
  messages.forEach((message) => { last = Math.max(last, message.id); });
  box.arrived(new Set(messages.map((message) => message.client_id)));
  return fresh;
}
function notice(messages) {
  const foreign = messages.filter((message) => message.sender !== "customer").length;
  if (!foreign) return;
  if (document.hidden || (embedded && data.shown === "no")) {
    unread += foreign;
    document.title = texts.title_new.replace("%s", unread) + document.title.replace(/^[（(].*?[)）]/, "");
    tell({ unread });
  }
  find("[data-do=bottom]").hidden = talk.atBottom();
}
function arrive(message) {
  if (message.id <= last) return;
  if (message.previous_id > last) {
    early.set(message.id, message);
    catchUp();
    return;
  }
  take([message]);
  notice([message]);
  for (const [id, next] of [...early].sort((a, b) => a[0] - b[0])) {
    if (id > last && next.previous_id > last) break;
    early.delete(id);
    if (id > last) { take([next]); notice([next]); }
  }
}
let catching = null;
function catchUp() {
  catching ||= (async () => {
    for (let more = true; more; ) {
      if (!path()) return 404; // begun anew meanwhile: nothing to catch up with
      const answer = await api.get(`${path()}/messages?after=${last}`);
      if (!answer.ok) return answer.status;
      const old = last;
      const seen = answer.body.items.filter((message) => message.id > old);
      const fresh = take(seen);
      if (fresh && old) notice(seen);
      more = answer.body.more;
    }
    for (const id of [...early.keys()]) if (id <= last) early.delete(id);
    return 200;
  })().finally(() => { catching = null; });
  return catching;
}

function heard(name, event) {
  if (name === "contact.message_posted" && event.message) arrive(event.message);
  else if (name === "reload" || name === "contact.message_posted") catchUp();
  if (name !== "contact.message_posted") {
    clearTimeout(stateTimer);
    stateTimer = setTimeout(refresh, 150);
  }
}
const wire = line({
  heard,
  state: (now, again) => {
    const node = find("[data-line]");
    node.hidden = now === "on";
    node.textContent = now === "on" ? "" : navigator.onLine ? texts.line_down : texts.line_off;
    clearInterval(pollTimer);
    if (now === "on") {
      if (again) { catchUp(); refresh(); box.flush(); }
    } else pollTimer = setInterval(() => { catchUp(); refresh(); }, 5000);
  },
  renew: async () => (await api.get(`${path()}?stream=true`)).body.stream,
});

async function refresh() {
  clearTimeout(refreshTimer);
  if (!path()) return;
  const answer = await api.get(path());
  if (answer.ok) accept(answer.body);
  else if (answer.status === 404) return void again();
  if (chat && chat.state === "waiting") refreshTimer = setTimeout(refresh, (chat.refresh_seconds || 10) * 1000);
}
function accept(body) {
  const before = chat && `${chat.state}${chat.handling}`;
  chat = body;
  paint();
  if (before && before !== `${chat.state}${chat.handling}` && root.dataset.at === "over") find("[data-over-title]").focus({ preventScroll: true });
  if (chat.state === "ended" || chat.state === "abandoned") setTimeout(() => catchUp(), 300);
}

/* --- beginning and going on ------------------------------------------------------------------------- */
async function resume() {
  for (let tries = 0; ; tries += 1) {
    const answer = await api.get(`${path()}?stream=true`);
    if (answer.ok) {
      accept(answer.body);
      // The place on the stream was taken before the messages are read: what comes in between comes twice, and once
      // too much is known by its id.
      if ((await catchUp()) === 200) {
        talk.pending(box.items());
        talk.down();
        wire.open(answer.body.stream);
        box.flush();
        if (chat.state === "waiting") refreshTimer = setTimeout(refresh, chat.refresh_seconds * 1000);
        return;
      }
    } else if (!passing(answer)) return void again();
    find("[data-line]").hidden = false;
    find("[data-line]").textContent = texts.line_down;
    await new Promise((done) => { setTimeout(done, Math.min(8000, 400 * 2 ** tries)); });
  }
}

async function open(body, name) {
  const opening = { client_id: newId(), text_id: newId(), unit: data.unit, account_ref: data.accountRef, ...body };
  kept.set({ opening, openingForm: name });
  return begin(opening, name);
}
async function begin(opening, name) {
  busy(name, true);
  try {
    for (let tries = 0; ; tries += 1) {
      const answer = await api.post("/contacts", opening);
      if (answer.ok) {
        kept.set({ id: answer.body.id, access: answer.body.access, opening: null });
        await resume();
        return true;
      }
      if (!passing(answer)) {
        kept.set({ opening: null });
        if (answer.body.code === "chat_closed") { closed(answer.body.detail); return false; }
        fault(name, reason(answer, texts.wrong));
        return false;
      }
      fault(name, answer.status === 429 ? reason(answer, texts.wrong) : texts.line_down);
      await new Promise((done) => { setTimeout(done, answer.retryAfter * 1000 || Math.min(8000, 400 * 2 ** tries)); });
    }
  } finally { busy(name, false); }
}
function busy(name, on) {
  all("button[type=submit]", form(name)).forEach((node) => { node.disabled = on; });
  if (on) fault(name, "");
}
function closed(text) {
  find("[data-closed]").hidden = !text;
  find("[data-closed-text]").textContent = text || "";
  const words = form("start").elements.text.value;
  if (words && !form("leave").elements.text.value) form("leave").elements.text.value = words;
  ["name", "phone"].forEach((field) => { form("leave").elements[field].value ||= form("start").elements[field].value; });
  form("leave").elements.topic.value = form("start").elements.topic.value || "other";
  find("[data-do=back]").hidden = false;
  show("leave");
}
function start() {
  show("start");
  find("[data-bar]").hidden = !embedded;
  find("[data-do=end]").hidden = true;
  find("[data-do=person]").hidden = true;
  find("[data-title]").textContent = texts.title;
  find("[data-subtitle]").textContent = "";
  lookAgain();
}
function lookAgain() {
  looking = look().catch(() => {});
}
async function look() {
  const query = new URLSearchParams({ topic: form("start").elements.topic.value, unit: data.unit });
  const chosen = form("start").elements.org_id?.value;
  if (chosen) query.set("org_id", chosen);
  const answer = await api.get(`?${query}`);
  if (!answer.ok) return;
  const { told, robot } = answer.body;
  robotThere = Boolean(robot);
  const isOpen = answer.body.open || robotThere;
  const door = find("[data-door]");
  door.textContent = robotThere ? texts.robot_open : isOpen ? told || texts.open : told || texts.not_open;
  door.dataset.open = isOpen ? "yes" : "no";
  find("[data-go=live]").disabled = !isOpen;
  if (!isOpen && root.dataset.at === "start" && form("start").dataset.looked !== "yes") closed(told || texts.not_open);
  form("start").dataset.looked = "yes";
}
function again() {
  wire.close();
  clearTimeout(refreshTimer);
  clearInterval(pollTimer);
  box.clear();
  kept.clear();
  talk.clear();
  chat = null;
  last = 0;
  early.clear();
  delete form("rate").dataset.touched;
  form("rate").reset();
  form("leave").reset();
  find("[data-line]").hidden = true;
  start();
}

/* --- what the customer does --------------------------------------------------------------------------- */
const does = {
  end: () => post("/end"),
  cancel: () => post("/end"),
  person: () => { box.say("转人工"); talk.down(); },
  callback: () => { form("callback").hidden = false; form("callback").elements.phone.focus(); },
  leave: () => { find("[data-closed]").hidden = true; closed(""); form("leave").elements.text.focus(); },
  back: () => (chat ? paint() : start()),
  again,
  bottom: () => { talk.down(); find("[data-do=bottom]").hidden = true; },
  close: () => tell({ close: true }),
};
async function post(what, body, name) {
  const answer = await api.post(path() + what, body);
  if (answer.ok) accept(answer.body);
  else if (name) fault(name, reason(answer, texts.wrong));
  else refresh();
  return answer.ok;
}
root.addEventListener("click", (event) => {
  const name = event.target.closest("[data-do]")?.dataset.do;
  if (name) does[name]();
});
form("start").addEventListener("change", (event) => ["topic", "org_id"].includes(event.target.name) && lookAgain());
form("start").addEventListener("submit", async (event) => {
  event.preventDefault();
  busy("start", true);
  await Promise.race([looking, new Promise((done) => { setTimeout(done, 3000); })]);
  const { topic, name, phone, text, org_id: unit } = form("start").elements;
  open({ topic: topic.value, handling: "live", begin: robotThere === false ? "queue" : "robot", name: name.value, phone: phone.value, text: text.value, ...(unit ? { org_id: Number(unit.value) } : {}) }, "start");
});
form("callback").addEventListener("submit", async (event) => {
  event.preventDefault();
  fault("callback", "");
  if (!form("callback").elements.phone.value.trim()) return fault("callback", texts.phone_needed);
  await post("/callback", { phone: form("callback").elements.phone.value }, "callback");
});
form("leave").addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = form("leave").elements;
  fault("leave", "");
  if (!fields.text.value.trim()) { fields.text.focus(); return fault("leave", texts.write_first); }
  if (!fields.phone.value.trim()) { fields.phone.focus(); return fault("leave", texts.phone_needed); }
  const picked = [...fields.files.files];
  const wrong = picked.map(unfit).find(Boolean);
  if (wrong) return fault("leave", wrong);
  const said = { text: fields.text.value, phone: fields.phone.value, name: fields.name.value };
  const chosen = form("start").elements.org_id?.value;
  const sent = chat
    ? await post("/leave", { client_id: newId(), ...said }, "leave")
    : await open({ topic: fields.topic.value, handling: "message", ...said, ...(chosen ? { org_id: Number(chosen) } : {}) }, "leave");
  if (sent) picked.forEach((file) => box.attach(file));
});
form("rate").addEventListener("change", () => { form("rate").dataset.touched = "yes"; });
form("rate").addEventListener("submit", async (event) => {
  event.preventDefault();
  fault("rate", "");
  const score = find("[name=score]:checked");
  const resolved = find("[name=resolved]:checked");
  if (!score) return fault("rate", texts.rate_first);
  await post("/rating", { score: Number(score.value), resolved: resolved ? resolved.value === "true" : null, comment: find("[name=comment]").value }, "rate");
});
const say = form("say");
const area = say.elements.text;
function send() {
  const text = area.value.trim();
  fault("say", "");
  if (!text) return;
  if ([...text].length > Number(data.textLength)) return fault("say", fill("too_long", data.textLength));
  area.value = "";
  grow();
  typing.sent();
  kept.set({ draft: "" });
  box.say(text);
  talk.down();
}
function grow() {
  area.rows = Math.min(5, Math.max(1, area.value.split("\n").length));
}
say.addEventListener("submit", (event) => { event.preventDefault(); send(); });
area.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
});
area.addEventListener("input", () => { grow(); typing.changed(area.value); kept.set({ draft: area.value }); });
function unfit(file) {
  const accepted = find("[data-file]").accept.split(",");
  if (!accepted.some((ending) => file.name.toLowerCase().endsWith(ending))) return texts.file_kind;
  return file.size > Number(data.fileBytes) ? fill("file_big", Math.floor(data.fileBytes / 1e6)) : "";
}
find("[data-file]").addEventListener("change", (event) => {
  fault("say", "");
  [...event.target.files].forEach((file) => {
    const why = unfit(file);
    if (why) fault("say", `${file.name}: ${why}`);
    else box.attach(file);
  });
  event.target.value = "";
});

/* --- the world around ----------------------------------------------------------------------------------- */
function tell(what) {
  if (embedded && window.parent !== window) window.parent.postMessage({ denghuoChat: what }, "*"); // counts only, nothing said
}
window.addEventListener("message", (event) => {
  if (event.source !== window.parent || !event.data?.denghuoChat) return;
  data.shown = event.data.denghuoChat.shown ? "yes" : "no";
  if (event.data.denghuoChat.shown) seen();
});
function seen() {
  unread = 0;
  document.title = document.title.replace(/^[（(].*?[)）]/, "");
  tell({ unread });
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  seen();
  if (path() && chat) { wire.again(); box.flush(); }
});
window.addEventListener("online", () => { wire.again(); box.flush(); });
window.addEventListener("offline", () => { find("[data-line]").hidden = false; find("[data-line]").textContent = texts.line_off; });
window.addEventListener("pageshow", (event) => event.persisted && path() && wire.again());
find("[data-log]").addEventListener("scroll", () => talk.atBottom() && (find("[data-do=bottom]").hidden = true));
all("[data-score]").forEach((node) => { node.textContent = texts[`score_${node.dataset.score}`]; });

root.dataset.ready = "yes";
area.value = kept.get("draft") || "";
if (path()) resume();
else if (kept.get("opening")) { start(); begin(kept.get("opening"), kept.get("openingForm") || "start"); }
else if (find(".dh-errors:not([data-error])") && !find(".dh-errors:not([data-error])").hidden) show("leave");
else start();
