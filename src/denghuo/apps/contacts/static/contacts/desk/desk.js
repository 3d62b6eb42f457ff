/* The agent's desk. State comes from the server and the stream; each part of the screen draws what it shows. */

import { $, $$, Denghuo, api, complain, on, settings, t, tell } from "./base.js";
import * as composer from "./composer.js";
import * as dialogs from "./dialogs.js";
import { listen } from "./keys.js";
import { drawLists, drawMe, drawQueue, signOn, takeOne, tickLists, tickMe } from "./lists.js";
import "./notify.js";
import { accept, decline, drawOffers, party, tickOffers } from "./offers.js";
import { flush, leads } from "./outbox.js";
import * as panels from "./panels.js";
import { suggest } from "./phrases.js";
import { current, desk, refresh, rememberDrafts, start, step } from "./state.js";
import { beat } from "./stream.js";
import * as talk from "./talk.js";
import * as wrap from "./wrap.js";

const root = $("#desk");
rememberDrafts(settings.drafts);

function drawAll() {
  drawMe();
  drawOffers();
  drawLists();
  drawQueue();
  talk.head();
  const row = current();
  composer.show(row);
  wrap.show(row);
}
on("desk", drawAll);
on("lists", drawLists);
on("chosen", (row) => {
  drawLists();
  talk.head();
  composer.show(row);
  wrap.show(row);
  panels.show(row);
});
on("view", view);
on("taken", () => composer.focus());
on("write", () => composer.focus());
on("gone", () => talk.head());

/* --- narrow screens show one column at a time --------------------------------------------------------------------- */
function view(name) {
  root.dataset.view = name;
  $$("[data-view-tab]").forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.viewTab === name)));
}
$$("[data-view-tab]").forEach((tab) => tab.addEventListener("click", () => tell("view", tab.dataset.viewTab)));

/* --- what can be done ------------------------------------------------------------------------------------------------ */
async function end() {
  const row = current();
  if (!row || row.role !== "agent" || row.state !== "in_service") return;
  if (row.waiting_since && !(await Denghuo.confirm(t("end_unanswered")))) return;
  try { await api("POST", `/contacts/${row.id}/end`); } catch (error) { complain(error); }
  await refresh();
}
const inService = (run) => () => { const row = current(); if (row?.role === "agent" && row.state === "in_service") run(row); else if (!row) Denghuo.toast(t("choose_first"), "info"); };
const ACTS = {
  accept: () => accept(),
  decline: () => decline(),
  join: (node) => party(Number(node.dataset.id), "join"),
  refuse: (node) => party(Number(node.dataset.id), "refuse"),
  leave: () => current() && party(current().id, "leave", {}),
  barge: () => current() && party(current().id, "barge"),
  "take-next": () => takeOne(),
  "sign-on": signOn,
  identify: () => current()?.role === "agent" && dialogs.open("identify"),
  request: () => panels.openRequest(),
  transfer: inService(() => dialogs.open("transfer")),
  consult: inService(() => dialogs.open("invite", "consult")),
  conference: inService(() => dialogs.open("invite", "conference")),
  "put-back": inService(() => dialogs.open("put-back")),
  end,
  write: composer.focus,
  log: () => $("#dk-log").focus(),
  whisper: composer.toggleLane,
  next: () => step(1),
  previous: () => step(-1),
  phrases: () => { composer.focus(); composer.insert($("#dk-text").value && !/\s$/.test($("#dk-text").value) ? " /" : "/"); suggest($("#dk-text")); },
};
document.addEventListener("click", (event) => {
  const node = event.target.closest?.("[data-act]");
  if (!node || node.disabled || !ACTS[node.dataset.act]) return;
  event.preventDefault();
  ACTS[node.dataset.act](node);
});
$$("[data-lane]").forEach((node) => node.addEventListener("click", () => { composer.setLane(node.dataset.lane); composer.focus(); }));
$("#dk-mode > summary").addEventListener("click", () => setTimeout(() => $('#dk-mode[open] [data-mode]')?.focus(), 0));
$("#dk-mode").addEventListener("keydown", (event) => {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const items = $$("[data-mode]");
  const at = items.indexOf(document.activeElement);
  if (!move || at < 0) return;
  event.preventDefault();
  items[(at + move + items.length) % items.length].focus();
});
listen({ accept: ACTS.accept, decline: ACTS.decline, whisper: ACTS.whisper, end, log: ACTS.log });

/* --- begin ----------------------------------------------------------------------------------------------------------- */
panels.begin();
start();
drawAll();
flush();
beat(leads);
setInterval(() => { tickMe(); tickLists(); tickOffers(); talk.tick(); wrap.tick(); }, 1000);
if (desk.me.mode === "logged_out") $("#dk-sign-on").focus();
