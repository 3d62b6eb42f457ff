/* A new exception announces itself on the page: one toast, however many come at once. */

const { Denghuo } = window;
const doc = document;
const words = JSON.parse(doc.getElementById("exception-words")?.textContent || "{}");
const TONE = { alarm: "warning", warning: "warning", notice: "info" };
const GRAVE = ["notice", "warning", "alarm"];
const TOGETHER = 800; // ms
let heard = [];

function tell() {
  const found = heard;
  heard = [];
  const worst = found.reduce((one, other) => (GRAVE.indexOf(other.level) > GRAVE.indexOf(one.level) ? other : one));
  const kinds = [...new Set(found.map((one) => words.kind?.[one.exception_kind] || one.exception_kind))];
  const count = found.length > 1 ? ` × ${found.length}` : "";
  Denghuo.toast(`${words.level?.[worst.level] || ""} · ${kinds.slice(0, 3).join(" / ")}${count}`, TONE[worst.level]);
}
doc.addEventListener("dh:live", (event) => {
  const { kind, hint } = event.detail;
  if (kind !== "floor.exception_raised" || !hint?.level) return;
  heard.push(hint);
  if (heard.length === 1) setTimeout(tell, TOGETHER);
});

/* a choice above a chart or a list takes effect at once */
for (const select of doc.querySelectorAll("select[data-submit]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
  select.form.querySelector("button")?.setAttribute("hidden", "");
}
