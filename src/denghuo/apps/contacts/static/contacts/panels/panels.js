/* The panels beside a conversation: put a text into the reply, tick through a script, search what was said.
   One listener for all, so panels may be swapped as often as the desk likes. */

const Denghuo = window.Denghuo;
const doc = document;

/* --- a text goes into the reply: whoever owns the composer listens for "desk:insert" ------------------ */
doc.addEventListener("click", (event) => {
  const button = event.defaultPrevented ? null : event.target.closest("[data-insert]"); // a desk may have taken it
  if (!button) return;
  const given = new CustomEvent("desk:insert", { detail: { text: button.dataset.insert }, cancelable: true });
  const taken = !doc.dispatchEvent(given);
  if (taken || doc.getElementById("desk")) return;
  navigator.clipboard?.writeText(button.dataset.insert).then(() => Denghuo.toast(Denghuo.text("copied"), "success"), () => {});
});

/* --- ticks of a script are kept for the conversation, in this tab ------------------------------------- */
const keyOf = (box) => {
  const script = box.closest("[data-script]");
  const panel = box.closest("[data-panel-of]");
  return script && panel ? `denghuo.ticks.${panel.dataset.panelOf}.${script.dataset.script}` : "";
};
const held = (key) => new Set(JSON.parse(sessionStorage.getItem(key) || "[]"));
const mark = (box) => box.closest(".pn-steps > li")?.classList.toggle("pn-done", box.closest("li").querySelector(".pn-tick input").checked);

doc.addEventListener("change", (event) => {
  const box = event.target.closest?.("[data-tick]");
  const key = box && keyOf(box);
  if (!key) return;
  const ticks = held(key);
  if (box.checked) ticks.add(box.dataset.tick);
  else ticks.delete(box.dataset.tick);
  sessionStorage.setItem(key, JSON.stringify([...ticks]));
  if (!box.dataset.tick.includes(".")) mark(box);
});
function restore(root) {
  for (const box of Denghuo.all(root, "[data-tick]")) {
    const key = keyOf(box);
    box.checked = Boolean(key) && held(key).has(box.dataset.tick);
    if (!box.dataset.tick.includes(".")) mark(box);
  }
}
doc.addEventListener("click", (event) => {
  const script = event.target.closest("[data-untick]")?.closest("[data-script]");
  if (!script) return;
  const first = script.querySelector("[data-tick]");
  if (first) sessionStorage.removeItem(keyOf(first));
  restore(script);
});
Denghuo.onContent(restore);
/* a desk may put a fragment in by itself, without htmx: look again when nodes arrive */
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === 1 && node.querySelector?.("[data-script]")) restore(node);
}).observe(doc.getElementById("dk-panel") || doc.getElementById("main") || doc.body, { childList: true, subtree: true });

/* --- search with the customer's own words --------------------------------------------------------------- */
doc.addEventListener("click", (event) => {
  const button = event.target.closest("[data-search]");
  const box = button?.closest("form")?.querySelector("input[name=q]");
  if (!box) return;
  box.value = button.dataset.search;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  button.hidden = true;
  box.focus();
});
