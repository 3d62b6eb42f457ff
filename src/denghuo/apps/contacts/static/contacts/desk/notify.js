/* Being noticed by somebody who looks elsewhere: a sound, a notice of the desktop. Both can be seen to be on or off. */

import { $, memory, on, t } from "./base.js";

const sound = $("#dk-sound");
const notify = $("#dk-notify");
let audio = null;
let ringing = 0;

const wanted = () => memory.get("sound") !== false;
function draw() {
  sound.hidden = false;
  sound.setAttribute("aria-pressed", String(wanted()));
  $("span", sound).textContent = t(wanted() ? "sound_on" : "sound_off");
  sound.title = $("span", sound).textContent;
  if (!("Notification" in window)) return;
  notify.hidden = false;
  const given = Notification.permission;
  notify.setAttribute("aria-pressed", String(given === "granted"));
  notify.disabled = given === "denied";
  $("span", notify).textContent = t(given === "granted" ? "notify_on" : given === "denied" ? "notify_denied" : "notify_off");
  notify.title = $("span", notify).textContent;
}
sound.addEventListener("click", () => { memory.set("sound", !wanted()); draw(); beep(); });
notify.addEventListener("click", () => Notification.permission === "default" && Notification.requestPermission().then(draw));
draw();

/* Browsers let a page sound only after somebody touched it. */
for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => { try { audio ||= new AudioContext(); audio.resume(); } catch { /* no sound here */ } }, { once: true });
}
function beep(pitch = 660, long = 0.16) {
  if (!audio || audio.state !== "running" || !wanted()) return;
  const tone = audio.createOscillator();
  const gain = audio.createGain();
  tone.frequency.value = pitch;
  gain.gain.setValueAtTime(0.0001, audio.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.14, audio.currentTime + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + long);
  tone.connect(gain).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + long + 0.02);
}
/* The notice names the channel, not the customer: it may show on a locked screen. */
function note(title, tag) {
  if (document.hasFocus() || !("Notification" in window) || Notification.permission !== "granted") return;
  const shown = new Notification(title, { tag, icon: document.querySelector('link[rel="icon"]')?.href });
  shown.addEventListener("click", () => { window.focus(); shown.close(); });
}
function quiet() { clearInterval(ringing); ringing = 0; }
on("ring", (row) => {
  quiet();
  beep(880, 0.3);
  ringing = setInterval(() => beep(880, 0.3), 2000);
  note(t("rings", row.channel_label), `offer-${row.id}`);
});
on("asked", (row) => { beep(740, 0.3); note(t("asked_in", row.invited_by), `asked-${row.id}`); });
on("quiet", quiet);
on("customer-said", ({ row }) => {
  if (!document.hasFocus()) beep(560);
  note(t("from_customer", row.channel_label), `said-${row.id}`);
});
