/* The left column: my state, what I serve, and who waits. */

import { $, $$, Denghuo, ICONS, api, complain, el, icon, later, nameOf, on, since, span, t, tell, uuid4 } from "./base.js";
import { hasDraft } from "./composer.js";
import { choose, current, desk, lookWhoWaits, refresh } from "./state.js";

/* --- my state -------------------------------------------------------------------------------------------------- */
const LABELS = Object.fromEntries($$("[data-mode]").map((node) => [node.dataset.mode, $("span", node).textContent]));
export function drawMe() {
  const { me } = desk;
  const out = me.mode === "logged_out";
  $("#dk-me").dataset.state = me.state;
  $("[data-me-state]").textContent = out ? t("not_signed_on") : me.state_label;
  $("#dk-sign-on").hidden = !out;
  $("#dk-mode").hidden = out;
  const next = $("[data-me-next]");
  next.hidden = !me.next_mode && me.mode !== "missed";
  next.textContent = me.next_mode ? t("next_mode", me.next_label) : t("mode_missed");
  $$("[data-mode]").forEach((node) => node.setAttribute("aria-current", String(node.dataset.mode === me.mode)));
  tickMe();
}
/* Seconds of a state today: what the server counted, and since then the running one. */
let counted = Date.now();
on("desk", () => { counted = Date.now(); });
const today = (state) => (desk.me.today[state] || 0) + (desk.me.state === state ? (Date.now() - counted) / 1000 : 0);
export function tickMe() {
  const { me } = desk;
  if (me.mode === "logged_out") { $("[data-me-today]").replaceChildren(); return; }
  $("[data-me-time]").textContent = span(since(me.since));
  for (const node of $$("[data-allowance]")) {
    const most = me.allowances?.[node.dataset.allowance];
    if (most === undefined) continue;
    const left = most * 60 - today(node.dataset.allowance);
    node.textContent = t(left < 0 ? "allowance_over" : "allowance", span(Math.abs(left)));
    node.classList.toggle("dk-bad", left < 0);
  }
  const parts = [["ready", t("ready_label")], ["busy", t("busy_label")], ["wrap_up", t("wrap_label")], ["break", LABELS.break], ["meal", LABELS.meal], ["training", LABELS.training], ["meeting", LABELS.meeting], ["outbound", LABELS.outbound], ["other", LABELS.other]];
  const shown = parts.filter(([state]) => today(state) >= 1);
  const total = shown.reduce((sum, [state]) => sum + today(state), 0) || 1;
  const box = $("[data-me-today]");
  const bar = el("div", { class: "dk-bar" });
  shown.forEach(([state]) => { const part = el("i", { "data-state": state }); part.style.flexGrow = String(today(state) / total); bar.append(part); });
  const legend = el("p", {}, ...shown.map(([state, label]) => el("span", { "data-state": state }, el("i", { "data-state": state, "aria-hidden": "true" }), `${label} `, el("b", { class: "dh-num" }, span(today(state))))));
  box.replaceChildren(bar, legend);
}
async function setMode(mode, reason = "") {
  const menu = $("#dk-mode");
  try {
    if (mode === "logged_out") await api("POST", "/agent/sign-off");
    else {
      const answer = await api("POST", "/agent/mode", { mode, reason }, { key: uuid4() });
      if (answer.notice) Denghuo.toast(answer.notice, answer.over_allowance ? "warn" : "info");
    }
    menu.removeAttribute("open");
    $(".dk-mode-other").hidden = true;
  } catch (error) {
    complain(error);
  }
  refresh();
}
export const signOn = () => api("POST", "/agent/sign-on", {}, { key: uuid4() }).catch(complain).finally(refresh);
$$("[data-mode]").forEach((node) => node.addEventListener("click", () => {
  if (node.dataset.mode !== "other") return setMode(node.dataset.mode);
  $(".dk-mode-other").hidden = false;
  $("#dk-reason").focus();
}));
$("[data-mode-other]").addEventListener("click", () => setMode("other", $("#dk-reason").value.trim()));
$("#dk-reason").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); setMode("other", event.target.value.trim()); }
});

/* --- my conversations --------------------------------------------------------------------------------------------- */
export function drawLists() {
  const rows = desk.conversations;
  $("#dk-mine-count").textContent = rows.length || "";
  const unread = rows.reduce((sum, row) => sum + (row.unread || 0), 0);
  const total = $("[data-total-unread]");
  total.hidden = !unread;
  total.textContent = unread;
  document.title = `${unread ? `(${unread}) ` : ""}${t("desk")}`;
  $('[data-act="take-next"]').classList.toggle("btn-primary", !rows.length); // with nothing in hand it is what comes next
  const list = $("#dk-list");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.id : "";
  list.replaceChildren(...(rows.length ? rows.map(mineRow) : [el("li", { class: "dk-empty" }, el("strong", {}, t("no_mine")), el("span", {}, t("no_mine_hint")))]));
  if (focused) $(`[data-id="${focused}"]`, list)?.focus();
}
function mineRow(row, index) {
  const open = current()?.id === row.id;
  const node = el("button", { type: "button", class: "dk-row", "data-id": row.id, "aria-current": String(open), "data-role": row.role, "data-state": row.state });
  const last = row.last;
  const draft = hasDraft(row);
  const text = draft ? el("span", { class: "dk-draft" }, icon("edit"), t("draft")) : el("span", { class: "dk-last" }, last ? `${last.sender === "agent" ? `${t("me")}：` : ""}${last.text}` : row.subject || row.channel_label);
  const side = el("span", { class: "dk-row-side" });
  if (row.party_state === "invited") side.append(el("span", { class: "dh-badge dh-tone-warn" }, t(row.role)));
  else if (row.role !== "agent") side.append(el("span", { class: "dh-badge dh-tone-info" }, t(row.role)));
  if (row.unread) side.append(el("b", { class: "dk-count", "aria-label": t("unread", row.unread) }, String(row.unread)));
  node.append(
    el("span", { class: "dk-face" }, icon(ICONS[row.channel] || "message"), el("kbd", { "aria-hidden": "true" }, String(index + 1))),
    el("span", { class: "dk-row-main" }, el("span", { class: "dk-row-top" }, el("strong", {}, nameOf(row)), el("span", { class: "dk-wait dh-num", "data-timer": row.id })), el("span", { class: "dk-row-low" }, text, side)),
  );
  node.addEventListener("click", () => choose(row.id, { show: true }));
  const item = el("li", {}, node);
  tickRow($("[data-timer]", node), row);
  return item;
}
function tickRow(node, row) {
  const late = row.waiting_since && row.state === "in_service" ? since(row.waiting_since) : 0;
  const words = row.state === "wrap_up" ? t("wrapping", span(since(row.ended_at))) : row.waiting_since ? t("waits_reply", span(late)) : span(since(row.served_at));
  if (node.textContent !== words) node.textContent = words;
  node.dataset.tone = row.state === "wrap_up" ? "progress" : late > 120 ? "danger" : row.waiting_since ? "warn" : "";
}
export function tickLists() {
  $$("#dk-list [data-timer]").forEach((node) => { const row = desk.conversations.find((one) => one.id === Number(node.dataset.timer)); if (row) tickRow(node, row); });
  $$("#dk-queue [data-since]").forEach((node) => { node.textContent = t("waited", span(since(node.dataset.since))); });
}

/* --- who waits -------------------------------------------------------------------------------------------------------- */
export function drawQueue() {
  const { count, items } = desk.waiting;
  const asked = $("#dk-q").value.trim();
  $("#dk-waiting-count").textContent = count || "";
  const list = $("#dk-queue");
  const rows = items.map((row) => {
    const node = el("li", { class: "dk-waiting", "data-for-me": String(row.for_me) });
    const take = el("button", { type: "button", class: "btn btn-sm", "aria-label": `${t("take")} ${nameOf(row)}` }, t("take"));
    take.addEventListener("click", () => takeOne(row.id));
    const tags = row.for_me ? el("span", { class: "dh-badge dh-tone-info" }, icon("arrow-forward-up"), t("for_me")) : row.priority < 0 ? el("span", { class: "dh-badge dh-tone-warn" }, icon("arrow-up"), t("first")) : "";
    node.append(
      el("span", { class: "dk-face" }, icon(ICONS[row.channel] || "message")),
      el("span", { class: "dk-row-main" }, el("span", { class: "dk-row-top" }, el("strong", {}, nameOf(row)), tags), el("span", { class: "dk-row-low" }, el("span", { class: "dk-last" }, [row.subject || row.queue || row.channel_label, row.org].filter(Boolean).join(" · ")))),
      el("span", { class: "dk-row-end" }, el("small", { class: "dh-num", "data-since": row.entered_at }, t("waited", span(since(row.entered_at)))), take),
    );
    return node;
  });
  if (!rows.length) rows.push(el("li", { class: "dk-empty" }, el("span", {}, t(asked ? "no_found" : "no_waiting"))));
  if (count > items.length) rows.push(el("li", { class: "dk-empty" }, t("more_waiting", count - items.length)));
  list.replaceChildren(...rows);
}
const search = later(lookWhoWaits, 250);
on("waiting", drawQueue);
$("#dk-q").addEventListener("input", (event) => { if (!event.isComposing) search(); });
$("#dk-q").addEventListener("compositionend", search);

export async function takeOne(id) {
  try {
    const taken = id ? await api("POST", `/contacts/${id}/take`, undefined, { key: uuid4() }) : await api("POST", "/contacts/next", undefined, { key: uuid4() });
    if (!taken) return void Denghuo.toast(t("none_waiting"), "info");
    await refresh();
    choose(taken.id, { show: true });
    tell("taken", taken.id);
  } catch (error) {
    complain(error);
    refresh();
  }
}
