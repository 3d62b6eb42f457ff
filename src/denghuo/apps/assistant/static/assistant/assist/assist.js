/* The helper beside a conversation: a suggestion goes into the reply or into the form, and what became of it is told.
   A field the agent has typed into is never overwritten. */

const { Denghuo } = window;
const doc = document;
const panel = doc.getElementById("dk-panel");

const csrf = () => doc.querySelector("input[name=csrfmiddlewaretoken]")?.value || doc.cookie.match(/csrftoken=([^;]+)/)?.[1] || "";
function tell(node, verb) {
  const root = node.closest("[data-assist]");
  const offer = node.closest("[data-offer]");
  if (!root || !offer) return Promise.resolve();
  const body = new URLSearchParams({ key: offer.dataset.offer, do: verb });
  if (verb === "accept" && "early" in offer.dataset) {
    body.set("do", "early"); // suggested for words not sent yet: the server kept nothing of it
    body.set("text", node.dataset.text);
  }
  return fetch(root.dataset.assist, { method: "POST", body, headers: { "X-CSRFToken": csrf(), "HX-Request": "true" }, keepalive: true }).catch(() => {});
}
/* --- what the customer is typing: looked at, never kept; gone with the message, or when nothing more is typed ----------- */
const STALE = 60000;
let asking;
let fading;
async function typed({ contact, text }) {
  const root = panel?.querySelector(`[data-panel-of="${contact}"][data-typed-url]`);
  const box = root?.querySelector("[data-typed]");
  if (!box) return;
  asking?.abort();
  clearTimeout(fading);
  if (!text) return void box.replaceChildren();
  const mine = (asking = new AbortController());
  try {
    const answer = await fetch(root.dataset.typedUrl, { method: "POST", body: new URLSearchParams({ text }), headers: { "X-CSRFToken": csrf(), "HX-Request": "true" }, signal: mine.signal });
    if (!answer.ok) return;
    box.innerHTML = await answer.text(); // of our own server, escaped there; gone with the panel when it was swapped meanwhile
    window.htmx?.process(box);
    fading = setTimeout(() => box.replaceChildren(), STALE);
  } catch { /* the next words are on their way */ }
}
doc.addEventListener("dh:live", (event) => event.detail.kind === "contact.typing" && typed(event.detail));

/* --- into the reply: told first and put in then, so that what goes out is known to come from it ------------------------ */
const PATIENCE = 1000; // ms; a slow line must not keep the agent waiting
async function take(button) {
  const { text } = button.dataset;
  button.closest("[data-offer]")?.classList.add("pn-taken");
  await Promise.race([tell(button, "accept"), new Promise((done) => { setTimeout(done, PATIENCE); })]);
  doc.dispatchEvent(new CustomEvent("desk:insert", { detail: { text }, cancelable: true }));
}

/* --- into the form --------------------------------------------------------------------------------------------------- */
const form = () => doc.querySelector("#dk-request form");
function put(name, value) {
  const fields = [...(form()?.elements ?? [])].filter((one) => one.name === name);
  const field = fields[0];
  if (!field) return false;
  if (field.type === "radio") {
    const wanted = fields.find((one) => one.value === value);
    if (!wanted || fields.some((one) => one.checked && one.value !== value)) return false;
    wanted.checked = true;
  } else if (field.tagName === "SELECT") {
    if (field.value || ![...field.options].some((one) => one.value === value)) return field.value === value;
    field.value = value;
  } else {
    if (field.value.trim()) return field.value.trim() === value;
    field.value = value;
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}
function fill(button) {
  const { fill: name, value } = button.dataset;
  const root = button.closest("[data-assist]");
  const done = () => {
    if (put(name, value)) {
      tell(button, "accept");
      Denghuo.toast(root.dataset.filled, "success");
    } else Denghuo.toast(root.dataset.kept, "info");
  };
  if (form()) return done();
  const opener = doc.querySelector('[data-act="request"]');
  if (!opener) return undefined;
  opener.click();
  const box = doc.getElementById("dk-request");
  const seen = new MutationObserver(() => {
    if (!form()) return;
    seen.disconnect();
    done();
  });
  seen.observe(box, { childList: true, subtree: true });
  setTimeout(() => seen.disconnect(), 15000);
  return undefined;
}

/* --- what the form still lacks: the server is told which inputs are filled, of choices their codes, never what was typed --- */
function filled() {
  const found = [];
  for (const one of form()?.elements ?? []) {
    if (!one.name || one.type === "hidden" || one.disabled || /token|idempotency/.test(one.name)) continue;
    if (one.type === "radio" || one.type === "checkbox") {
      if (one.checked) found.push(`${one.name}=${one.value}`);
    } else if (one.value.trim()) found.push(one.tagName === "SELECT" ? `${one.name}=${one.value}` : one.name);
  }
  return found;
}
const panelPath = /\/panel\/assist\/(\?|$)/;
doc.body.addEventListener("htmx:configRequest", (event) => {
  const { detail } = event;
  if (!form() || detail.verb !== "get" || !panelPath.test(detail.path)) return;
  const { scene_shown: scene, type } = form().elements;
  detail.parameters.scene = scene?.value || "";
  detail.parameters.type = type?.value || "";
  detail.parameters.filled = filled();
});
/* On this narrow desk the panel stands behind the form: it looks again when the agent comes back to it. */
doc.getElementById("dk-tab-assist")?.addEventListener("click", () => {
  const root = panel?.querySelector("[data-assist]");
  if (root && form()) window.htmx?.trigger(root, "live");
});

doc.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-take], [data-fill], [data-wave], [data-note]");
  if (!button || !button.closest("[data-assist]")) return;
  if ("take" in button.dataset) take(button);
  else if ("fill" in button.dataset) fill(button);
  else if ("note" in button.dataset) tell(button, "accept");
  else {
    tell(button, "ignore");
    button.closest("[data-offer]").remove();
  }
});

/* --- by key: Alt+1 … 5, also while typing ---------------------------------------------------------------------------- */
window.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.isComposing || !/^Digit[1-5]$/.test(event.code)) return;
  if (doc.querySelector("dialog[open]")) return;
  const button = [...(panel?.querySelectorAll("[data-assist] [data-take]") ?? [])][Number(event.code.slice(5)) - 1];
  if (!button) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  button.click();
}, true);
