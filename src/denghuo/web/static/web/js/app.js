/* Base behaviour of every page: texts, theme, toasts, dialogs, menus, keyboard, personal data on demand.
   Other scripts find their helpers on window.Denghuo; nothing here evaluates strings or writes styles as text. */

const Denghuo = (window.Denghuo = window.Denghuo || {});
const doc = document;

/* --- texts ------------------------------------------------------------------------------------ */
const texts = JSON.parse(doc.getElementById("dh-messages")?.textContent || "{}");
Denghuo.text = (key, value) => (texts[key] || key).replace(/%[sd]/, value === undefined ? "" : value);

Denghuo.icon = (name) => {
  const svg = doc.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "dh-icon");
  svg.setAttribute("aria-hidden", "true");
  const use = doc.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${doc.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
};

Denghuo.el = (tag, attrs = {}, ...children) => {
  const node = doc.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

/* run on the page and again on whatever htmx swaps in */
Denghuo.onContent = (fn) => {
  fn(doc.body);
  doc.body.addEventListener("htmx:load", (event) => event.detail.elt !== doc.body && fn(event.detail.elt));
};
Denghuo.all = (root, selector) => [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];

Denghuo.csrf = () => JSON.parse(doc.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";

/* --- theme ------------------------------------------------------------------------------------- */
Denghuo.theme = () => doc.documentElement.getAttribute("data-bs-theme") || "light";
function switchTheme() {
  const next = Denghuo.theme() === "dark" ? "light" : "dark";
  doc.documentElement.setAttribute("data-bs-theme", next);
  doc.cookie = `denghuo_theme=${next}; path=/; max-age=31536000; SameSite=Lax`;
  doc.dispatchEvent(new CustomEvent("dh:theme", { detail: next }));
}

/* --- toasts -------------------------------------------------------------------------------------- */
const TONES = { error: "danger", danger: "danger", warning: "warn", warn: "warn", success: "ok", ok: "ok", info: "info" };
const TOAST_ICONS = { danger: "alert-circle", warn: "alert-triangle", ok: "circle-check", info: "info-circle" };

function arm(toast) {
  const close = () => toast.remove();
  toast.querySelector("[data-toast-close]")?.addEventListener("click", close);
  if (!toast.classList.contains("dh-tone-danger")) setTimeout(close, 7000); // errors stay until read
}
Denghuo.toast = (text, level = "info") => {
  const tone = TONES[level] || "info";
  const box = doc.getElementById("dh-toasts");
  if (!box || !text) return;
  for (const old of box.children) if (old.dataset.text === text) old.remove();
  const close = Denghuo.el("button", { type: "button", class: "dh-iconbtn", "data-toast-close": "", "aria-label": Denghuo.text("close") }, Denghuo.icon("x"));
  const toast = Denghuo.el("div", { class: `dh-toast dh-tone-${tone}`, "data-text": text }, Denghuo.icon(TOAST_ICONS[tone]), Denghuo.el("span", {}, text), close);
  box.append(toast);
  arm(toast);
};
doc.querySelectorAll("[data-toast]").forEach(arm);
doc.body.addEventListener("toast", (event) => {
  const given = event.detail || {};
  for (const one of given.list || [given]) Denghuo.toast(one.text || one.message || one.value || "", one.level || one.tone);
});

/* --- htmx: a refused or failed request never passes silently ----------------------------------------- */
doc.body.addEventListener("htmx:beforeSwap", (event) => {
  // a whole page in answer to a fragment means: signed out, or moved; go there
  const xhr = event.detail.xhr;
  if (xhr && /^\s*<!doctype/i.test(xhr.responseText) && xhr.status < 400 && event.detail.target !== doc.body) {
    event.detail.shouldSwap = false;
    window.location.assign(xhr.responseURL || window.location.href);
  }
});
doc.body.addEventListener("htmx:responseError", (event) => {
  const xhr = event.detail.xhr;
  if ((xhr.getResponseHeader("HX-Trigger") || "").includes("toast")) return;
  if (xhr.status === 401) Denghuo.toast(Denghuo.text("session.expired"), "error");
  else if (xhr.status === 403) Denghuo.toast(Denghuo.text("not_allowed"), "error");
  else if (xhr.status === 429) Denghuo.toast(Denghuo.text("too_many", xhr.getResponseHeader("Retry-After") || "30"), "warn");
  else Denghuo.toast(Denghuo.text("net.server"), "error");
});
doc.body.addEventListener("htmx:sendError", (event) => {
  if (event.detail.elt?.hasAttribute?.("data-quiet")) return; // a part that the page can do without
  if (event.detail.requestConfig?.triggeringEvent?.type !== "live") Denghuo.toast(Denghuo.text("net.unreachable"), "error");
});
window.addEventListener("offline", () => Denghuo.toast(Denghuo.text("net.offline"), "warn"));
window.addEventListener("online", () => Denghuo.toast(Denghuo.text("net.online"), "ok"));

/* --- dialogs -------------------------------------------------------------------------------------------- */
Denghuo.ask = (dialog) =>
  new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
Denghuo.confirm = (question, danger = false) => {
  const dialog = doc.getElementById("dh-confirm");
  dialog.querySelector("[data-confirm-text]").textContent = question;
  dialog.querySelector("[data-confirm-ok]").classList.toggle("btn-danger", danger);
  return Denghuo.ask(dialog);
};
doc.body.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  Denghuo.confirm(event.detail.question).then((yes) => yes && event.detail.issueRequest(true));
});
doc.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (!question) return;
    if (form.dataset.confirmed) return void delete form.dataset.confirmed;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    Denghuo.confirm(question, submitter?.classList.contains("btn-danger")).then((yes) => {
      if (!yes) return;
      form.dataset.confirmed = "1";
      form.requestSubmit(submitter || undefined);
    });
  },
  true,
);

/* --- personal data, shown on request and hidden again after a minute ---------------------------------------- */
async function reveal(button) {
  const dialog = doc.getElementById("dh-reveal");
  const reason = dialog.querySelector("#dh-reveal-reason");
  reason.value = "";
  if (!(await Denghuo.ask(dialog))) return;
  if (!reason.value.trim()) return void Denghuo.toast(Denghuo.text("reveal.reason_help"), "warn");
  const place = button.parentElement.querySelector("[data-masked]");
  const before = place.textContent;
  try {
    const body = new URLSearchParams({ reason: reason.value.trim() });
    const answer = await fetch(button.dataset.revealUrl, { method: "POST", body, headers: { "X-CSRFToken": Denghuo.csrf(), Accept: "application/json" } });
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.detail || data.title || "");
    place.textContent = data.value;
    place.classList.add("dh-revealed");
    button.hidden = true;
    setTimeout(() => {
      place.textContent = before;
      place.classList.remove("dh-revealed");
      button.hidden = false;
    }, 60000);
  } catch (error) {
    Denghuo.toast(error.message && !(error instanceof SyntaxError) && !(error instanceof TypeError) ? error.message : Denghuo.text("reveal.failed"), "error");
  }
}

/* --- clicks ------------------------------------------------------------------------------------------------------ */
function toggleNav(open) {
  doc.body.classList.toggle("dh-nav-open", open);
  const button = doc.querySelector("[data-nav-toggle]");
  button?.setAttribute("aria-expanded", String(doc.body.classList.contains("dh-nav-open")));
}
doc.addEventListener("click", (event) => {
  const hit = (selector) => event.target.closest?.(selector);
  doc.querySelectorAll("details.dh-menu[open]").forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open"));
  if (hit("[data-theme-switch]")) switchTheme();
  else if (hit("[data-keys-open]")) openKeys();
  else if (hit("[data-nav-toggle]")) toggleNav();
  else if (hit("[data-nav-close]")) toggleNav(false);
  else if (hit("[data-reveal-url]")) reveal(hit("[data-reveal-url]"));
  else if (hit("[data-print]")) window.print();
  else if (hit("[data-fullscreen]")) doc.fullscreenElement ? doc.exitFullscreen() : doc.documentElement.requestFullscreen?.();
  else if (hit("[data-dialog-open]")) doc.getElementById(hit("[data-dialog-open]").dataset.dialogOpen)?.showModal();
  else if (hit("[data-dialog-close]")) hit("dialog")?.close();
  else if (hit("[data-copy]")) navigator.clipboard?.writeText(hit("[data-copy]").dataset.copy);
});
doc.addEventListener("dblclick", (event) => {
  const row = event.target.closest?.("tr[data-row-url]");
  if (row) window.location.assign(row.dataset.rowUrl);
});

/* --- lists: the address is the state; what lies outside the reloaded table is brought up to date with it ------ */
doc.body.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.elt.matches?.(".dh-filterbar")) return;
  const query = new URLSearchParams(window.location.search);
  const given = event.detail.parameters;
  if (query.has("sort")) given.sort = query.get("sort");
  else delete given.sort;
  for (const name of Object.keys(given)) if (given[name] === "") delete given[name];
});
doc.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-export-link]");
  if (!link) return;
  const query = new URLSearchParams(window.location.search);
  ["page", "after"].forEach((name) => query.delete(name));
  query.set("export", link.dataset.exportLink);
  link.href = `${new URL(link.href).pathname}?${query}`;
  link.closest("details")?.removeAttribute("open");
}, true);

/* --- keyboard ------------------------------------------------------------------------------------------------------ */
function openKeys() {
  const page = doc.querySelector("[data-keys-page]");
  page.replaceChildren();
  doc.querySelectorAll("main [data-key]").forEach((node) => {
    const name = node.getAttribute("aria-label") || node.title || node.textContent.trim();
    page.append(Denghuo.el("tr", {}, Denghuo.el("td", {}, Denghuo.el("kbd", {}, node.dataset.key)), Denghuo.el("td", {}, name)));
  });
  doc.getElementById("dh-keys").showModal();
}
function moveRow(step) {
  const rows = [...doc.querySelectorAll("tr[data-row-url]")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  rows.forEach((row) => row.setAttribute("aria-selected", String(row === next)));
  next.tabIndex = -1;
  next.focus();
}
const KEYS = {
  "?": openKeys,
  "/": () => doc.querySelector("main input[type=search]")?.focus(),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  t: switchTheme,
};
doc.addEventListener("keydown", (event) => {
  if (event.isComposing) return; // an input method is choosing characters
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return void event.target.form?.requestSubmit();
  if (event.key === "Escape") {
    doc.querySelectorAll("details.dh-menu[open]").forEach((menu) => {
      menu.removeAttribute("open");
      menu.querySelector("summary")?.focus();
    });
    return toggleNav(false);
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, [contenteditable], dialog")) return;
  if (event.key === "Enter") {
    const row = event.target.closest?.("tr[data-row-url]");
    if (row && event.target === row) window.location.assign(row.dataset.rowUrl);
    return;
  }
  const own = doc.querySelector(`main [data-key="${CSS.escape(event.key)}"]`);
  const run = own ? () => own.click() : KEYS[event.key];
  if (!run) return;
  event.preventDefault();
  run();
});

/* --- small things in content ------------------------------------------------------------------------------------------ */
Denghuo.onContent((root) => {
  Denghuo.all(root, "[data-counter]").forEach((counter) => {
    const input = doc.getElementById(counter.dataset.counter);
    const show = () => (counter.textContent = `${[...input.value].length}/${counter.dataset.max}`);
    if (!input) return;
    input.addEventListener("input", show);
    show();
  });
  Denghuo.all(root, "[data-autofocus]")[0]?.focus();
});

/* --- parts that bring their own module: fetched where one stands, also in what htmx swaps in ---------------------------- */
Denghuo.onContent((root) => {
  Denghuo.all(root, "[data-module]").forEach((part) => import(part.dataset.module));
});
