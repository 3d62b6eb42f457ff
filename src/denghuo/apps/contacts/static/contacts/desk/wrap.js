/* After the talk: disposition in two levels with search, outcome, note. Kept as a draft until it is saved. */

import { $, $$, Denghuo, Refused, api, complain, el, icon, settings, since, span, t, tell, uuid4 } from "./base.js";
import { current, draftOf, dropDraft, keepDraft, refresh } from "./state.js";

const form = $("#dk-wrap");
const q = $("#dk-disp-q");
const list = $("#dk-disp");
const outcome = $("#dk-outcome");
const note = $("#dk-note");
let chosen = 0;
let at = -1;
let open = 0;
let saving = false;

outcome.replaceChildren(...settings.outcomes.map((one) => el("option", { value: one.code }, one.label)));
const parents = settings.dispositions.filter((one) => !one.parent);
const childrenOf = (id) => settings.dispositions.filter((one) => one.parent === id);
const leaves = () => $$("[role=option]", list);

function draw() {
  const word = q.value.trim().toLowerCase();
  const nodes = [];
  for (const parent of parents) {
    const whole = parent.name.toLowerCase().includes(word);
    const kids = childrenOf(parent.id);
    const shown = (kids.length ? kids : [parent]).filter((one) => !word || whole || one.name.toLowerCase().includes(word) || one.code.includes(word));
    if (!shown.length) continue;
    nodes.push(el("p", { class: "dk-pick-group" }, parent.name), ...shown.map((one) => {
      const node = el("div", { role: "option", id: `dk-disp-${one.id}`, "data-id": one.id, "aria-selected": String(one.id === chosen) }, one.name, one.id === chosen ? icon("check") : "");
      node.addEventListener("click", () => pick(one.id));
      return node;
    }));
  }
  list.replaceChildren(...(nodes.length ? nodes : [el("p", { class: "dk-pick-none" }, t("no_disposition"))]));
  at = leaves().findIndex((node) => Number(node.dataset.id) === chosen);
  mark(at < 0 && word ? 0 : at);
}
function mark(index) {
  at = index;
  leaves().forEach((node, one) => node.classList.toggle("dk-at", one === at));
  const node = leaves()[at];
  node?.scrollIntoView({ block: "nearest" });
  if (node) q.setAttribute("aria-activedescendant", node.id);
}
function pick(id) {
  chosen = id;
  const found = settings.dispositions.find((one) => one.id === id);
  if (found?.outcome && !current()?.request_id) outcome.value = found.outcome;
  q.value = "";
  q.placeholder = found ? `${settings.dispositions.find((one) => one.id === found.parent)?.name ?? ""} ${found.name}`.trim() : q.placeholder;
  draw();
  keep();
  errors({});
}
q.addEventListener("input", (event) => !event.isComposing && draw());
q.addEventListener("compositionend", draw);
q.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (move && !event.altKey) { event.preventDefault(); mark(Math.max(0, Math.min(leaves().length - 1, at + move))); }
  else if (event.key === "Enter" && !event.ctrlKey) {
    event.preventDefault();
    const node = leaves()[at];
    if (node) { pick(Number(node.dataset.id)); note.focus(); }
  }
});
function keep() {
  if (open) keepDraft(`contact:${open}:wrap`, chosen || note.value ? JSON.stringify({ chosen, outcome: outcome.value, note: note.value }) : "");
}
note.addEventListener("input", keep);
outcome.addEventListener("change", keep);

export function show(row) {
  const wanted = row && row.role === "agent" && row.state === "wrap_up";
  form.hidden = !wanted;
  if (!wanted) { open = 0; return; }
  $("[data-wrap-request]").replaceChildren(...(row.request_id ? [el("a", { class: "dh-badge dh-tone-ok", href: `${settings.urls.requests}${row.request_id}/`, target: "_blank" }, icon("clipboard-check"), t("linked"))] : []));
  if (row.request_id && open === row.id && !chosen) outcome.value = "request_made";
  if (open === row.id) return;
  open = row.id;
  chosen = 0;
  note.value = "";
  q.value = "";
  outcome.value = row.request_id ? "request_made" : "answered";
  try {
    const kept = JSON.parse(draftOf(`contact:${row.id}:wrap`) || "{}");
    chosen = kept.chosen || 0;
    note.value = kept.note || "";
    if (kept.outcome && !row.request_id) outcome.value = kept.outcome;
  } catch { /* a draft of another shape is no draft */ }
  errors({});
  draw();
  tick();
  if (!document.activeElement.closest?.("dialog, .dk-side")) q.focus();
}
export function tick() {
  const row = current();
  if (row && !form.hidden) $("[data-wrap-timer]").textContent = span(since(row.ended_at));
}
function errors(fields) {
  $$("[data-error]", form).forEach((node) => {
    const words = fields[node.dataset.error] || [];
    node.hidden = !words.length;
    node.replaceChildren(...words.map((text) => el("li", { role: "alert" }, icon("alert-circle"), text)));
  });
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const row = current();
  if (!row || saving) return;
  if (!chosen && settings.dispositions.length) { errors({ disposition_id: [t("pick_disposition")] }); q.focus(); return; }
  saving = true;
  try {
    await api("POST", `/desk/contacts/${row.id}/wrap-up`, { outcome: outcome.value, disposition_id: chosen || null, note: note.value.trim() }, { key: uuid4() });
    dropDraft(`contact:${row.id}:wrap`);
    dropDraft(`contact:${row.id}:reply`);
    Denghuo.toast(t("closed"), "success");
    open = 0;
    await refresh();
    tell("write");
  } catch (error) {
    if (error instanceof Refused) errors(error.fields);
    if (!(error instanceof Refused) || !Object.keys(error.fields).length) complain(error);
  } finally {
    saving = false;
  }
});
