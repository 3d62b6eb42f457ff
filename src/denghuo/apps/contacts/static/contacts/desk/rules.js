/* Words to avoid and words that need care, found as one types. */

import { $, el, icon, settings, t } from "./base.js";

const rules = settings.rules.flatMap((rule) => {
  try {
    const source = rule.regex ? rule.pattern.replace(/\(\?P</g, "(?<") : rule.pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return [{ ...rule, search: new RegExp(source, "gu") }];
  } catch {
    return []; // a pattern only the server understands; it still looks at what is sent
  }
});

/* [{start, end, rule}] in the order of the text; of overlapping ones the first. */
export function met(text) {
  const found = [];
  for (const rule of rules) {
    for (const hit of text.matchAll(rule.search)) if (hit[0]) found.push({ start: hit.index, end: hit.index + hit[0].length, rule });
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  return found.filter((one, at) => !found.slice(0, at).some((other) => other.end > one.start));
}
export const forbidden = (hits) => hits.filter((hit) => hit.rule.kind === "forbidden");

/* Underlines lie on a copy of the text behind the field. */
export function underline(text, hits) {
  const mirror = $("#dk-mirror");
  const parts = [];
  let at = 0;
  for (const hit of hits) {
    parts.push(text.slice(at, hit.start), el("mark", { "data-kind": hit.rule.kind }, text.slice(hit.start, hit.end)));
    at = hit.end;
  }
  mirror.replaceChildren(...parts, `${text.slice(at)}\n`);
}
export function warn(text, hits, pressed) {
  const box = $("#dk-warn");
  box.hidden = !hits.length;
  if (!hits.length) return void box.replaceChildren();
  const told = new Map(hits.map((hit) => [hit.rule.id, hit]));
  const lines = [...told.values()].map(({ rule, start, end }) =>
    el("p", { "data-kind": rule.kind }, icon(rule.kind === "forbidden" ? "alert-triangle" : "info-circle"), el("b", {}, t(rule.kind)), el("q", {}, text.slice(start, end)), rule.advice ? el("span", {}, t("say_instead", rule.advice)) : ""),
  );
  if (pressed) lines.push(el("p", { class: "dk-press" }, icon("hand-stop"), t("press_again")));
  box.replaceChildren(...lines);
}
