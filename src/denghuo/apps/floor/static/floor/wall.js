/* The wall turns its screens by itself: queues, agents, exceptions with the day. A key or a press turns or stops it; a
   lost line is said across the whole screen, with the time of the last figures. */

const { Denghuo } = window;
const doc = document;
const TURN = 15000; // ms a screen stays
const STALE = 90000; // the page asks every minute at least; older figures are not to be trusted
const root = doc.getElementById("live-wall");
const dots = doc.getElementById("wall-dots");
const pause = doc.getElementById("wall-pause");
const lost = doc.getElementById("wall-lost");
let at = 0;
let held = false;
let fresh = Date.now();
let line = "wait";

const screens = () => [...root.querySelectorAll("[data-screen]")];
function show() {
  const all = screens();
  at = (at + all.length) % all.length;
  all.forEach((screen, n) => screen.toggleAttribute("hidden", n !== at));
  if (dots.children.length !== all.length) {
    dots.replaceChildren(...all.map((screen, n) => {
      const dot = Denghuo.el("button", { type: "button", class: "fw-dot", "aria-label": screen.getAttribute("aria-label") || String(n + 1) });
      dot.addEventListener("click", () => turn(n - at));
      return dot;
    }));
  }
  [...dots.children].forEach((dot, n) => (n === at ? dot.setAttribute("aria-current", "true") : dot.removeAttribute("aria-current")));
}
let timer;
function turn(by) {
  at += by;
  show();
  clearTimeout(timer);
  timer = setTimeout(() => turn(held ? 0 : 1), TURN);
}
function hold() {
  held = !held;
  pause.setAttribute("aria-pressed", String(held));
}
function watch() {
  const bad = line === "off" || Date.now() - fresh > STALE;
  lost.toggleAttribute("hidden", !bad);
  root.classList.toggle("fw-stale", bad);
  if (bad) lost.querySelector("time").textContent = new Date(fresh).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
}
doc.addEventListener("dh:live-state", (event) => { line = event.detail; watch(); });
doc.addEventListener("fl:fresh", () => { fresh = Date.now(); show(); watch(); });
doc.addEventListener("keydown", (event) => {
  if (event.target.closest("button, input, select, summary")) return;
  if (event.key === "ArrowRight") turn(1);
  else if (event.key === "ArrowLeft") turn(-1);
  else if (event.key === " ") { event.preventDefault(); hold(); }
});
pause.addEventListener("click", hold);
pause.removeAttribute("hidden");
setInterval(watch, 5000);
turn(0);
