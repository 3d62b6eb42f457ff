/* One order on the phone: what is pressed goes into the outbox, and the screen shows the order as it will be when the
   outbox has gone. The platform's own state comes with the page and with every live refresh. */

const { Denghuo, DenghuoCrew: crew } = window;
const RANK = ["sent", "accepted", "departed", "arrived", "finished"];
const copy = Boolean(document.body.dataset.copied);
let entries = []; // what waits on this phone
let sent = []; // what has gone from it, with the time by this phone
let toldAt = copy ? 0 : performance.timeOrigin; // when what the page says was asked for: what has gone since is not in it

const told = () => JSON.parse(document.querySelector("[data-crew-order]")?.dataset.crewOrder || "null");

/* The state the order will have when everything pressed here has taken effect. */
function ahead(order, presses) {
  const to = { ...order };
  for (const { kind } of presses) {
    if (["passed", "withdrawn"].includes(order.state)) break;
    const rank = RANK.indexOf(to.state);
    if (kind === "accept" && (to.state === "sent_back" || rank < 1)) [to.state, to.visit] = ["accepted", to.visit + (to.state === "sent_back")];
    else if (kind === "depart" && rank === 1) to.state = "departed";
    else if (kind === "arrive" && rank === 2) to.state = "arrived";
    else if (kind === "finish") to.state = "finished";
    else if (kind === "signature") to.signed = true;
    else if (["before", "after", "scene"].includes(kind)) to.photos += 1;
  }
  to.taking = ["accepted", "departed", "arrived"].includes(to.state);
  to.returning = to.state === "arrived" || (to.state === "accepted" && to.visit > 1);
  return to;
}

/* --- drawing ------------------------------------------------------------------------------------------ */
const button = (step, icon, primary = true) => Denghuo.el("button", { class: `btn${primary ? " btn-primary" : ""}`, type: "button", "data-crew-step": step }, Denghuo.icon(icon), crew.word(step));
function nextButtons(to) {
  if (["sent", "sent_back"].includes(to.state)) return [button("accept", "circle-check")];
  if (to.returning) {
    const again = to.state === "accepted" ? [button("again", "truck", false)] : [];
    if (to.photos < to.needed) return [Denghuo.el("a", { class: "btn btn-primary", href: "#photos" }, Denghuo.icon("camera"), crew.word("photo")), ...again];
    const back = Denghuo.el("button", { class: `btn${to.signature && !to.signed ? "" : " btn-primary"}`, form: "finish-form" });
    if (to.signature && !to.signed) {
      back.append(crew.word("finish-short"));
      return [back, Denghuo.el("a", { class: "btn btn-primary", href: "#signature" }, Denghuo.icon("signature"), crew.word("signature-ask")), ...again];
    }
    back.append(Denghuo.icon("clipboard-check"), crew.word("finish"));
    return [back, ...again];
  }
  if (to.state === "accepted") return [button("depart", "truck")];
  if (to.state === "departed") return [button("arrive", "map-pin")];
  return [];
}
/* Only when they change: a button that is replaced between a finger's down and up hears no press. */
function drawNext(bottom, to) {
  const key = JSON.stringify([to.state, to.visit, to.photos < to.needed, to.signature && !to.signed]);
  if (!bottom || bottom.firstElementChild?.dataset.drawn === key) return;
  const buttons = nextButtons(to);
  if (buttons.length) buttons[0].dataset.drawn = key;
  bottom.replaceChildren(...buttons);
}
function drawTrack(to) {
  const reached = { sent: 0, sent_back: 0, accepted: 1, departed: 2, arrived: 3, finished: 5 }[to.state];
  if (reached === undefined) return;
  document.querySelectorAll(".df-track li").forEach((step, number) => {
    step.className = number < reached ? "done" : number === reached ? "now" : "";
    step.toggleAttribute("aria-current", number === reached);
  });
}
const KIND_ICON = { tick: "checklist", signature: "signature", voice: "microphone", note: "message", materials: "tools", finish: "clipboard-check" };
function drawWaiting() {
  const box = document.getElementById("crew-waiting");
  if (!box) return;
  box.replaceChildren(...entries.map((entry) => {
    const bad = entry.state === "refused";
    const text = Denghuo.el("span", {}, `${crew.word(entry.kind)} · ${crew.word(`state-${entry.state}`)}`);
    return Denghuo.el("li", { class: `dh-badge dh-tone-${bad ? "danger" : "progress"} fa-chip` }, Denghuo.icon(bad ? "alert-circle" : KIND_ICON[entry.kind] || "upload"), text);
  }));
  box.hidden = !entries.length;
}
/* What was taken here and has not gone yet, from the phone's own memory. */
const shown = new Map(); // entry id → address of its picture
function drawShots() {
  const box = document.getElementById("crew-shots");
  if (!box) return;
  const pictures = entries.filter((entry) => entry.blob && ["before", "after", "scene"].includes(entry.kind));
  for (const [id, url] of shown) if (!pictures.some((entry) => entry.id === id)) { URL.revokeObjectURL(url); shown.delete(id); }
  for (const entry of pictures) if (!shown.has(entry.id)) shown.set(entry.id, URL.createObjectURL(entry.blob));
  box.replaceChildren(...pictures.map((entry) => Denghuo.el("li", {}, Denghuo.el("img", { src: shown.get(entry.id), alt: crew.word(entry.kind) }), Denghuo.el("span", {}, `${crew.word(entry.kind)} · ${crew.word(`state-${entry.state}`)}`))));
  box.hidden = !pictures.length;
}
function drawState(to) {
  const badge = document.querySelector(".df-cardtop .dh-badge");
  const text = badge?.lastElementChild || badge;
  if (badge && RANK.indexOf(to.state) > 0) text.lastChild.textContent = crew.word(`now-${to.state}`);
}
/* What the platform has ticked, what is on its way, and what was pressed a moment ago and is being written down: a drawing
   that read the phone's memory before that must not take the tick back under the finger. */
const ticking = new Map(); // code → ticked
function drawTicks(order, presses) {
  const ticked = new Set(order.ticks);
  const press = (code, done) => (done ? ticked.add(code) : ticked.delete(code));
  for (const { kind, data } of presses) if (kind === "tick") press(data.code, data.done);
  for (const [code, done] of ticking) if (ticked.has(code) === done) ticking.delete(code); else press(code, done);
  document.querySelectorAll("[data-crew-tick]").forEach((box) => { box.checked = ticked.has(box.dataset.crewTick); });
  document.querySelectorAll("[data-crew-count]").forEach((count) => {
    const boxes = [...document.querySelectorAll(`[data-crew-tick][data-part="${count.dataset.crewCount}"]`)];
    const done = boxes.filter((box) => box.checked).length;
    count.textContent = `${done}/${boxes.length}`;
    if (count.dataset.crewCount === "safety") document.getElementById("crew-missing")?.toggleAttribute("hidden", done === boxes.length);
  });
}
async function tick(box) {
  const { part, crewTick: code } = box.dataset, done = box.checked;
  ticking.set(code, done);
  await press("tick", { data: { part, code, done } }).catch((error) => { ticking.delete(code); throw error; });
}
function drawFaults() {
  const form = document.getElementById("finish-form");
  const refused = entries.findLast?.((entry) => entry.state === "refused");
  document.querySelectorAll(".fa-fault").forEach((node) => node.remove());
  form?.querySelectorAll("[data-crew-fault]").forEach((input) => { input.removeAttribute("aria-invalid"); delete input.dataset.crewFault; });
  if (!refused) return;
  const general = [];
  for (const [name, texts] of Object.entries(refused.fields || {})) {
    const input = refused.kind === "finish" && form?.elements.namedItem(name);
    if (!input?.closest) { general.push(...texts); continue; }
    input.setAttribute("aria-invalid", "true");
    input.dataset.crewFault = "1";
    (input.closest(".dh-field") || input.parentElement).append(Denghuo.el("p", { class: "invalid-feedback d-block fa-fault", role: "alert" }, texts.join(" ")));
  }
  if (!Object.keys(refused.fields || {}).length) general.push(refused.reason || crew.word(refused.code));
  if (!general.length) return;
  const box = Denghuo.el("div", { class: "dh-notice dh-tone-danger fa-fault", role: "alert" }, Denghuo.icon("alert-circle"), Denghuo.el("span", {}, `${crew.word(refused.kind)}：${general.join(" ")}`), Denghuo.el("a", { class: "btn btn-sm", href: "/field/queue/" }, crew.word("see-queue")));
  document.getElementById("crew-waiting")?.after(box);
}
function drawOrder() {
  const order = told();
  if (!order) return;
  const waiting = new Set(entries.map((entry) => entry.id));
  const gone = sent.filter((entry) => entry.sent > toldAt && !waiting.has(entry.id));
  const stuck = entries.findIndex((entry) => entry.state === "refused"); // what follows a refused press has no effect yet
  const presses = [...gone, ...(stuck < 0 ? entries : entries.slice(0, stuck))]
    .filter((entry) => entry.order === order.id && entry.state !== "refused" && !order.files.includes(entry.id));
  const to = ahead(order, presses);
  document.querySelectorAll("[data-crew-when]").forEach((part) => { part.hidden = !to[part.dataset.crewWhen]; });
  const bottom = document.getElementById("next");
  if (bottom) Object.assign(bottom.dataset, { state: to.state, photos: to.photos, signed: to.signed });
  const badge = document.getElementById("crew-signed");
  if (badge) badge.hidden = !to.signed;
  if (presses.length || copy) {
    drawNext(bottom, to);
    drawTrack(to);
    if (to.state !== order.state) drawState(to);
  }
  drawTicks(order, presses);
  drawWaiting();
  drawShots();
  drawFaults();
}
async function draw() {
  const order = told();
  if (!order) return;
  entries = (await crew.mine()).filter((entry) => entry.order === order.id);
  sent = (await crew.store.fact(`sent-${order.id}`)) || []; // after the outbox: an entry is noted here before it leaves there
  drawOrder();
}
let refreshing = null;
/* The live line brings the platform's answer; only where it does not, the page asks. Until then what was pressed counts. */
const SLACK = 2500;
let asked = 0;
document.body.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.elt?.id === "order-state") asked = Date.now(); });
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "order-state") return;
  clearTimeout(refreshing);
  toldAt = asked;
});
function refresh() {
  clearTimeout(refreshing);
  const wait = document.querySelector("[data-live-status]")?.dataset.state === "on" ? SLACK : 60;
  refreshing = setTimeout(() => {
    for (const id of ["order-state", "next", "shots", "crew-reports"]) {
      const part = document.getElementById(id);
      if (part?.hasAttribute("hx-get")) window.htmx?.trigger(part, "live");
    }
  }, wait);
}
crew.listen(async (message) => {
  if (message.type === "progress") return;
  const order = told();
  if (message.type === "sent" && message.order === order?.id) {
    if (message.kind === "finish") dropDraft();
    refresh();
  }
  await draw();
});
document.body.addEventListener("htmx:afterSwap", () => drawOrder());

/* --- pressing ---------------------------------------------------------------------------------------------- */
const press = (kind, more = {}) => {
  const order = told();
  return crew.press({ order: order.id, number: order.number, kind, ...more });
};
/* A refused press of the same kind is what is being mended: the new one takes its place. */
async function mend(kind, more) {
  const order = told();
  const same = (await crew.mine()).filter((entry) => entry.order === order.id && entry.kind === kind);
  if (kind !== "materials" && same.some((entry) => entry.state !== "refused")) return; // pressed already and on its way
  for (const entry of same) if (entry.state === "refused") await crew.store.drop(entry.seq);
  await press(kind, more);
}
async function takeStep(step) {
  const kind = step === "again" ? "depart" : step;
  const place = kind === "arrive" ? Denghuo.here?.() : null;
  await mend(kind, { data: place || {} });
}
const inZone = (text) => (text ? `${text.length === 16 ? `${text}:00` : text}+08:00` : undefined);
/* What is plainly missing is said at once and at its field; the platform has the last word. */
function lacking(form, value) {
  const lacks = [];
  if (!value("cause")) lacks.push(["cause", "need-cause"]);
  if (!value("result").trim()) lacks.push(["result", "need-result"]);
  const bottom = document.getElementById("next");
  if (told().signature && bottom?.dataset.signed !== "true" && !value("no_signature_reason").trim()) lacks.push(["no_signature_reason", "need-signature"]);
  form.querySelectorAll(".fa-lack").forEach((node) => node.remove());
  for (const [name, word] of lacks) {
    const input = form.elements.namedItem(name);
    const field = input?.closest(".dh-field") || input?.parentElement;
    field?.append(Denghuo.el("p", { class: "invalid-feedback d-block fa-lack", role: "alert" }, crew.word(word)));
    if (name === lacks[0][0]) field?.scrollIntoView({ block: "center" });
  }
  return lacks.length > 0;
}
async function giveBack(form) {
  const value = (name) => form.elements.namedItem(name)?.value || "";
  if (lacking(form, value)) return;
  const data = { cause: value("cause"), restored_at: inZone(value("restored_at")), no_signature_reason: value("no_signature_reason") };
  await mend("finish", { text: value("result"), data });
}
function dropDraft() {
  const name = document.getElementById("finish-form")?.dataset.draft;
  if (name) localStorage.removeItem(`dh-draft:${document.body.dataset.user}:${name}`);
}
async function sign(form) {
  const file = form.elements.namedItem("signature")?.files[0];
  if (!file) return Denghuo.toast(Denghuo.text("signature.empty"), "warn");
  await press("signature", { blob: file, shrink: false });
  Denghuo.toast(crew.word("signed"), "success");
  form.querySelector("[data-signature-clear]")?.click();
}
async function photograph(input) {
  const { kind } = JSON.parse(input.closest("[data-camera]").dataset.extra || "{}");
  const files = [...input.files];
  // as the camera gave it: made small later, when it is safe
  for (const file of files) await press(kind, { blob: file, shrink: true });
  input.value = "";
}
async function writeNote(form) {
  const text = form.elements.namedItem("text").value.trim();
  if (!text) return;
  await press("note", { text });
  form.reset();
}
async function listMaterials(form) {
  const lines = [...form.querySelectorAll("input[data-code]")].filter((input) => Number(input.value) > 0)
    .map((input) => ({ code: input.dataset.code, quantity: Number(input.value) }));
  await mend("materials", { data: { lines } });
}
const FORMS = [
  ['form[action$="/step/"]', (form, submitter) => takeStep(submitter?.value)],
  ["#finish-form", giveBack],
  ['form[action$="/signature/"]', sign],
  ["[data-crew-note]", writeNote],
  ["[data-crew-materials]", listMaterials],
];
/* Before any other script hears of it: the press must not go on the line before it is kept. */
window.addEventListener("submit", (event) => {
  const found = FORMS.find(([selector]) => event.target.matches(selector));
  if (!found || !told()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { submitter } = event;
  if (submitter) submitter.disabled = true; // a nervous finger presses once
  found[1](event.target, submitter).catch(failed).finally(() => { if (submitter) submitter.disabled = false; });
}, true);
window.addEventListener("click", (event) => {
  const pressed = event.target.closest?.("[data-crew-step]");
  if (!pressed || pressed.disabled) return;
  pressed.disabled = true;
  takeStep(pressed.dataset.crewStep).catch(failed).finally(() => { pressed.disabled = false; });
}, true);
window.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-crew-tick]") && told()) { tick(event.target).catch(failed); return; }
  if (!event.target.matches?.("[data-camera] input[type=file]") || !told()) return;
  event.stopImmediatePropagation();
  photograph(event.target).catch(failed);
}, true);
function failed(error) {
  // the phone's memory is full or forbidden: then nothing was promised, and what to do is said
  Denghuo.toast(`${crew.word("not-kept")} ${error?.message || ""}`, "error");
  draw();
}

/* --- voice ------------------------------------------------------------------------------------------------------ */
let recorder = null;
async function record(button) {
  if (recorder) return recorder.stop();
  const line = await navigator.mediaDevices.getUserMedia({ audio: true });
  const pieces = [];
  recorder = new MediaRecorder(line);
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.onstop = () => {
    line.getTracks().forEach((track) => track.stop());
    const blob = new Blob(pieces, { type: recorder.mimeType });
    recorder = null;
    button.classList.remove("btn-danger");
    button.querySelector("span").textContent = crew.word("record");
    if (blob.size) press("voice", { blob, shrink: false }).catch(failed);
  };
  recorder.start(1000);
  button.classList.add("btn-danger");
  button.querySelector("span").textContent = crew.word("stop");
  setTimeout(() => recorder?.state === "recording" && recorder.stop(), Number(button.dataset.seconds) * 1000);
}
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-crew-voice]");
  if (button) record(button).catch(() => Denghuo.toast(crew.word("no-microphone"), "warn"));
});
if (!copy && told()) crew.store.forget(told().id, toldAt).catch(() => {}); // the worker has kept this page as the new copy
draw();
