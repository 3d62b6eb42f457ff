/* Ready sentences and facts of the customer, put in by "/" and a few letters (an input method writes "、" for "/"). */

import { $, api, el, icon, nameOf, on, settings, t } from "./base.js";
import { current } from "./state.js";

const box = $("#dk-pick");
const TRIGGER = /(^|\s)([/、])(\S{0,16})$/u;
let shown = [];
let at = 0;
let field = null;
let typed = 0;
let facts = { for: 0, items: [] };

on("chosen", () => { facts = { for: 0, items: [] }; });
async function load(row) {
  const key = `${row.id}:${row.customer_id}:${row.account_id}`;
  if (facts.for === key) return;
  facts = { for: key, items: [] };
  if (!row.customer_id) return;
  const answer = await api("GET", `/desk/contacts/${row.id}/quotes`).catch(() => null);
  if (answer && facts.for === key) facts.items = answer.items.map((item) => ({ ...item, fact: true, shortcut: "" }));
  if (pickOpen()) suggest(field);
}
export const pickOpen = () => !box.hidden;
export function closePick() {
  box.hidden = true;
  $("#dk-text").removeAttribute("aria-activedescendant");
}
const fits = (item, word) => !word || item.shortcut.toLowerCase().startsWith(word) || item.title.toLowerCase().includes(word) || item.text.toLowerCase().includes(word);
function filled(text) {
  const row = current();
  return text.replaceAll("{name}", row ? nameOf(row) : "").replaceAll("{agent}", document.querySelector(".dh-menu-who strong")?.textContent || "");
}

export function suggest(input) {
  field = input;
  const upto = input.value.slice(0, input.selectionStart);
  const hit = TRIGGER.exec(upto);
  if (!hit || (hit[2] === "、" && hit.index + hit[1].length > 0)) return closePick();
  const row = current();
  if (!row) return closePick();
  load(row);
  const word = hit[3].toLowerCase();
  typed = hit[3].length + 1;
  shown = [...settings.phrases.filter((item) => fits(item, word)), ...facts.items.filter((item) => fits(item, word))].slice(0, 40);
  at = 0;
  draw();
}
function draw() {
  box.hidden = false;
  if (!shown.length) return void box.replaceChildren(el("p", { class: "dk-pick-none" }, t("no_phrase")));
  let group = null;
  const nodes = [];
  shown.forEach((item, index) => {
    const name = item.fact ? t("facts") : t("phrases");
    if (name !== group) nodes.push(el("p", { class: "dk-pick-group" }, icon(item.fact ? "id" : "book"), name));
    group = name;
    const node = el("div", { role: "option", id: `dk-pick-${index}`, "aria-selected": String(index === at) }, el("b", {}, item.title), item.shortcut ? el("kbd", {}, `/${item.shortcut}`) : "", el("span", {}, filled(item.text)));
    node.addEventListener("mousedown", (event) => { event.preventDefault(); use(index); });
    nodes.push(node);
  });
  box.replaceChildren(...nodes);
  const chosen = box.querySelector(`#dk-pick-${at}`);
  chosen?.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", `dk-pick-${at}`);
}
function use(index) {
  const item = shown[index];
  if (!item) return;
  const from = field.selectionStart - typed;
  field.setRangeText(filled(item.text), from, field.selectionStart, "end");
  closePick();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  closePick();
  field.focus();
}
/* true: the key was for the list */
export function pickKey(event) {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (move && !event.altKey) {
    at = (at + move + shown.length) % Math.max(1, shown.length);
    draw();
  } else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
    if (!shown.length) { closePick(); return false; }
    use(at);
  } else if (event.key === "Escape") closePick();
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}
