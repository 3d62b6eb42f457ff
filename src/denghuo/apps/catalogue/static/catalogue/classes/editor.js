/* The editor of a class tree: a keyboard tree on the left, the chosen class's form beside it, what would change against the
   edition in force, asked from the server. The document is one flat list in display order; nothing is written until saved. */

const { Denghuo } = window;
const doc = document;
const form = doc.querySelector("[data-class-editor]");
const words = doc.getElementById("class-texts").dataset;
const data = (id) => JSON.parse(doc.getElementById(id).textContent);
const ATTRIBUTES = data("class-attributes");
const uses = data("class-uses");
const used = new Set(data("class-used"));
const CODE = /^[a-z][a-z0-9_]{0,31}$/;
const LONG = new Set(["synonyms", "urgent_words", "note", "source"]);

const whole = data("class-document");
let nodes = whole.nodes;
let base = JSON.stringify(nodes);
const initial = new Map(nodes.map((node) => [node.path, JSON.stringify(node)]));
let current = nodes[0]?.path || "";
const closed = new Set();
const undo = [];
let query = "";

const tree = form.querySelector("[data-ce-tree]");
const panel = form.querySelector("[data-ce-form]");
const hidden = form.elements.document;
const STORE = `denghuo.classes.editor.${form.action}.${form.dataset.base}.${form.dataset.version}`;

/* --- the document ------------------------------------------------------------------------------------------ */
const parentOf = (path) => path.slice(0, Math.max(0, path.lastIndexOf(".")));
const codeOf = (path) => path.slice(path.lastIndexOf(".") + 1);
const levelOf = (path) => path.split(".").length;
const within = (path, above) => path === above || path.startsWith(`${above}.`);
const get = (path) => nodes.find((node) => node.path === path);
const children = (path) => nodes.filter((node) => parentOf(node.path) === path && node.path);
const join = (above, code) => (above ? `${above}.${code}` : code);

/* parents before children, siblings in their order: what the list shows and the document keeps */
function ordered() {
  const below = new Map();
  for (const node of nodes) {
    const above = parentOf(node.path);
    if (!below.has(above)) below.set(above, []);
    below.get(above).push(node);
  }
  const walk = (path) => (below.get(path) || []).flatMap((node) => [node, ...walk(node.path)]);
  nodes = walk("");
}

function change(act) {
  undo.push(JSON.stringify({ nodes, current }));
  if (undo.length > 60) undo.shift();
  act();
  ordered();
  changed();
  draw();
}

let timer;
function changed() {
  const text = JSON.stringify({ ...whole, nodes });
  hidden.value = text;
  const dirty = JSON.stringify(nodes) !== base;
  form.toggleAttribute("data-dirty", dirty);
  try {
    if (dirty) sessionStorage.setItem(STORE, JSON.stringify(nodes));
    else sessionStorage.removeItem(STORE);
  } catch {
    /* without the store only a reload loses what was not saved */
  }
  say(dirty ? words.dirty : words.saved);
  form.querySelector("[data-ce='undo']").disabled = !undo.length;
  clearTimeout(timer);
  timer = setTimeout(preview, 700);
}

function say(text) {
  form.querySelector("[data-ce-state]").textContent = text;
}

let asked = 0;
async function preview() {
  const mine = (asked += 1);
  const body = new FormData();
  body.set("document", hidden.value);
  say(words.checking);
  const answer = await fetch(form.dataset.preview, { method: "POST", body, headers: { "X-CSRFToken": Denghuo.csrf(), "HX-Request": "true" } }).catch(() => null);
  if (mine !== asked) return;
  say(form.hasAttribute("data-dirty") ? words.dirty : words.saved);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  doc.getElementById("class-preview").replaceChildren(...page.body.childNodes);
}

/* --- the tree ------------------------------------------------------------------------------------------------ */
function shown(node) {
  if (query) return `${node.label} ${node.path} ${(node.synonyms || []).join(" ")} ${node.label_en || ""}`.toLowerCase().includes(query);
  for (let above = parentOf(node.path); above; above = parentOf(above)) if (closed.has(above)) return false;
  return true;
}

function draw(focus = false) {
  const rows = nodes.filter(shown).map(row);
  tree.replaceChildren(...rows);
  form.querySelector("[data-ce-count]").textContent = nodes.length;
  if (!get(current)) current = nodes[0]?.path || "";
  select(current, focus);
}

function row(node) {
  const kids = children(node.path).length > 0;
  const item = Denghuo.el("li", { role: "treeitem", "data-path": node.path, "data-level": levelOf(node.path), "aria-level": levelOf(node.path), "aria-selected": "false", tabindex: "-1", draggable: "true" });
  if (node.retired) item.dataset.retired = "";
  const before = initial.get(node.path);
  if (before === undefined) item.dataset.mark = "new";
  else if (before !== JSON.stringify(node)) item.dataset.mark = "changed";
  if (kids) item.setAttribute("aria-expanded", String(!closed.has(node.path) || Boolean(query)));
  const twist = kids ? Denghuo.el("span", { class: "ce-twist", "data-twist": "" }, Denghuo.icon("chevron-right")) : Denghuo.el("span", { class: "ce-twist" }); // keys: left and right
  item.append(twist, Denghuo.el("span", { class: "ce-text" }, node.label || words.new));
  const count = below(node.path);
  if (count) item.append(Denghuo.el("small", { class: "dh-num" }, String(count)));
  item.append(Denghuo.el("small", { class: "dh-mono dh-hide-phone" }, codeOf(node.path)));
  return item;
}

const below = (path) => Object.entries(uses).reduce((sum, [one, count]) => sum + (within(one, path) ? count : 0), 0);
const item = (path) => tree.querySelector(`[data-path="${CSS.escape(path)}"]`);

function select(path, focus = false) {
  current = path;
  tree.querySelectorAll("[aria-selected='true'], [tabindex='0']").forEach((one) => {
    one.setAttribute("aria-selected", "false");
    one.tabIndex = -1;
  });
  const chosen = item(path);
  if (chosen) {
    chosen.setAttribute("aria-selected", "true");
    chosen.tabIndex = 0;
    chosen.scrollIntoView({ block: "nearest" });
    if (focus) chosen.focus();
  }
  fill();
}

/* --- the form of one class --------------------------------------------------------------------------------------- */
function control(name, label, input, hint = "") {
  input.id = `ce-${name}`;
  input.dataset.name = name;
  input.setAttribute("data-no-draft", "");
  const box = Denghuo.el("div", { class: "dh-field" }, Denghuo.el("label", { class: "form-label", for: input.id }, label), input);
  if (hint) {
    input.setAttribute("aria-describedby", `${input.id}-hint`);
    box.append(Denghuo.el("p", { class: "form-hint", id: `${input.id}-hint` }, hint));
  }
  return box;
}
const text = (value, attrs = {}) => {
  const input = Denghuo.el("input", { class: "form-control", type: "text", autocomplete: "off", ...attrs });
  input.value = value || "";
  return input;
};

function fill() {
  const node = get(current);
  const inUse = form.querySelector("[data-ce-uses]");
  inUse.textContent = node && below(current) ? `${below(current)} ${words.openRequests}` : "";
  form.querySelector("[data-ce-remove]").textContent = !node ? words.retire : node.retired ? words.revive : removable(node) ? words.remove : words.retire;
  if (!node) {
    panel.replaceChildren(Denghuo.el("p", { class: "dh-quiet" }, words.none));
    return;
  }
  const where = Denghuo.el("p", { class: "ce-path" }, pathName(current), " ", Denghuo.el("code", {}, current));
  const names = Denghuo.el("div", { class: "dh-form-grid" }, control("label", words.label, text(node.label, { maxlength: "40" })), control("label_en", words.labelEn, text(node.label_en)), control("code", words.code, text(codeOf(current), { maxlength: "32", class: "form-control dh-mono" }), words.codeHint));
  const choices = Denghuo.el("div", { class: "dh-form-grid" });
  const flags = Denghuo.el("div", { class: "ce-flags" });
  const long = [];
  for (const one of ATTRIBUTES) {
    if (one.kind === "choice") choices.append(control(one.name, one.label, options(one, node[one.name])));
    else if (one.kind === "flag") flags.append(flag(one, node[one.name]));
    else if (one.kind === "texts") long.push(control(one.name, one.label, text((node[one.name] || []).join("、")), words.wordsHint));
    else if (LONG.has(one.name)) long.push(control(one.name, one.label, text(node[one.name])));
    else choices.append(control(one.name, one.label, text(node[one.name])));
  }
  panel.replaceChildren(where, names, flags, choices, ...long);
}

const pathName = (path) => path.split(".").map((_part, at, all) => get(all.slice(0, at + 1).join("."))?.label || "").join(" / ");

function options(one, value) {
  const box = Denghuo.el("select", { class: "form-select" }, new Option(words.inherit, "", !value, !value));
  for (const [code, label] of one.choices) box.append(new Option(label, code, code === value, code === value));
  return box;
}
function flag(one, value) {
  const input = Denghuo.el("input", { type: "checkbox", class: "form-check-input", id: `ce-${one.name}`, "data-name": one.name, "data-no-draft": "" });
  input.checked = Boolean(value);
  return Denghuo.el("div", { class: "dh-field-check" }, Denghuo.el("label", { class: "form-check", for: input.id }, input, Denghuo.el("span", { class: "form-check-label" }, one.label)));
}

function read(input) {
  const node = get(current);
  const name = input.dataset.name;
  if (!node || !name) return;
  if (name === "code") {
    recode(input);
    return;
  }
  const kind = ATTRIBUTES.find((one) => one.name === name)?.kind;
  const value = kind === "flag" ? input.checked : kind === "texts" ? input.value.split(/[、,，;；|]+/).map((word) => word.trim()).filter(Boolean) : input.value.trim();
  if (value === "" || value === false || value.length === 0) delete node[name];
  else node[name] = value;
  if (name === "label") node.label = value;
  changed();
  item(current)?.replaceWith(row(node));
  const chosen = item(current);
  chosen?.setAttribute("aria-selected", "true");
  if (chosen) chosen.tabIndex = 0;
}

function recode(input) {
  const code = input.value.trim();
  const target = join(parentOf(current), code);
  const fault = !CODE.test(code) ? words.codeBad : target !== current && get(target) ? words.codeTaken : "";
  input.setCustomValidity(fault);
  input.classList.toggle("is-invalid", Boolean(fault));
  if (fault) {
    input.reportValidity();
    return;
  }
  if (target !== current) change(() => relocate(current, target));
}

function relocate(from, to) {
  for (const node of nodes) if (within(node.path, from)) node.path = to + node.path.slice(from.length);
  for (const path of [...closed]) if (within(path, from)) closed.add(to + path.slice(from.length));
  if (within(current, from)) current = to + current.slice(from.length);
}

/* --- moving and making ------------------------------------------------------------------------------------------------- */
function fresh(above) {
  const taken = new Set(children(above).map((node) => codeOf(node.path)));
  let number = taken.size + 1;
  while (taken.has(`item_${number}`)) number += 1;
  return join(above, `item_${number}`);
}
function add(above, after) {
  if (above && levelOf(above) >= whole.levels) {
    Denghuo.toast(words.deep, "warning");
    return;
  }
  change(() => {
    const node = { path: fresh(above), label: words.new };
    const at = after ? nodes.findIndex((one) => one.path === after) : nodes.length - 1;
    nodes.splice(at + 1, 0, node);
    closed.delete(above);
    current = node.path;
  });
  const label = panel.querySelector("#ce-label");
  label?.focus();
  label?.select();
}

/* what the edition in force knows, or somebody has used, is retired; what was made here just now goes */
const removable = (node) => !nodes.some((one) => within(one.path, node.path) && (initial.has(one.path) || used.has(one.path)));
function remove() {
  const node = get(current);
  if (!node) return;
  change(() => {
    if (removable(node)) {
      const list = children(parentOf(current));
      const next = list[list.indexOf(node) + 1] || list[list.indexOf(node) - 1] || get(parentOf(current));
      nodes = nodes.filter((one) => !within(one.path, node.path));
      current = next?.path || "";
    } else if (node.retired) delete node.retired;
    else node.retired = true;
  });
}

function shift(by) {
  const list = children(parentOf(current));
  const at = list.findIndex((node) => node.path === current);
  const other = list[at + by];
  if (!other) return;
  change(() => swap(list[at], other));
}
function swap(a, b) {
  const i = nodes.indexOf(a);
  const j = nodes.indexOf(b);
  nodes[i] = b;
  nodes[j] = a;
}
function place(path, above, beside = "", after = true) {
  if (within(above, path)) return;
  const deepest = Math.max(...nodes.filter((node) => within(node.path, path)).map((node) => levelOf(node.path)));
  if (deepest - levelOf(path) + (above ? levelOf(above) : 0) + 1 > whole.levels) {
    Denghuo.toast(words.deep, "warning");
    return;
  }
  let target = join(above, codeOf(path));
  if (target !== path && get(target)) target = fresh(above);
  change(() => {
    const moved = nodes.filter((node) => within(node.path, path));
    nodes = nodes.filter((node) => !within(node.path, path));
    const at = beside ? nodes.findIndex((node) => node.path === beside) + (after ? 1 : 0) : nodes.length;
    nodes.splice(at, 0, ...moved);
    current = path;
    relocate(path, target);
    closed.delete(above);
  });
}
const outdent = () => parentOf(current) && place(current, parentOf(parentOf(current)), parentOf(current));
function indent() {
  const list = children(parentOf(current));
  const above = list[list.findIndex((node) => node.path === current) - 1];
  if (above) place(current, above.path);
}
function back() {
  if (!undo.length) return;
  ({ nodes, current } = JSON.parse(undo.pop()));
  changed();
  draw();
}

const DO = { child: () => add(current, ""), sibling: () => add(parentOf(current), current), up: () => shift(-1), down: () => shift(1), out: outdent, in: indent, remove, undo: back };

/* --- hands ---------------------------------------------------------------------------------------------------------------- */
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-ce]");
  if (button) DO[button.dataset.ce]();
  const goto = event.target.closest("[data-goto]");
  if (goto && get(goto.dataset.goto)) {
    for (let above = parentOf(goto.dataset.goto); above; above = parentOf(above)) closed.delete(above);
    query = "";
    form.querySelector("[data-ce-find]").value = "";
    current = goto.dataset.goto;
    draw(true);
  }
});
tree.addEventListener("click", (event) => {
  const chosen = event.target.closest("[role='treeitem']");
  if (!chosen) return;
  if (event.target.closest("[data-twist]")) toggle(chosen.dataset.path);
  else select(chosen.dataset.path, true);
});
function toggle(path, open = closed.has(path)) {
  if (open) closed.delete(path);
  else closed.add(path);
  draw(true);
}
tree.addEventListener("keydown", (event) => {
  const rows = [...tree.children];
  const at = rows.findIndex((one) => one.dataset.path === current);
  const alt = event.altKey;
  const keys = {
    ArrowDown: () => (alt ? shift(1) : rows[at + 1] && select(rows[at + 1].dataset.path, true)),
    ArrowUp: () => (alt ? shift(-1) : rows[at - 1] && select(rows[at - 1].dataset.path, true)),
    ArrowRight: () => (alt ? indent() : closed.has(current) ? toggle(current, true) : children(current)[0] && select(children(current)[0].path, true)),
    ArrowLeft: () => (alt ? outdent() : children(current).length && !closed.has(current) ? toggle(current, false) : parentOf(current) && select(parentOf(current), true)),
    Home: () => rows[0] && select(rows[0].dataset.path, true),
    End: () => rows.length && select(rows.at(-1).dataset.path, true),
    Enter: () => panel.querySelector("#ce-label")?.focus(),
    Insert: () => (event.shiftKey ? DO.sibling() : DO.child()),
    Delete: remove,
  };
  const run = (event.ctrlKey || event.metaKey) && event.key === "z" ? back : keys[event.key];
  if (!run) return;
  event.preventDefault();
  event.stopPropagation();
  run();
  if (alt || event.key === "Delete" || run === back) item(current)?.focus();
});
panel.addEventListener("input", (event) => event.target.dataset.name !== "code" && read(event.target));
panel.addEventListener("change", (event) => event.target.dataset.name === "code" && read(event.target));
panel.addEventListener("focusin", () => undo.push(JSON.stringify({ nodes, current })));
panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape") item(current)?.focus();
  if (event.key === "Enter" && event.target.tagName === "INPUT") {
    event.preventDefault();
    event.target.blur();
    item(current)?.focus();
  }
});
form.querySelector("[data-ce-find]").addEventListener("input", (event) => {
  event.stopPropagation();
  query = event.target.value.trim().toLowerCase();
  draw();
});
form.querySelector("[data-ce-find]").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== "ArrowDown") return;
  event.preventDefault();
  const first = tree.firstElementChild?.dataset.path;
  if (first) select(first, true);
});

/* dragging: onto the upper or lower edge puts it beside, onto the middle puts it below */
let dragged = "";
const edge = (event, row) => {
  const box = row.getBoundingClientRect();
  const part = (event.clientY - box.top) / box.height;
  return part < 0.3 ? "before" : part > 0.7 ? "after" : "in";
};
const wipe = () => tree.querySelectorAll("[data-drop]").forEach((one) => delete one.dataset.drop);
tree.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("[role='treeitem']")?.dataset.path || "";
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged);
});
tree.addEventListener("dragover", (event) => {
  const over = event.target.closest("[role='treeitem']");
  if (!over || !dragged || within(over.dataset.path, dragged)) return;
  event.preventDefault();
  wipe();
  over.dataset.drop = edge(event, over);
});
tree.addEventListener("drop", (event) => {
  event.preventDefault();
  const over = event.target.closest("[role='treeitem']");
  wipe();
  if (!over || !dragged || within(over.dataset.path, dragged)) return;
  const where = edge(event, over);
  const path = over.dataset.path;
  if (where === "in") place(dragged, path);
  else place(dragged, parentOf(path), path, where === "after");
  dragged = "";
});
tree.addEventListener("dragend", wipe);

/* --- begin ------------------------------------------------------------------------------------------------------------------- */
let leaving = false;
form.addEventListener("submit", () => {
  leaving = true;
  hidden.value = JSON.stringify({ ...whole, nodes });
  try {
    sessionStorage.removeItem(STORE);
  } catch {
    /* nothing was kept */
  }
});
window.addEventListener("beforeunload", (event) => {
  if (!leaving && form.hasAttribute("data-dirty")) event.preventDefault();
});

ordered();
base = form.hasAttribute("data-refused") ? "" : JSON.stringify(nodes);
const kept = form.hasAttribute("data-refused") ? null : sessionStorage.getItem(STORE);
if (kept && kept !== base) {
  nodes = JSON.parse(kept);
  const forget = Denghuo.el("button", { type: "button", class: "btn btn-sm" }, words.forget);
  const told = Denghuo.el("div", { class: "dh-draft-note", role: "status" }, Denghuo.icon("history"), Denghuo.el("span", {}, words.restored), forget);
  forget.addEventListener("click", () => {
    nodes = JSON.parse(base);
    told.remove();
    changed();
    draw();
  });
  form.prepend(told);
  changed();
} else hidden.value = JSON.stringify({ ...whole, nodes });
for (const node of nodes) if (levelOf(node.path) > 1 && children(node.path).length) closed.add(node.path);
draw();
