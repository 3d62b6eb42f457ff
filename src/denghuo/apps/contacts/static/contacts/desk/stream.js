/* The page's one live stream: what it tells, and which conversations it is asked to tell of. */

import { api, on, tell } from "./base.js";
import { desk, find, refresh, refreshSoon } from "./state.js";

const RETOLD = 20000; // a line that stays down asks for a new token, in case the old one is over
let topics = desk.topics.join(" ");
let state = "wait";
let down = Date.now();

/* A new conversation is a new topic: the stream goes on with a new token from where it stands. */
on("token", (next) => {
  const wanted = next.topics.join(" ");
  const stuck = state === "off" && Date.now() - down > RETOLD;
  if (wanted === topics && !stuck) return;
  topics = wanted;
  document.dispatchEvent(new CustomEvent("dh:live-token", { detail: next.live_token }));
});

document.addEventListener("dh:live", (event) => {
  const message = event.detail;
  if (message.kind === "contact.message_posted") {
    if (find(message.id)) tell("arrived", { contact: message.id, hint: message.hint, message: message.message });
    return;
  }
  if (message.subject === "contact" || message.kind.startsWith("agent.")) {
    tell("happened", message);
    refreshSoon();
  }
});
document.addEventListener("dh:live-state", (event) => {
  if (event.detail !== "on" && state === "on") down = Date.now();
  const back = event.detail === "on" && state !== "on";
  state = event.detail;
  if (!back) return;
  refresh().then(() => tell("line")); // whatever was missed, before the stream was heard again
});

/* --- sign of life, from one window of several; and a look: the queue has no topic of its own (every desk of a floor would
   hear every message), and a stream that lags must not cost an offer ------------------------------------------------ */
let beats = 0;
export function beat(leads) {
  const tick = async () => {
    beats += 1;
    if (leads() && desk.me.mode !== "logged_out") {
      try {
        const answer = await api("POST", "/agent/heartbeat");
        if (answer && answer.signed_on === false) refresh();
      } catch { /* the next one will do */ }
    }
    if (state !== "on" || !document.hidden || beats % 4 === 0) refresh();
  };
  setInterval(tick, 15000);
  tick();
}
window.addEventListener("online", () => refresh());
