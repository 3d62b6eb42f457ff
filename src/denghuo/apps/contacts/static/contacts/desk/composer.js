/* Writing: draft, warning, ready sentences, sending. Nothing here acts while an input method is choosing characters. */

import { $, $$, Denghuo, Refused, api, complain, el, icon, later, memory, on, say, t, tell, uuid4 } from "./base.js";
import { put } from "./outbox.js";
import { closePick, pickKey, pickOpen, suggest } from "./phrases.js";
import { forbidden, met, underline, warn } from "./rules.js";
import { current, draftOf, dropDraft, keepDraft } from "./state.js";

const form = $("#dk-composer");
const text = $("#dk-text");
const max = Number(text.dataset.max);
let lane = "everyone";
let pressed = ""; // the wording whose sending was asked for once
const keyOf = (row, which = lane) => `contact:${row.id}:${which === "staff" ? "whisper" : "reply"}`;

/* Who may speak to whom: advisers and listeners write to the staff alone; a call is noted, not typed to the customer. */
function lanes(row) {
  if (row.role === "agent") return row.state === "in_service" && row.channel_class !== "voice" ? ["everyone", "staff"] : ["staff"];
  return ["conference", "barge"].includes(row.role) ? ["everyone", "staff"] : ["staff"];
}
export function setLane(to) {
  const row = current();
  if (!row) return;
  lane = lanes(row).includes(to) ? to : lanes(row)[0];
  form.dataset.lane = lane;
  $$("[data-lane]", form).forEach((node) => {
    node.setAttribute("aria-pressed", String(node.dataset.lane === lane));
    node.disabled = !lanes(row).includes(node.dataset.lane);
  });
  text.placeholder = lane === "everyone" ? t("reply") : t(row.role === "monitor" ? "monitor_to" : row.channel_class === "voice" && row.role === "agent" ? "note_to" : "whisper_to");
  $("#dk-file").disabled = lane === "staff";
  $("#dk-file").parentElement.hidden = lane === "staff";
  text.value = draftOf(keyOf(row));
  changed(false);
}
export const toggleLane = () => { setLane(lane === "everyone" ? "staff" : "everyone"); focus(); say(t(lane === "staff" ? "whisper" : "reply")); };
export const focus = () => { if (!form.hidden) text.focus(); };

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(180, text.scrollHeight + 2)}px`;
}
function changed(keep = true) {
  const row = current();
  const hits = lane === "everyone" ? met(text.value) : [];
  underline(text.value, hits);
  if (pressed !== text.value) pressed = "";
  warn(text.value, hits, Boolean(pressed));
  grow();
  const over = [...text.value].length > max;
  text.setAttribute("aria-invalid", String(over));
  $("#dk-hint").textContent = over ? t("too_long", max) : t("reply_hint");
  $("#dk-hint").classList.toggle("dk-bad", over);
  $("#dk-send").disabled = over;
  if (keep && row) { keepDraft(keyOf(row), text.value); $("#dk-saved").textContent = ""; tell("lists"); }
}
on("draft-kept", (key) => {
  const row = current();
  if (row && key === keyOf(row) && text.value) $("#dk-saved").replaceChildren(icon("device-floppy"), t("draft"));
});

text.addEventListener("input", (event) => {
  changed();
  if (!event.isComposing) suggest(text);
});
text.addEventListener("compositionend", () => suggest(text));
text.addEventListener("scroll", () => { $("#dk-mirror").scrollTop = text.scrollTop; });
text.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (pickOpen() && pickKey(event)) return;
  if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    event.stopPropagation();
    send();
  }
});
form.addEventListener("submit", (event) => { event.preventDefault(); send(); });

export function send() {
  const row = current();
  const body = text.value.trim();
  if (!row || !body || [...body].length > max) return;
  const bad = lane === "everyone" ? forbidden(met(text.value)) : [];
  if (bad.length && pressed !== text.value) {
    pressed = text.value;
    warn(text.value, met(text.value), true);
    say(t("press_again"), true);
    return;
  }
  put(row.id, body, lane);
  text.value = "";
  pressed = "";
  dropDraft(keyOf(row));
  closePick();
  changed(false);
  tell("lists");
  say(t("sending"));
}

/* --- text from elsewhere: a phrase, a fact, a script, a sending that failed ---------------------------------------- */
export function insert(words, { replace = 0 } = {}) {
  const from = Math.max(0, text.selectionStart - replace);
  text.setRangeText(words, from, text.selectionEnd, "end");
  text.focus();
  changed();
}
on("insert", ({ text: words, audience }) => {
  if (audience && audience !== lane) setLane(audience);
  insert(words);
});
function toCustomer(event, words) {
  if (!current() || form.hidden) return;
  event.preventDefault();
  if (lanes(current()).includes("everyone")) setLane("everyone");
  insert(words);
  tell("view", "talk");
}
document.addEventListener("click", (event) => {
  const source = event.target.closest?.("[data-quote], [data-insert]");
  if (source) toCustomer(event, source.dataset.quote || source.dataset.insert);
});
document.addEventListener("desk:insert", (event) => event.defaultPrevented || toCustomer(event, event.detail.text));

/* --- pictures and files ------------------------------------------------------------------------------------------------ */
$("#dk-file").addEventListener("change", (event) => upload(event.target.files[0]).finally(() => { event.target.value = ""; }));
text.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files || [])][0];
  if (!file || lane !== "everyone") return;
  event.preventDefault();
  upload(file);
});
async function upload(file) {
  const row = current();
  if (!file || !row) return;
  const body = new FormData();
  body.append("client_id", uuid4());
  body.append("file", file, file.name || "picture.png");
  const box = el("span", {}, icon("upload"), file.name || "");
  $("#dk-saved").replaceChildren(box);
  try {
    tell("posted", { contact: row.id, message: await api("POST", `/desk/contacts/${row.id}/files`, undefined, { form: body }) });
  } catch (error) {
    if (error instanceof Refused) complain(error);
    else Denghuo.toast(t("upload_failed"), "error");
  } finally {
    $("#dk-saved").replaceChildren();
  }
}

/* --- the conversation that is open ------------------------------------------------------------------------------------- */
let open = 0;
export function show(row) {
  form.hidden = !row || row.state === "wrap_up" || row.party_state === "invited";
  if (!row) { open = 0; return; }
  if (open !== row.id || !lanes(row).includes(lane)) {
    closePick();
    setLane(open === row.id ? lane : lanes(row)[0]);
  }
  open = row.id;
}
/* another window of this desk typed in the same conversation */
window.addEventListener("storage", (event) => {
  const row = current();
  if (!row || document.activeElement === text || memory.own(event) !== `draft:${keyOf(row)}`) return;
  text.value = draftOf(keyOf(row));
  changed(false);
});
const remember = later(() => tell("lists"), 400);
text.addEventListener("input", remember);
export const hasDraft = (row) => Boolean(draftOf(`contact:${row.id}:reply`) || draftOf(`contact:${row.id}:whisper`));
