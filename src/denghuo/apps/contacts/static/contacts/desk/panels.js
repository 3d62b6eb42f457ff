/* The right column: what the other parts of the product know, and the form of a request. */

import { $, $$, Denghuo, el, icon, memory, on, settings, t, tell } from "./base.js";
import { current, find, refresh } from "./state.js";

const panel = $("#dk-panel");
const request = $("#dk-request");
const tabs = $$("[data-panel]");
const none = panel.firstElementChild.cloneNode(true);
let name = memory.get("panel") || tabs[0]?.dataset.panel || "";
let shown = "";
let formFor = 0;

function address(tab, row) {
  return tab.dataset.url.replace("/0/", `/${row.id}/`);
}
export function pick(wanted, { focus = false } = {}) {
  if (!tabs.some((tab) => tab.dataset.panel === wanted && !tab.hidden)) wanted = tabs.find((tab) => !tab.hidden)?.dataset.panel || "";
  name = wanted;
  if (name !== "request") memory.set("panel", name);
  tabs.forEach((tab) => { tab.setAttribute("aria-selected", String(tab.dataset.panel === name)); tab.tabIndex = tab.dataset.panel === name ? 0 : -1; });
  tabs.find((tab) => tab.dataset.panel === name)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  panel.hidden = name === "request";
  request.hidden = name !== "request";
  $("#desk").dataset.side = name;
  if (name !== "request") load();
  if (focus) { tell("view", "side"); (name === "request" ? request : panel).focus(); }
}
function load(force = false) {
  const row = current();
  const tab = tabs.find((one) => one.dataset.panel === name);
  const key = row && tab ? `${name}:${row.id}:${row.customer_id}:${row.account_id}` : "";
  if (key === shown && !force) return;
  shown = key;
  if (!key || !tab.dataset.url) return void panel.replaceChildren(none.cloneNode(true));
  panel.setAttribute("aria-labelledby", tab.id);
  panel.replaceChildren(el("div", { class: "dh-skeleton" }, ...Array.from({ length: 6 }, () => el("span"))));
  window.htmx.ajax("GET", address(tab, row), { target: panel, swap: "innerHTML" }).catch(() => {});
}
panel.addEventListener("htmx:responseError", (event) => {
  if (event.target !== panel) return;
  const again = el("button", { type: "button", class: "btn btn-sm" }, icon("reload"), t("reload"));
  again.addEventListener("click", () => load(true));
  panel.replaceChildren(el("div", { class: "dh-empty" }, el("p", { class: "dh-empty-title" }, t("failed_load")), again));
});
tabs.forEach((tab) => tab.addEventListener("click", () => pick(tab.dataset.panel)));
$(".dk-tabs").addEventListener("keydown", (event) => {
  const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const seen = tabs.filter((tab) => !tab.hidden);
  const at = seen.indexOf(document.activeElement);
  if (!move || at < 0) return;
  event.preventDefault();
  const next = seen[(at + move + seen.length) % seen.length];
  next.focus();
  pick(next.dataset.panel);
});
export const reload = () => load(true);
export const begin = () => pick(memory.get("panel") || "");
on("identified", () => { shown = ""; load(); });

export function show(row) {
  const tab = $("#dk-tab-request");
  if (formFor && formFor !== row?.id) { // a form half filled keeps its own draft and comes back with its conversation
    formFor = 0;
    tab.hidden = true;
    request.replaceChildren();
    if (name === "request") { pick(memory.get("panel") || ""); return; }
  }
  if (name !== "request") load();
}

/* --- the request, beside the conversation it comes from ------------------------------------------------------------------ */
export function openRequest() {
  const row = current();
  if (!row || row.role !== "agent" || !settings.urls.request) return;
  if (row.request_id && formFor !== row.id) Denghuo.toast(t("already_linked"), "info");
  $("#dk-tab-request").hidden = false;
  pick("request", { focus: true });
  if (formFor === row.id) return;
  formFor = row.id;
  request.replaceChildren(el("div", { class: "dh-skeleton" }, ...Array.from({ length: 8 }, () => el("span"))));
  window.htmx.ajax("GET", `${settings.urls.request}?contact=${row.id}&sheet=1`, { target: request, swap: "innerHTML" }).then(() => {
    const first = $$("input, textarea, select", request).find((node) => node.type !== "hidden" && !node.value);
    (first || $("textarea", request))?.focus();
  }).catch(() => {});
}
export function closeRequest() {
  formFor = 0;
  $("#dk-tab-request").hidden = true;
  request.replaceChildren();
  pick(memory.get("panel") || "");
  tell("view", "talk");
  tell("write");
}
document.body.addEventListener("desk-request", (event) => {
  const { contact, number } = event.detail;
  Denghuo.toast(t("request_done", number), "success");
  if (formFor === contact) closeRequest();
  refresh();
});
document.addEventListener("click", (event) => { if (event.target.closest?.("[data-sheet-close]")) closeRequest(); });
export const hasForm = (id) => formFor === id && Boolean(find(id));
