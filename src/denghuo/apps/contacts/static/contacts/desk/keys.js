/* The keyboard. Letters work outside of fields (the base takes them from data-key); the few keys below work everywhere and
   collide neither with browsers nor with input methods, whose keys are left alone while they compose. */

import { $ } from "./base.js";
import { focus } from "./composer.js";
import { choose, desk, step } from "./state.js";

export function listen(acts) {
  window.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
    if (document.querySelector("dialog[open]")) return;
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const run = anywhere(event, typing, acts) || (!typing && !event.altKey ? outside(event) : null);
    if (!run) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    run();
  }, true);
}
function anywhere(event, typing, acts) {
  if (event.altKey) {
    if (event.key === "ArrowDown") return () => step(1);
    if (event.key === "ArrowUp") return () => step(-1);
    return null;
  }
  if (event.key === "F2") return event.shiftKey ? acts.decline : acts.accept;
  if (event.key === "F8") return acts.whisper;
  if (event.key === "F9") return acts.end;
  if (event.key === "Escape" && typing && $("#dk-pick").hidden && !(typing.type === "search" && typing.value)) return acts.log;
  return null;
}
function outside(event) {
  if (event.key >= "1" && event.key <= "9") {
    const row = desk.conversations[Number(event.key) - 1];
    return row ? () => choose(row.id, { show: true }) : null;
  }
  if (event.key === "Enter" && event.target.id === "dk-log") return focus;
  return null;
}
