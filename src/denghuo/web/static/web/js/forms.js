/* Forms that lose nothing: one sending at a time, one key per sending, and a draft on this machine until the
   server took it. Drafts are kept per user, expire after a day and are wiped on signing out. */

const { Denghuo } = window;
const doc = document;
const PREFIX = "dh-draft:";
const DAY = 24 * 3600 * 1000;
const SENT = "dh-sent";

const store = {
  get(area, key) {
    try { return JSON.parse(area.getItem(key)); } catch { return null; }
  },
  set(area, key, value) {
    try { area.setItem(key, JSON.stringify(value)); } catch { /* full or forbidden: the form itself still works */ }
  },
  drop(area, key) {
    try { area.removeItem(key); } catch { /* nothing to drop */ }
  },
};
const keyOf = (form) => `${PREFIX}${doc.body.dataset.user || "public"}:${form.dataset.draft}`;
const idempotency = (form) => form.elements.namedItem("idempotency_key");

function uuid4() {
  // randomUUID exists only on secure origins; an office network may be plain http
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/* --- drafts ---------------------------------------------------------------------------------------- */
const kept = (form) =>
  [...form.elements].filter(
    (input) => input.name && !["hidden", "password", "file", "submit", "button", "reset"].includes(input.type)
      && !input.hasAttribute("data-no-draft") && input.autocomplete !== "one-time-code",
  );

function snapshot(form) {
  const values = {};
  for (const input of kept(form)) {
    const list = (values[input.name] = values[input.name] || []);
    if (input.type === "checkbox" || input.type === "radio") {
      if (input.checked) list.push(input.value);
    } else if (input.multiple) list.push(...[...input.selectedOptions].map((option) => option.value));
    else list.push(input.value);
  }
  return values;
}
function fill(form, values) {
  const used = {};
  for (const input of kept(form)) {
    const list = values[input.name];
    if (!list) continue;
    if (input.type === "checkbox" || input.type === "radio") input.checked = list.includes(input.value);
    else if (input.multiple) [...input.options].forEach((option) => (option.selected = list.includes(option.value)));
    else {
      const at = used[input.name] || 0;
      used[input.name] = at + 1;
      if (list[at] !== undefined) input.value = list[at];
    }
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
function save(form) {
  const now = snapshot(form);
  const tried = form.dataset.tried ? idempotency(form)?.value : undefined;
  if (!tried && JSON.stringify(now) === form.dhBlank) store.drop(localStorage, keyOf(form));
  else {
    // what was typed into a part that is not there at the moment is kept for when it comes back
    const before = store.get(localStorage, keyOf(form))?.values;
    store.set(localStorage, keyOf(form), { at: Date.now(), values: { ...before, ...now }, key: tried });
  }
}
/* a part of a drafted form that arrives later: what was typed there before a reload goes back in */
function refill(part) {
  const form = part.closest?.("form[data-draft]");
  if (!form || form === part || !form.dhBlank || part.querySelector("[aria-invalid='true']")) return;
  const values = store.get(localStorage, keyOf(form))?.values;
  if (!values) return;
  for (const input of kept(form)) {
    if (!part.contains(input) || !values[input.name]) continue;
    const list = values[input.name];
    if (input.type === "checkbox" || input.type === "radio") input.checked = list.includes(input.value);
    else if (!input.multiple && input.value === input.defaultValue && list[0] !== undefined) input.value = list[0];
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
function note(form) {
  form.querySelector(".dh-draft-note")?.remove();
  const discard = Denghuo.el("button", { type: "button", class: "btn btn-sm" }, Denghuo.text("draft.discard"));
  const box = Denghuo.el("div", { class: "dh-draft-note", role: "status" }, Denghuo.icon("history"), Denghuo.el("span", {}, Denghuo.text("draft.restored")), discard);
  discard.addEventListener("click", () => {
    store.drop(localStorage, keyOf(form));
    delete form.dataset.tried;
    const key = idempotency(form);
    if (key) key.value = uuid4();
    fill(form, JSON.parse(form.dhBlank));
    form.dispatchEvent(new Event("change", { bubbles: true }));
    store.drop(localStorage, keyOf(form));
    box.remove();
  });
  form.prepend(box);
}
function arm(form) {
  if (form.dhBlank) return;
  form.dhBlank = JSON.stringify(snapshot(form));
  const draft = store.get(localStorage, keyOf(form));
  const refused = form.querySelector("[aria-invalid='true'], [role='alert']"); // came back from the server: its values are newer
  if (draft && Date.now() - draft.at > DAY) store.drop(localStorage, keyOf(form));
  else if (draft && !refused && JSON.stringify(draft.values) !== form.dhBlank) {
    fill(form, draft.values);
    if (draft.key && idempotency(form)) {
      idempotency(form).value = draft.key; // it may have arrived although the answer was lost
      form.dataset.tried = "1";
    }
    note(form);
  }
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => save(form), 250);
  });
  form.addEventListener("change", () => save(form));
}

/* --- sending ------------------------------------------------------------------------------------------ */
function busy(form, on, submitter) {
  if (on) {
    form.dataset.sending = "1";
    (submitter || form.querySelector("[type=submit], button:not([type])"))?.setAttribute("aria-busy", "true");
  } else {
    delete form.dataset.sending;
    form.querySelectorAll("[aria-busy]").forEach((node) => node.removeAttribute("aria-busy"));
    doc.querySelectorAll(`[form="${CSS.escape(form.id || "-")}"][aria-busy]`).forEach((node) => node.removeAttribute("aria-busy"));
  }
}
/* for scripts that stop a sending after all (an empty signature) */
Denghuo.release = (form) => {
  busy(form, false);
  store.drop(sessionStorage, SENT);
};
function sent(form) {
  if (form.dataset.draft) store.drop(localStorage, keyOf(form));
  delete form.dataset.tried;
  const key = idempotency(form);
  if (key && form.isConnected) key.value = uuid4();
}
doc.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("[data-once], [data-draft]") || event.defaultPrevented) return;
    if (form.dataset.sending) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.tried = "1";
    if (form.dataset.draft) save(form);
    busy(form, true, event.submitter);
    const htmx = form.hasAttribute("hx-post") || form.hasAttribute("hx-put") || form.hasAttribute("hx-patch");
    if (!htmx && form.dataset.draft) store.set(sessionStorage, SENT, { draft: keyOf(form), key: idempotency(form)?.value, path: window.location.pathname });
  },
  true,
);
doc.addEventListener("submit", (event) => {
  // another script stopped the sending (a check of its own): free the form again
  if (event.defaultPrevented && !event.target.matches("[hx-post], [hx-put], [hx-patch]")) Denghuo.release(event.target);
});
doc.body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("form[data-once], form[data-draft]") || event.detail.elt;
  if (!(form instanceof HTMLFormElement) || event.detail.elt !== form) return;
  busy(form, false);
  const status = event.detail.xhr?.status || 0;
  if (status >= 200 && status < 300) {
    sent(form);
    if (form.isConnected && !form.hasAttribute("data-keep") && form.method !== "get") {
      form.reset();
      form.dhBlank = JSON.stringify(snapshot(form));
    }
  }
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) doc.querySelectorAll("form[data-sending]").forEach((form) => busy(form, false));
});

/* --- a page after an ordinary sending: did the server take it? ----------------------------------------------- */
const last = store.get(sessionStorage, SENT);
if (last) {
  const back = [...doc.querySelectorAll("form[data-draft]")].find((form) => keyOf(form) === last.draft && idempotency(form)?.value === last.key);
  const failed = doc.body.hasAttribute("data-error-page");
  // only the page that the sending itself led to names the form's page as its referrer; after a dropped line the
  // visitor comes back by address, bookmark or the back button, and the draft must still be there
  const from = doc.referrer.startsWith(window.location.origin) ? new URL(doc.referrer).pathname : "";
  const kind = performance.getEntriesByType("navigation")[0]?.type;
  const doubtful = kind === "back_forward" || (kind === "reload" && from === window.location.pathname);
  if (!back && !failed && from === last.path && !doubtful) store.drop(localStorage, last.draft);
  store.drop(sessionStorage, SENT);
}
doc.addEventListener("submit", (event) => {
  if (event.target.matches("[data-sign-out]")) window.caches?.keys().then((names) => names.filter((name) => name.startsWith("denghuo-crew")).forEach((name) => caches.delete(name)));
  if (event.target.matches("[data-sign-out]")) Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => store.drop(localStorage, key));
});
Denghuo.onContent((root) => {
  Denghuo.all(root, "form[data-draft]").forEach(arm);
  refill(root);
});
