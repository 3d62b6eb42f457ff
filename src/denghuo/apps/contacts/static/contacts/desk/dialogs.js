/* Handing on, asking colleagues, putting back, saying who the customer is. */

import { $, $$, Denghuo, Refused, api, complain, el, icon, on, span, t, tell, uuid4 } from "./base.js";
import { current, refresh } from "./state.js";

const dialogs = { transfer: $("#dk-transfer"), invite: $("#dk-invite"), "put-back": $("#dk-put-back"), identify: $("#dk-identify") };
let role = "consult";
let sending = false;

function faults(dialog, words) {
  const list = $("[data-errors]", dialog);
  list.hidden = !words.length;
  list.replaceChildren(...words.map((text) => el("li", { role: "alert" }, icon("alert-circle"), text)));
}
function option(name, value, title, line, extra = "", checked = false) {
  const input = el("input", { type: "radio", name, value, ...(checked ? { checked: "" } : {}) });
  return el("label", { class: "dk-target", "data-words": `${title} ${line}`.toLowerCase() }, input, el("span", {}, el("strong", {}, title), el("small", {}, line)), extra);
}
const skeleton = () => el("div", { class: "dh-skeleton" }, el("span"), el("span"), el("span"));

export function open(name, which) {
  const row = current();
  const dialog = dialogs[name];
  if (!row || !dialog || dialog.open) return;
  faults(dialog, []);
  $$("input:not([type=radio]), textarea", dialog).forEach((node) => { node.value = ""; });
  if (name === "invite") {
    role = which;
    $$("[data-role]", dialog).forEach((node) => { node.hidden = node.dataset.role !== role; });
  }
  dialog.showModal();
  if (name === "transfer" || name === "invite") load(dialog, row);
  if (name === "identify") {
    $("[data-people]", dialog).replaceChildren();
    $("[data-note]", dialog).value = "";
    $("[data-note]", dialog).focus();
  }
}
async function load(dialog, row) {
  const agents = $("[data-agents]", dialog);
  const queues = $("[data-queues]", dialog);
  agents.replaceChildren(skeleton());
  queues?.replaceChildren(skeleton());
  $("[data-filter]", dialog).focus();
  let found;
  try { found = await api("GET", `/desk/contacts/${row.id}/targets`); } catch (error) {
    agents.replaceChildren(t("failed_load"));
    queues?.replaceChildren();
    return void complain(error);
  }
  queues?.replaceChildren(...(found.queues.length ? found.queues.map((one) => option("to", `q${one.id}`, one.name, [t("queue_waiting", one.waiting), one.wait_seconds === null ? t("queue_nobody") : one.wait_seconds < 1 ? t("queue_now") : t("queue_wait", span(one.wait_seconds))].join(" · "), one.here ? el("span", { class: "dh-badge dh-tone-muted" }, t("queue_here")) : "")) : [el("p", { class: "dh-quiet" }, t("no_queues"))]));
  agents.replaceChildren(...(found.agents.length ? found.agents.map((one) => option("to", `a${one.id}`, `${one.name} ${one.number}`, [one.org, ...one.skills].join(" · "), el("span", { class: `dh-badge dh-tone-${one.state === "ready" ? "ok" : "progress"}` }, icon(one.state === "ready" ? "circle-check" : "headset"), el("span", {}, one.in_hand ? `${one.state_label} · ${t("in_hand", one.in_hand)}` : one.state_label)))) : [el("p", { class: "dh-quiet" }, t("no_agents"))]));
}
$$("[data-filter]").forEach((input) => {
  input.addEventListener("input", () => {
    const word = input.value.trim().toLowerCase();
    $$(".dk-target", input.closest("dialog")).forEach((node) => { node.hidden = !node.dataset.words.includes(word); });
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const radios = $$(".dk-target:not([hidden]) input", input.closest("dialog"));
    if (event.key === "ArrowDown" && radios.length) { event.preventDefault(); radios[0].checked = true; radios[0].focus(); }
    if (event.key === "Enter") { event.preventDefault(); if (radios.length === 1) radios[0].checked = true; input.form.requestSubmit(); }
  });
});

/* --- who is it -------------------------------------------------------------------------------------------------------- */
async function look() {
  const dialog = dialogs.identify;
  const box = $("[data-people]", dialog);
  faults(dialog, []);
  box.replaceChildren(el("p", { class: "dh-quiet" }, t("searching")));
  try {
    const { items } = await api("GET", `/desk/people?q=${encodeURIComponent($("[data-note]", dialog).value.trim())}`);
    box.replaceChildren(...(items.length ? items.map((one, at) => option("who", `${one.account_id}`, one.name, [one.number, one.address, one.org].join(" · "), "", at === 0)) : [el("p", { class: "dh-quiet" }, t("nobody_found"))]));
    $("input[type=radio]", box)?.focus();
  } catch (error) {
    box.replaceChildren();
    faults(dialog, [error instanceof Refused ? error.words : t("net")]);
  }
}
$("[data-search]", dialogs.identify).addEventListener("click", look);
$("[data-note]", dialogs.identify).addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); look(); }
});

/* --- sending -------------------------------------------------------------------------------------------------------------- */
const ACTS = {
  transfer: (row, to, note) => ["transfer", to.startsWith("q") ? { to_queue_id: Number(to.slice(1)), note } : { to_agent_id: Number(to.slice(1)), note }, "transferred"],
  invite: (row, to, note) => ["invite", { staff_id: Number(to.slice(1)), role, note }, "asked"],
  "put-back": (row, to, note) => ["put-back", { reason: note }, "put_back"],
  identify: (row, to) => ["identify", { account_id: Number(to) }, "identified"],
};
document.addEventListener("submit", async (event) => {
  const name = event.target.dataset?.dkForm;
  if (!name) return;
  event.preventDefault();
  const dialog = dialogs[name];
  const row = current();
  const to = $("input[type=radio]:checked", dialog)?.value || "";
  if (!row || sending) return;
  if (!to && name !== "put-back") return void faults(dialog, [t(name === "identify" ? "not_identified" : "choose_target")]);
  const [path, body, done] = ACTS[name](row, to, $("[data-note]", dialog).value.trim());
  sending = true;
  try {
    await api("POST", `/desk/contacts/${row.id}/${path}`, body, { key: uuid4() });
    dialog.close();
    Denghuo.toast(t(done), "success");
    await refresh();
    if (name === "identify") tell("identified", row.id);
    tell("write");
  } catch (error) {
    faults(dialog, [error instanceof Refused ? error.words : t("net")]);
  } finally {
    sending = false;
  }
});
on("send-out", async (staff) => {
  const row = current();
  try { await api("POST", `/desk/contacts/${row.id}/leave`, { staff_id: staff }); } catch (error) { complain(error); }
  refresh();
});
