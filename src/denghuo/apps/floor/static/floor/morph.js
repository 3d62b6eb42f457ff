/* Live refreshes without flicker: what htmx fetched is worked into the element that carries data-morph instead of taking
   its place. Nodes that stay keep focus, scroll and selection; a form that is being filled in is left alone, even when
   its entry is gone from the answer. data-row names a child over refreshes. */

const doc = document;
const FIELDS = "input:not([type=hidden]), textarea, select";

const keyOf = (node) => (node.nodeType === 1 ? node.dataset.row || node.id || "" : "");
const changed = (field) => (field.matches("select") ? [...field.options].some((one) => one.selected !== one.defaultSelected) : field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
function inUse(node) {
  if (node.nodeType !== 1) return false;
  const active = doc.activeElement;
  if (active !== node && node.contains(active) && active.matches(FIELDS)) return true;
  return [...node.querySelectorAll(`form ${FIELDS.replaceAll(", ", ", form ")}`)].some(changed);
}

function attributes(from, to) {
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const { name } of [...from.attributes]) {
    if (to.hasAttribute(name) || name === "open" || (name === "hidden" && "screen" in from.dataset)) continue;
    from.removeAttribute(name);
  }
}
function patch(from, to, fresh) {
  if (from.nodeType !== 1) {
    if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return;
  }
  if (from.matches("form")) return; // its tokens stay good, and so does what is typed
  const data = from.matches("script") && from.textContent !== to.textContent;
  const ticking = from.matches("[data-since], [data-reltime]");
  attributes(from, to);
  if (!ticking) children(from, to, fresh);
  else if (!from.textContent) from.textContent = to.textContent; // else the clock writes it
  if (data) fresh.push(from);
}
function children(from, to, fresh) {
  const wanted = [...to.childNodes];
  const names = new Set(wanted.map(keyOf));
  const known = new Map();
  for (const node of [...from.childNodes]) {
    const key = keyOf(node);
    if (!key) continue;
    if (names.has(key)) known.set(key, node);
    else if (inUse(node)) node.dataset.gone = "";
    else node.remove();
  }
  let at = from.firstChild;
  const skip = () => { while (at && at.nodeType === 1 && "gone" in at.dataset) at = at.nextSibling; };
  for (const node of wanted) {
    skip();
    const key = keyOf(node);
    let match = key ? known.get(key) : at;
    if (match && (match.nodeName !== node.nodeName || (!key && keyOf(match)))) match = null;
    if (match) {
      if (match === at) at = at.nextSibling;
      else from.insertBefore(match, at);
      patch(match, node, fresh);
    } else {
      const copy = doc.importNode(node, true);
      from.insertBefore(copy, at);
      if (copy.nodeType === 1) fresh.push(copy);
    }
  }
  while (at) {
    const next = at.nextSibling;
    if (!(at.nodeType === 1 && "gone" in at.dataset)) at.remove();
    at = next;
  }
}

export function morph(element, html) {
  const answer = doc.createElement("template");
  answer.innerHTML = html;
  const focused = doc.activeElement;
  const followed = [...element.querySelectorAll("[data-follow]")].filter((node) => node.scrollHeight - node.scrollTop - node.clientHeight < 48);
  const fresh = [];
  children(element, answer.content, fresh);
  for (const node of fresh) {
    window.htmx?.process(node);
    node.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: node } }));
  }
  if (focused !== doc.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  for (const node of followed) node.scrollTop = node.scrollHeight;
  doc.dispatchEvent(new CustomEvent("fl:fresh", { detail: element }));
}

doc.body.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr, shouldSwap, serverResponse } = event.detail;
  if (!shouldSwap || !target?.matches?.("[data-morph]") || xhr.status !== 200) return;
  event.detail.shouldSwap = false;
  morph(target, serverResponse);
});
for (const node of doc.querySelectorAll("[data-follow]")) node.scrollTop = node.scrollHeight;
