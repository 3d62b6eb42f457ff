/* What rings: big, with its time running, answered by F2 from wherever one is. */

import { $, ICONS, api, complain, el, icon, nameOf, now, on, say, since, span, t, tell } from "./base.js";
import { choose, desk, refresh } from "./state.js";

const box = $("#dk-offers");
let told = "";
let answering = 0;

export function drawOffers() {
  const asked = desk.conversations.filter((row) => row.party_state === "invited");
  const ids = desk.offers.map((row) => row.id).join() + asked.map((row) => `p${row.id}`).join();
  if (ids === told) return tickOffers();
  const news = desk.offers.filter((row) => !told.split(",").includes(String(row.id)));
  told = ids;
  box.replaceChildren(...desk.offers.map(offer), ...asked.map(invitation));
  if (news.length) tell("ring", news[0]);
  else if (asked.length) tell("asked", asked[0]);
  else tell("quiet");
}
function offer(row) {
  const accept = el("button", { type: "button", class: "btn btn-primary btn-lg", "data-act": "accept", "data-offer": row.id, title: t("accept") }, icon("phone-incoming"), t("accept"), el("kbd", {}, "F2"));
  const decline = el("button", { type: "button", class: "btn btn-sm btn-ghost", "data-act": "decline", title: t("decline") }, t("decline"));
  const total = Math.max(1, (Date.parse(row.expires_at) - Date.parse(row.offered_at)) / 1000);
  return el("article", { class: "dk-offer", "aria-label": t("rings", row.channel_label) },
    el("div", { class: "dk-offer-top" }, el("span", { class: "dk-face" }, icon(ICONS[row.channel] || "message")), el("div", {}, el("p", {}, t("rings", row.channel_label)), el("h3", {}, nameOf(row)))),
    el("p", { class: "dk-offer-line" }, [row.subject, row.queue, row.org].filter(Boolean).join(" · ")),
    el("p", { class: "dk-offer-line dh-num" }, t("waited", span(since(row.entered_at)))),
    el("progress", { class: "dh-bar", max: String(total), value: String(total), "data-until": row.expires_at, "aria-hidden": "true" }),
    el("div", { class: "dk-offer-acts" }, accept, decline, el("span", { class: "dh-num", "data-left": row.expires_at })));
}
function invitation(row) {
  const join = el("button", { type: "button", class: "btn btn-primary", "data-act": "join", "data-id": row.id, title: t("join") }, icon("login"), t("join"), ...(desk.offers.length ? [] : [el("kbd", {}, "F2")]));
  const refuse = el("button", { type: "button", class: "btn btn-sm btn-ghost", "data-act": "refuse", "data-id": row.id }, t("refuse"));
  return el("article", { class: "dk-offer dk-asked" },
    el("div", { class: "dk-offer-top" }, el("span", { class: "dk-face" }, icon(row.role === "consult" ? "user-question" : "users")), el("div", {}, el("p", {}, t("asked_in", row.invited_by)), el("h3", {}, `${t(row.role)} · ${nameOf(row)}`))),
    row.party_note ? el("p", { class: "dk-offer-line" }, `“${row.party_note}”`) : "",
    el("div", { class: "dk-offer-acts" }, join, refuse));
}
export function tickOffers() {
  for (const node of box.querySelectorAll("[data-until]")) node.value = Math.max(0, (Date.parse(node.dataset.until) - now()) / 1000);
  for (const node of box.querySelectorAll("[data-left]")) {
    const left = Math.ceil((Date.parse(node.dataset.left) - now()) / 1000);
    node.textContent = left > 0 ? t("left", left) : "";
    if (left < -1 && !answering) { answering = 1; refresh().finally(() => setTimeout(() => { answering = 0; }, 2000)); }
  }
}
on("ring", (row) => say(`${t("rings", row.channel_label)}：${nameOf(row)}，F2 ${t("accept")}`, true));

export async function accept(id = desk.offers[0]?.id) {
  if (!id) {
    const asked = desk.conversations.find((row) => row.party_state === "invited");
    return asked ? party(asked.id, "join") : undefined;
  }
  if (answering === id) return undefined;
  answering = id;
  try {
    await api("POST", `/contacts/${id}/accept`);
    await refresh();
    choose(id, { show: true });
    tell("taken", id);
  } catch (error) {
    complain(error);
    refresh();
  } finally {
    answering = 0;
  }
  return undefined;
}
export async function decline(id = desk.offers[0]?.id) {
  if (!id) return;
  try { await api("POST", `/contacts/${id}/decline`, { reason: "" }); } catch (error) { complain(error); }
  refresh();
}
export async function party(id, what, body) {
  try {
    await api("POST", `/desk/contacts/${id}/${what}`, what === "refuse" ? { reason: "" } : body);
    await refresh();
    if (what === "join" || what === "barge") { choose(id, { show: true }); tell("taken", id); }
  } catch (error) {
    complain(error);
    refresh();
  }
}
