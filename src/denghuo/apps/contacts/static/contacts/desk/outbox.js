/* What was written and has not arrived: kept on this machine until the server has it. One entry a message, by the id made
   here; sending twice is harmless, since the server knows the id. Of several windows one sends, all show. */

import { Denghuo, Refused, api, memory, on, say, t, tell, uuid4 } from "./base.js";

const LEASE = 5000;
const tab = uuid4();
const busy = new Set();
let pause = 0;

/* --- which window sends: the one typed in, until it is gone ------------------------------------------------------- */
function held() {
  const lease = memory.get("lead");
  return lease && lease.until > Date.now() ? lease.tab : "";
}
const claim = () => memory.set("lead", { tab, until: Date.now() + LEASE });
export function leads() {
  const by = held();
  if (by && by !== tab) return false;
  claim();
  return true;
}
setInterval(() => { if (held() === tab || (!held() && !document.hidden)) { claim(); flush(); } }, 2000);
window.addEventListener("pagehide", () => { if (held() === tab) memory.drop("lead"); });

/* --- entries ---------------------------------------------------------------------------------------------------------- */
let order = Date.now();
export const entries = (contact) =>
  memory.keys("out:").map((key) => memory.get(key)).filter((entry) => entry && (!contact || entry.contact === contact)).sort((a, b) => a.order - b.order);
const keep = (entry) => memory.set(`out:${entry.client_id}`, entry);

export function put(contact, text, audience) {
  order = Math.max(order + 1, Date.now());
  const entry = { client_id: uuid4(), contact, text, audience, order, at: new Date().toISOString(), state: "queued", error: "" };
  keep(entry);
  claim();
  tell("outbox", contact);
  flush();
  return entry;
}
export function drop(id, contact) {
  memory.drop(`out:${id}`);
  tell("outbox", contact);
}
export function retry(id) {
  const entry = memory.get(`out:${id}`);
  if (!entry) return;
  keep({ ...entry, state: "queued", error: "" });
  claim();
  tell("outbox", entry.contact);
  flush();
}
/* A message of the stream may be ours, come back before the answer to our sending. */
export function arrived(message) {
  const entry = memory.get(`out:${message.client_id}`);
  if (entry) drop(message.client_id, entry.contact);
}

/* --- sending: in order within a conversation, conversations side by side ------------------------------------------------ */
export function flush() {
  if (!leads() || Date.now() < pause) return;
  for (const contact of new Set(entries().map((entry) => entry.contact))) if (!busy.has(contact)) send(contact);
}
async function send(contact) {
  busy.add(contact);
  try {
    for (;;) {
      const entry = entries(contact)[0];
      if (!entry || entry.state === "failed") break; // what follows waits until the agent decides
      keep({ ...entry, state: "sending" });
      tell("outbox", contact);
      const message = await api("POST", `/desk/contacts/${contact}/messages`, { client_id: entry.client_id, text: entry.text, audience: entry.audience });
      tell("posted", { contact, message });
      drop(entry.client_id, contact);
      pause = 0;
    }
  } catch (error) {
    put_off(contact, error);
  } finally {
    busy.delete(contact);
  }
}
function put_off(contact, error) {
  const entry = entries(contact)[0];
  if (!entry) return;
  const final = error instanceof Refused && error.status < 500 && error.status !== 429 && error.status !== 401;
  keep({ ...entry, state: final ? "failed" : "queued", error: final ? error.words : "" });
  if (final) say(`${t("failed")}：${error.words}`, true);
  else pause = Date.now() + 2500;
  tell("outbox", contact);
}
/* A conversation that has left this desk takes nothing more: what did not get there is said, not swallowed. */
on("gone", (ids) => entries().filter((entry) => ids.includes(entry.contact) && !busy.has(entry.contact)).forEach((entry) => {
  drop(entry.client_id, entry.contact);
  Denghuo.toast(`${t("failed")}：${entry.text}`, "error");
}));
window.addEventListener("online", () => { pause = 0; flush(); });
window.addEventListener("storage", (event) => {
  const key = memory.own(event);
  if (!key.startsWith("out:")) return;
  tell("outbox", JSON.parse(event.newValue || event.oldValue || "{}").contact);
  flush();
});
