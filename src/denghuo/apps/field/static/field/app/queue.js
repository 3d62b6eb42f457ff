/* What waits on this phone: every press with its state, and for a refused one the reason and what can be done. */

const { Denghuo, DenghuoCrew: crew } = window;
const box = document.getElementById("crew-queue");
const TONES = { waiting: "info", sending: "progress", refused: "danger" };
const ICONS = { waiting: "clock", sending: "upload", refused: "alert-circle" };
const far = new Map(); // id → share of a file that has gone

const size = (entry) => (entry.blob ? ` · ${Math.max(1, Math.round(entry.blob.size / 1024))} kB` : "");
function act(label, icon, run) {
  const button = Denghuo.el("button", { type: "button", class: "btn btn-sm" }, Denghuo.icon(icon), label);
  button.addEventListener("click", () => run().then(draw));
  return button;
}
async function again(entry) {
  await crew.store.change(entry.seq, { state: "waiting", next: 0, tries: 0 });
  crew.flush().catch(() => {});
}
async function discard(entry) {
  if (await Denghuo.confirm(crew.word("discard-ask"), true)) await crew.store.drop(entry.seq);
}
function row(entry) {
  const when = new Date(entry.at).toLocaleTimeString("zh-CN", { hour12: false });
  const head = Denghuo.el("div", { class: "dh-row" }, Denghuo.el("strong", {}, crew.word(entry.kind)), Denghuo.el("span", { class: "dh-quiet dh-num" }, `${when}${size(entry)}`),
    Denghuo.el("span", { class: `dh-badge dh-tone-${TONES[entry.state]} fa-chip` }, Denghuo.icon(ICONS[entry.state]), Denghuo.el("span", {}, crew.word(`state-${entry.state}`))));
  const item = Denghuo.el("li", {}, head);
  if (entry.state === "sending" && far.has(entry.id)) item.append(Denghuo.el("progress", { class: "dh-bar", max: "1", value: String(far.get(entry.id)) }));
  if (entry.state !== "refused") return item;
  const texts = Object.values(entry.fields || {}).flat();
  item.append(Denghuo.el("p", { class: "fa-why" }, texts.join(" ") || entry.reason || crew.word(entry.code)));
  const order = Denghuo.el("a", { class: "btn btn-sm", href: `/field/orders/${entry.order}/` }, Denghuo.icon("pencil"), crew.word("mend"));
  item.append(Denghuo.el("div", { class: "dh-row" }, order, act(crew.word("again-now"), "refresh", () => again(entry)), act(crew.word("discard"), "trash", () => discard(entry))));
  return item;
}
async function draw() {
  const orders = new Map();
  for (const entry of await crew.mine()) orders.set(entry.order, [...(orders.get(entry.order) || []), entry]);
  document.getElementById("crew-queue-empty").hidden = orders.size > 0;
  document.getElementById("crew-queue-now").hidden = !orders.size;
  box.replaceChildren(...[...orders].map(([order, entries]) =>
    Denghuo.el("section", { class: "dh-card" }, Denghuo.el("div", { class: "dh-card-head" }, Denghuo.el("h2", {}, Denghuo.el("a", { class: "dh-num", href: `/field/orders/${order}/` }, entries[0].number))),
      Denghuo.el("ul", { class: "fa-queue" }, ...entries.map(row)))));
}
crew.listen((message) => {
  if (message.type === "progress") far.set(message.id, message.have / message.size);
  draw();
});
document.getElementById("crew-queue-now").addEventListener("click", () => crew.hurry().catch(() => {}));
draw();
