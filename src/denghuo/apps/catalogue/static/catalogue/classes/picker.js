/* The class picker: words, synonyms, pinyin or initials find a class; without a word one goes down the tree. Recently and
   often used classes come first; that memory stays in this browser. The select below keeps the value for the form. */

const { Denghuo } = window;
const doc = document;
const RECENT = 6;
const SHOWN = 40;
const indexes = new Map();
let serial = 0;

const norm = (text) => text.trim().toLowerCase();

async function load(url) {
  if (!indexes.has(url)) {
    const asked = fetch(url, { credentials: "same-origin" }).then((answer) => {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    });
    asked.catch(() => indexes.delete(url));
    indexes.set(url, asked.then(prepare));
  }
  return indexes.get(url);
}

function prepare(data) {
  const english = doc.documentElement.lang.startsWith("en");
  const byPath = new Map();
  const children = new Map([["", []]]);
  for (const [path, label, labelEn, synonyms, sounds, otherSounds] of data.nodes) {
    const cut = path.lastIndexOf(".");
    const node = { path, parent: cut < 0 ? "" : path.slice(0, cut), label: (english && labelEn) || label, texts: [norm(label), norm(labelEn)], synonyms: synonyms.map(norm), sounds, otherSounds };
    byPath.set(path, node);
    if (!children.has(node.parent)) children.set(node.parent, []);
    children.get(node.parent).push(node);
  }
  return { byPath, children, nodes: [...byPath.values()] };
}

const lineage = (index, node) => (node.parent ? [...lineage(index, index.byPath.get(node.parent)), node] : [node]);
const nameOf = (index, node) => lineage(index, node).map((one) => one.label).join(" / ");

/* the same ranks as engine.classes.searching */
function rankOf(node, word) {
  const [label, english] = node.texts;
  if (word === label || word === node.path) return 0;
  if (label.startsWith(word) || node.synonyms.includes(word)) return 1;
  if (label.includes(word) || english.includes(word)) return 2;
  if (node.synonyms.some((one) => one.includes(word))) return 3;
  if (!/^[\x20-\x7e]+$/.test(word)) return null;
  if (node.sounds.some((one) => one.startsWith(word))) return 4;
  if (node.otherSounds.some((one) => one.startsWith(word))) return 5;
  return word.length > 2 && [...node.sounds, ...node.otherSounds].some((one) => one.includes(word)) ? 6 : null;
}

function find(index, text, accepts) {
  const words = norm(text).split(/\s+/).filter(Boolean);
  const hits = [];
  index.nodes.forEach((node, place) => {
    if (!accepts(node)) return;
    const ranks = words.map((word) => {
      const own = rankOf(node, word);
      return own === null && lineage(index, node).slice(0, -1).some((above) => rankOf(above, word) !== null) ? 7 : own;
    });
    if (!ranks.includes(null)) hits.push({ node, rank: Math.max(...ranks), place });
  });
  return hits.sort((a, b) => a.rank - b.rank || a.place - b.place).map((hit) => hit.node);
}

/* --- what was used before ---------------------------------------------------------------------------- */
const keyOf = (tree) => `denghuo.classes.${tree}`;
function used(tree) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(tree)) || "[]");
  } catch {
    return [];
  }
}
function remember(tree, path) {
  const rows = used(tree);
  const row = rows.find((one) => one.path === path) || { path, times: 0 };
  row.times += 1;
  row.at = Date.now();
  const kept = [row, ...rows.filter((one) => one !== row)].sort((a, b) => b.at - a.at).slice(0, 30);
  try {
    localStorage.setItem(keyOf(tree), JSON.stringify(kept));
  } catch {
    /* a full or forbidden store only costs the short-cut */
  }
}
/* a use counts half after a week */
const weight = (row) => row.times * 0.5 ** ((Date.now() - row.at) / 604800000);

/* --- one picker ---------------------------------------------------------------------------------------- */
class Picker {
  constructor(box) {
    this.box = box;
    this.select = box.querySelector("select");
    this.words = box.dataset;
    this.at = "";
    this.active = -1;
    this.rows = [];
    this.build();
    this.show();
  }

  build() {
    const id = this.select.id || `cp-${(serial += 1)}`;
    this.select.id = `${id}-native`;
    this.select.hidden = true;
    this.listId = `${id}-list`;
    this.input = Denghuo.el("input", {
      id, class: "cp-input", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "data-no-draft": "",
      "aria-expanded": "false", "aria-controls": this.listId, "aria-autocomplete": "list", placeholder: this.words.placeholder,
    });
    for (const name of ["aria-describedby", "aria-invalid"]) if (this.select.hasAttribute(name)) this.input.setAttribute(name, this.select.getAttribute(name));
    this.clear = Denghuo.el("button", { type: "button", class: "cp-clear", "aria-label": this.words.textClear }, Denghuo.icon("x"));
    this.field = Denghuo.el("div", { class: `form-control cp-box${this.select.classList.contains("is-invalid") ? " is-invalid" : ""}` }, Denghuo.icon("search"), this.input, this.clear);
    this.panel = Denghuo.el("div", { class: "cp-panel", hidden: "" }, this.list());
    this.said = Denghuo.el("span", { class: "visually-hidden", role: "status" });
    this.box.append(this.field, this.panel, this.said);
    this.input.addEventListener("focus", () => this.open());
    this.input.addEventListener("click", () => this.open());
    this.input.addEventListener("input", (event) => {
      event.stopPropagation(); // the form's draft is the select's value
      this.at = "";
      this.open();
    });
    this.input.addEventListener("change", (event) => event.stopPropagation());
    this.input.addEventListener("keydown", (event) => !event.isComposing && this.key(event));
    this.input.addEventListener("compositionstart", () => this.fresh());
    this.clear.addEventListener("click", () => {
      this.take("");
      this.input.focus();
    });
    this.panel.addEventListener("pointerdown", (event) => event.preventDefault());
    this.panel.addEventListener("click", (event) => {
      const row = event.target.closest("[data-row]");
      if (row) this.choose(Number(row.dataset.row));
    });
    this.box.addEventListener("focusout", (event) => !this.box.contains(event.relatedTarget) && this.close());
    for (const kind of ["input", "change"]) this.select.addEventListener(kind, () => this.show());
  }

  async open() {
    if (this.input.disabled) return;
    try {
      this.index = await load(this.words.index);
    } catch {
      Denghuo.toast(this.words.textFailed, "warning");
      this.field.hidden = true;
      this.select.hidden = false;
      return;
    }
    if (doc.activeElement !== this.input) return;
    this.render();
  }

  show() {
    const chosen = this.select.selectedOptions[0];
    this.value = this.select.value;
    const group = chosen?.parentElement?.label;
    const plain = chosen?.textContent.trim() || "";
    this.named = this.value ? (this.index?.byPath.has(this.value) ? nameOf(this.index, this.index.byPath.get(this.value)) : this.worded(plain, group)) : "";
    if (doc.activeElement !== this.input || !this.typed()) this.input.value = this.named;
    this.clear.hidden = !this.value;
  }

  /* the full name before the index has come, from the indented options of the select */
  worded(plain, group) {
    const parts = [plain];
    let depth = (this.value.match(/\./g) || []).length;
    let option = this.select.selectedOptions[0];
    while (depth > 1 && (option = option.previousElementSibling)) {
      if ((option.value.match(/\./g) || []).length === depth - 1 && this.value.startsWith(`${option.value}.`)) {
        parts.unshift(option.textContent.trim());
        depth -= 1;
      }
    }
    if (this.value.includes(".") && group) parts.unshift(group);
    return parts.join(" / ");
  }

  /* empty; one stands in the panel from the start, for the input names it */
  list() {
    return Denghuo.el("ul", { class: "cp-list", role: "listbox", id: this.listId });
  }

  typed() {
    return this.input.value !== this.named && this.input.value.trim() !== "";
  }

  chooseable(node) {
    return !("leaf" in this.words) || !this.index.children.has(node.path);
  }

  render() {
    const text = this.typed() ? this.input.value : "";
    const list = this.list();
    this.rows = [];
    if (text) this.renderHits(list, text);
    else this.renderTree(list);
    this.panel.replaceChildren(list);
    if (text && !this.rows.length) this.panel.replaceChildren(list, Denghuo.el("p", { class: "cp-none" }, this.words.textNone));
    this.said.textContent = text ? `${this.rows.length} ${this.words.textCount}` : "";
    this.panel.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const below = window.innerHeight - this.field.getBoundingClientRect().bottom;
    this.panel.toggleAttribute("data-up", below < 260 && this.field.getBoundingClientRect().top > below);
    const held = this.rows.findIndex((row) => row.kind !== "up" && row.path && (row.path === this.value || this.value.startsWith(`${row.path}.`)));
    this.mark(text ? 0 : Math.max(held, 0));
  }

  renderHits(list, text) {
    const words = norm(text).split(/\s+/);
    for (const node of find(this.index, text, (one) => this.chooseable(one)).slice(0, SHOWN)) {
      const above = node.parent ? nameOf(this.index, this.index.byPath.get(node.parent)) : "";
      this.row(list, { kind: "take", path: node.path }, this.marked(node.label, words), above);
    }
  }

  marked(label, words) {
    const at = words.map((word) => [label.toLowerCase().indexOf(word), word.length]).find(([place]) => place >= 0);
    if (!at) return [label];
    return [label.slice(0, at[0]), Denghuo.el("mark", {}, label.slice(at[0], at[0] + at[1])), label.slice(at[0] + at[1])];
  }

  renderTree(list) {
    const here = this.index.byPath.get(this.at);
    if (here) {
      this.row(list, { kind: "up", path: here.parent }, [this.words.textUp], nameOf(this.index, here), "chevron-left");
      if (this.chooseable(here)) this.row(list, { kind: "take", path: here.path }, [here.label], this.words.textOnly, "circle-dot");
    } else {
      const often = used(this.words.tree).filter((row) => this.index.byPath.has(row.path) && this.chooseable(this.index.byPath.get(row.path)));
      if (often.length) {
        this.head(list, this.words.textRecent);
        for (const row of often.sort((a, b) => weight(b) - weight(a)).slice(0, RECENT)) {
          const node = this.index.byPath.get(row.path);
          this.row(list, { kind: "take", path: node.path }, [node.label], node.parent ? nameOf(this.index, this.index.byPath.get(node.parent)) : "", "history");
        }
        this.head(list, this.words.textAll);
      }
    }
    for (const node of this.index.children.get(this.at) || []) {
      const deeper = this.index.children.has(node.path);
      this.row(list, { kind: deeper ? "down" : "take", path: node.path }, [node.label], "", "", deeper ? "chevron-right" : "");
    }
  }

  head(list, text) {
    list.append(Denghuo.el("li", { class: "cp-head", role: "presentation" }, text));
  }

  row(list, row, label, small = "", before = "", after = "") {
    const number = this.rows.push(row) - 1;
    const item = Denghuo.el("li", { class: "cp-row", role: "option", id: `${this.listId}-${number}`, "data-row": String(number), "aria-selected": "false" });
    if (before) item.append(Denghuo.icon(before));
    item.append(Denghuo.el("span", {}, ...label, ...(small ? [Denghuo.el("small", {}, small)] : [])));
    if (row.kind === "take" && row.path === this.value) {
      item.setAttribute("data-chosen", "");
      item.append(Denghuo.icon("check"));
    } else if (after) item.append(Denghuo.icon(after));
    list.append(item);
  }

  mark(number) {
    this.panel.querySelector("[aria-selected='true']")?.setAttribute("aria-selected", "false");
    this.active = this.rows.length ? (number + this.rows.length) % this.rows.length : -1;
    const item = this.panel.querySelector(`[data-row="${this.active}"]`);
    item?.setAttribute("aria-selected", "true");
    item?.scrollIntoView({ block: "nearest" });
    if (item) this.input.setAttribute("aria-activedescendant", item.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  choose(number) {
    const row = this.rows[number];
    if (!row) return;
    if (row.kind === "take") {
      this.take(row.path);
      this.close();
      return;
    }
    const from = this.at;
    this.at = row.path;
    this.render();
    if (row.kind === "up") this.mark(Math.max(0, this.rows.findIndex((one) => one.path === from && one.kind === "down")));
    else this.mark(Math.min(1, this.rows.length - 1));
  }

  take(path) {
    this.select.value = path;
    if (path) remember(this.words.tree, path);
    this.input.value = ""; // so that what was typed does not count as typed any more
    this.select.dispatchEvent(new Event("input", { bubbles: true }));
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
    this.show();
    this.input.value = this.named;
  }

  close() {
    this.panel.hidden = true;
    this.at = "";
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.input.value = this.named;
  }

  key(event) {
    const open = !this.panel.hidden;
    const row = this.rows[this.active];
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in steps) {
      event.preventDefault();
      if (!open) this.open();
      else this.mark(Math.abs(steps[event.key]) === 1 ? this.active + steps[event.key] : Math.max(0, Math.min(this.rows.length - 1, this.active + steps[event.key])));
    } else if (event.key === "Enter" && open && row) {
      event.preventDefault();
      this.choose(this.active);
    } else if (event.key === "ArrowRight" && open && row?.kind === "down") {
      event.preventDefault();
      this.choose(this.active);
    } else if ((event.key === "ArrowLeft" || event.key === "Backspace") && open && this.at && !this.typed()) {
      event.preventDefault();
      this.choose(0);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Tab") {
      this.close();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) this.fresh();
  }

  /* typing starts a new search instead of adding to the name */
  fresh() {
    if (this.input.value === this.named) this.input.value = "";
  }
}

function style(url) {
  if (!url || doc.querySelector(`link[data-picker-style]`)) return;
  doc.head.append(Denghuo.el("link", { rel: "stylesheet", href: url, "data-picker-style": "" }));
}

Denghuo.onContent((root) =>
  Denghuo.all(root, "[data-class-picker]").forEach((box) => {
    if (box.dataset.armed) return;
    box.dataset.armed = "1";
    style(box.dataset.style);
    box.picker = new Picker(box);
    setTimeout(() => load(box.dataset.index).catch(() => {}), 400); // there when the first key is struck
  }),
);
