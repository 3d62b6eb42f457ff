/* The board with the plan: draws the crews over time from the data block, drags orders with the cost shown before they
   are dropped, and offers the same by keyboard in a dialog. What is shown is always what the server says. */

const { Denghuo, htmx } = window;
const HOUR = 3600000;
const ROOM = 132; // pixels an hour
const NEAR = 5; // pixels before a press becomes a drag
const { el, icon } = Denghuo;

const board = document.querySelector("[data-board]");
const dialog = document.getElementById("board-stop");
const words = JSON.parse(document.getElementById("board-words")?.textContent || "{}");
const say = (key, n = "") => (words[key] || key).replace("{n}", n);
const clock = (text) => (text ? text.slice(11, 16) : "");
let data = null;
let view = "plan";
let drag = null;

const read = () => JSON.parse(document.getElementById("board-data")?.textContent || "null");
const rows = () => data?.views?.[view] || [];
const placed = (request) => { for (const row of rows()) for (const stop of row.stops) if (stop.request === request) return { row, stop }; return null; };

/* --- talking to the server ------------------------------------------------------------------------ */
async function call(path, body, method = "POST") {
  const answer = await fetch(board.dataset.api + path, {
    method, body: JSON.stringify(body), credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": Denghuo.csrf() },
  });
  const told = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(Object.values(told.errors || {}).flat()[0] || told.detail || say("failed"));
  return told;
}
const asked = new Map(); // cost by plan and target: a drag over the same place asks once
function costOf(request, crew, before) {
  const key = `${data.plan}:${request}:${crew}:${before}`;
  if (!asked.has(key)) {
    if (asked.size > 200) asked.clear();
    asked.set(key, call(`plans/${data.plan}/move-cost`, { request_id: request, crew_id: crew, before_id: before }).catch((error) => ({ allowed: false, why: error.message, words: [] })));
  }
  return asked.get(key);
}
const costText = (told) => (told.allowed ? [say("cost", told.words.join(say("comma"))), say("here", clock(localOf(told.begin)))] : [say("refused", told.why)]);
const localOf = (iso) => { const at = new Date(iso); return `0000-00-00T${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`; };

async function pin(request, crew, before) {
  try {
    await call(`plans/${data.plan}/lock`, { request_id: request, crew_id: crew, before_id: before });
    Denghuo.toast(say("pinned"), "success");
  } catch (error) {
    Denghuo.toast(error.message, "error");
  }
  refresh();
}
const refresh = () => htmx?.trigger(board, "live");

/* --- the chart --------------------------------------------------------------------------------------- */
function draw() {
  const chart = board?.querySelector("[data-chart-board]");
  data = read();
  if (!chart || !data) return;
  const from = Date.parse(data.from);
  const width = ((Date.parse(data.to) - from) / HOUR) * ROOM;
  const x = (iso) => ((Date.parse(iso) - from) / HOUR) * ROOM;
  const scroll = chart.scrollLeft;
  const grid = el("div", { class: "fb-grid" });
  const hours = el("div", { class: "fb-hours" });
  hours.style.width = `${width}px`;
  for (let at = 1; at * ROOM < width; at += 1) {
    const mark = el("span", {}, hourOf(data.from, at));
    mark.style.left = `${at * ROOM}px`;
    hours.append(mark);
  }
  grid.append(el("div", { class: "fb-axis" }, el("div", { class: "fb-corner" }), hours));
  rows().forEach((row, index) => grid.append(drawRow(row, x, width, index === 0)));
  chart.replaceChildren(grid);
  chart.scrollLeft = scroll;
  for (const button of board.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  if (window.matchMedia("(max-width: 700px)").matches) board.querySelector(".fb-list")?.setAttribute("open", "");
}
const hourOf = (from, add) => `${String((Number(from.slice(11, 13)) + add) % 24).padStart(2, "0")}:00`;

function drawRow(row, x, width, first) {
  const lane = el("div", { class: "fb-lane", "data-crew": row.crew });
  lane.style.width = `${width}px`;
  lane.style.backgroundSize = `${ROOM}px 100%`;
  const now = el("i", { class: "fb-now" });
  if (first) now.append(el("span", {}, say("now")));
  now.style.left = `${x(data.now)}px`;
  lane.append(now);
  for (const stop of row.stops) {
    const drive = x(stop.arrive) - x(stop.leave_for);
    if (drive > 1) {
      const way = el("i", { class: "fb-drive", title: `${say("drive")} ${say("kilometres", stop.km)}` });
      way.style.left = `${x(stop.leave_for)}px`;
      way.style.width = `${drive}px`;
      lane.append(way);
    }
    lane.append(block(row, stop, x));
    if (stop.promised && x(stop.promised) >= 0 && x(stop.promised) <= width) {
      const flag = el("span", { class: `fb-flag${stop.late ? " fb-missed" : ""}`, title: `${say("promised")} ${clock(stop.promised)} · ${stop.number}` }, icon("flag"));
      flag.style.left = `${x(stop.promised)}px`;
      lane.append(flag);
    }
  }
  const name = el("div", { class: "fb-name" }, row.name, el("small", {}, `${row.stops.length ? say("stops", row.stops.length) : say("idle")} · ${say(row.mode)}`));
  return el("div", { class: "fb-row" }, name, lane);
}
function block(row, stop, x) {
  const css = ["fb-stop", stop.frozen && "fb-frozen", stop.late && "fb-late", stop.emergency && "fb-urgent", stop.changed && view === "plan" && "fb-changed"].filter(Boolean);
  const told = [stop.number, stop.what, row.name, `${say("begin")} ${clock(stop.begin)}`, stop.promised && `${say("promised")} ${clock(stop.promised)}`, stop.late && say("late", stop.late), stop.frozen && say("frozen"), stop.locked && say("locked"), stop.emergency && say("emergency"), stop.changed && say("changed")];
  const label = told.filter(Boolean).join(say("comma"));
  const button = el("button", { type: "button", class: css.join(" "), "data-request": stop.request, "aria-label": label, title: label });
  const head = el("b", {});
  if (stop.emergency) head.append(icon("urgent"));
  if (stop.frozen || stop.locked) head.append(icon("lock"));
  if (stop.changed && view === "plan") head.append(icon("replace"));
  head.append(`${clock(stop.begin)} ${stop.number.slice(-4)}`);
  button.append(head);
  const under = el("span", {});
  if (stop.late) under.append(icon("clock-exclamation"), ` ${say("late", stop.late)}`);
  else under.append(stop.what);
  button.append(under);
  button.style.left = `${x(stop.begin)}px`;
  button.style.width = `${Math.max(30, x(stop.done) - x(stop.begin) - 1)}px`;
  return button;
}

/* --- dragging ------------------------------------------------------------------------------------------ */
function target(event) {
  const lane = document.elementFromPoint(event.clientX, event.clientY)?.closest(".fb-lane");
  if (!lane) return null;
  const row = rows().find((one) => one.crew === Number(lane.dataset.crew));
  const at = Date.parse(data.from) + ((event.clientX - lane.getBoundingClientRect().left) / ROOM) * HOUR;
  const others = row.stops.filter((stop) => stop.request !== drag.request);
  const before = others.find((stop) => !stop.frozen && (Date.parse(stop.begin) + Date.parse(stop.done)) / 2 > at);
  return { lane, row, others, before: before || null, key: `${row.crew}:${before?.request || 0}` };
}
function mark(goal) {
  board.querySelectorAll(".fb-drop").forEach((node) => node.remove());
  board.querySelectorAll(".fb-over").forEach((node) => node.classList.remove("fb-over"));
  if (!goal) return;
  goal.lane.classList.add("fb-over");
  const last = goal.others.at(-1);
  const at = goal.before ? goal.before.leave_for : last ? last.done : data.now;
  const line = el("i", { class: "fb-drop" });
  line.style.left = `${((Date.parse(at) - Date.parse(data.from)) / HOUR) * ROOM}px`;
  goal.lane.append(line);
}
function tell(lines, refused) {
  drag.bubble.replaceChildren(...lines.map((line, index) => el(index ? "span" : "strong", {}, line)));
  drag.bubble.classList.toggle("fb-no", Boolean(refused));
}
function follow(event) {
  drag.bubble.style.left = `${Math.min(event.clientX + 16, window.innerWidth - 330)}px`;
  drag.bubble.style.top = `${event.clientY + 18}px`;
  const goal = target(event);
  if (goal?.key === drag.goal?.key && Boolean(goal) === Boolean(drag.goal)) return;
  drag.goal = goal;
  drag.cost = null;
  mark(goal);
  clearTimeout(drag.timer);
  if (!goal) return void tell([drag.title]);
  tell([say("asking")]);
  const mine = drag;
  drag.timer = setTimeout(async () => {
    const told = await costOf(mine.request, goal.row.crew, goal.before?.request || null);
    if (drag !== mine || drag.goal?.key !== goal.key) return;
    drag.cost = told;
    tell([goal.row.name, ...costText(told)], !told.allowed);
  }, 90);
}
function begin(event) {
  drag.active = true;
  drag.bubble = el("div", { class: "fb-bubble", role: "status" });
  document.body.append(drag.bubble);
  document.body.classList.add("fb-dragging");
  drag.node.classList.add("fb-drag");
  follow(event);
}
function end(drop) {
  const was = drag;
  drag = null;
  was.bubble?.remove();
  was.node.classList.remove("fb-drag");
  document.body.classList.remove("fb-dragging");
  mark(null);
  clearTimeout(was.timer);
  if (!was.active || !drop || !was.goal) return;
  costOf(was.request, was.goal.row.crew, was.goal.before?.request || null).then((told) => {
    if (told.allowed) pin(was.request, was.goal.row.crew, was.goal.before?.request || null);
    else Denghuo.toast(say("refused", told.why), "error");
  });
}
let dragged = false;
board?.addEventListener("pointerdown", (event) => {
  const node = event.target.closest("[data-request]");
  dragged = false;
  if (!node || event.button !== 0 || !data?.plan || view !== "plan" || (event.pointerType === "touch" && !node.matches(".fb-stop"))) return;
  const request = Number(node.dataset.request);
  if (placed(request)?.stop.frozen) return;
  drag = { request, node, from: [event.clientX, event.clientY], title: node.querySelector("strong, b")?.textContent || "", goal: null };
});
document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  if (drag.active) return void follow(event);
  if (Math.hypot(event.clientX - drag.from[0], event.clientY - drag.from[1]) > NEAR) begin(event);
});
document.addEventListener("pointerup", () => { if (drag) { dragged = Boolean(drag.active); end(true); setTimeout(() => { dragged = false; }, 0); } });
document.addEventListener("pointercancel", () => drag && end(false));
document.addEventListener("keydown", (event) => event.key === "Escape" && drag && end(false));

/* --- the same by keyboard: a dialog --------------------------------------------------------------------- */
const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
let chosen = null;
function open(request, node) {
  const here = placed(request);
  const stop = here?.stop;
  chosen = request;
  part("title").textContent = stop ? `${stop.number} · ${stop.what}` : node.querySelector("strong")?.textContent || "";
  part("address").textContent = stop?.address || node.querySelector("small")?.textContent || "";
  const facts = stop ? [[say("crew"), here.row.name], [say("begin"), clock(stop.begin)], [say("arrive"), clock(stop.arrive)], [say("done"), clock(stop.done)], [say("promised"), clock(stop.promised) || say("none")], [say("km"), say("kilometres", stop.km)]] : [];
  part("facts").replaceChildren(...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]));
  part("why").textContent = stop ? [stop.late && say("late", stop.late), stop.why].filter(Boolean).join(say("stop")) : "";
  part("move").hidden = Boolean(stop?.frozen) || !data.plan;
  part("save").hidden = part("move").hidden;
  part("unlock").hidden = !stop?.locked;
  part("crew").replaceChildren(...rows().map((row) => el("option", { value: row.crew, ...(row.crew === here?.row.crew ? { selected: "" } : {}) }, row.name)));
  positions(here);
  dialog.showModal();
  sayWhoCannot();
}
/* Who cannot take it is told in the list, before somebody picks them. */
async function sayWhoCannot() {
  if (part("move").hidden) return;
  const request = chosen;
  const refused = await call(`plans/${data.plan}/refusals?request_id=${request}`, undefined, "GET").catch(() => []);
  if (request !== chosen) return;
  for (const { crew_id: crew, why } of refused) {
    const option = [...part("crew").options].find((one) => Number(one.value) === crew);
    if (option && !option.dataset.refused) { option.dataset.refused = "1"; option.textContent += `（${why}）`; }
  }
}
function positions(here) {
  const row = rows().find((one) => one.crew === Number(part("crew").value));
  const others = (row?.stops || []).filter((stop) => stop.request !== chosen && !stop.frozen);
  const options = others.map((stop, index) => el("option", { value: stop.request }, index ? say("before", `${clock(stop.begin)} ${stop.number}`) : `${say("first")} · ${say("before", stop.number)}`));
  options.push(el("option", { value: "" }, say("last")));
  part("before").replaceChildren(...options);
  const after = here && row === here.row ? here.row.stops[here.row.stops.findIndex((stop) => stop.request === chosen) + 1] : null;
  part("before").value = after && !after.frozen ? String(after.request) : "";
  price();
}
async function price() {
  if (part("move").hidden) return;
  const key = `${chosen}:${part("crew").value}:${part("before").value}`;
  part("cost").textContent = say("asking");
  const told = await costOf(chosen, Number(part("crew").value), Number(part("before").value) || null);
  if (key !== `${chosen}:${part("crew").value}:${part("before").value}`) return;
  part("cost").textContent = costText(told).join(say("stop"));
  part("cost").classList.toggle("fb-no", !told.allowed);
  part("save").disabled = !told.allowed;
}
board?.addEventListener("click", (event) => {
  const shown = event.target.closest("[data-view]");
  if (shown) { view = shown.dataset.view; return void draw(); }
  const node = event.target.closest("[data-request]");
  if (node && !dragged && data) open(Number(node.dataset.request), node);
});
/* Nothing is exchanged under an open dialog: what somebody is about to confirm must still be there. */
let late = false;
board?.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target !== board || !document.querySelector("dialog[open]")) return;
  event.detail.shouldSwap = false;
  late = true;
});
document.addEventListener("close", () => { if (late) { late = false; refresh(); } }, true);
dialog?.addEventListener("change", (event) => {
  if (event.target === part("crew")) positions(null);
  else if (event.target === part("before")) price();
});
dialog && part("save").addEventListener("click", () => { dialog.close(); pin(chosen, Number(part("crew").value), Number(part("before").value) || null); });
dialog && part("unlock").addEventListener("click", async () => {
  dialog.close();
  try { await call(`requests/${chosen}/unlock`, {}); Denghuo.toast(say("unlocked"), "success"); } catch (error) { Denghuo.toast(error.message, "error"); }
  refresh();
});

/* a live refresh never takes away what is being dragged or asked */
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt !== board || event.detail.requestConfig?.triggeringEvent?.type !== "live") return;
  if (drag?.active || document.querySelector("dialog[open]")) { event.preventDefault(); stale = true; }
});
let stale = false;
document.addEventListener("close", () => { if (stale) { stale = false; setTimeout(refresh, 1500); } }, true); // after what the dialog sends

/* htmx takes data blocks out of what it swaps in, so they are put in their place here, and those who draw from them told */
const blocks = document.getElementById("board-blocks");
function keep(html) {
  const sent = new DOMParser().parseFromString(html, "text/html");
  for (const block of blocks.children) block.textContent = sent.getElementById(block.id)?.textContent || block.textContent;
}
board?.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target === board && event.detail.xhr.status === 200) keep(event.detail.xhr.responseText); });
board?.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== board) return;
  htmx.trigger(blocks, "htmx:load", { elt: blocks });
  asked.clear();
  draw();
});
if (board) draw();
