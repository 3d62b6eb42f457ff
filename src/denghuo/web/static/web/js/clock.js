/* Ticking clocks and relative times. The server says what time it is when it writes the page; from then on only
   differences are counted, so a wrong clock on this machine changes nothing. */

const { Denghuo } = window;
const seen = new WeakMap();
const pad = (number) => String(number).padStart(2, "0");

export function digits(seconds) {
  const total = Math.floor(Math.abs(seconds));
  const hours = Math.floor(total / 3600);
  const rest = `${pad(Math.floor((total % 3600) / 60))}:${pad(total % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}
export function words(seconds) {
  const total = Math.floor(Math.abs(seconds));
  const [days, hours, minutes] = [Math.floor(total / 86400), Math.floor((total % 86400) / 3600), Math.floor((total % 3600) / 60)];
  const say = (key, value) => Denghuo.text(key, value);
  if (days) return say("days", days) + (hours ? ` ${say("hours", hours)}` : "");
  if (hours) return say("hours", hours) + (minutes ? ` ${say("minutes", minutes)}` : "");
  return minutes ? say("minutes", minutes) : say("seconds", total);
}
function serverNow(node) {
  const stamp = node.dataset.now;
  let base = seen.get(node);
  if (!base || base.stamp !== stamp) {
    base = { stamp, server: Date.parse(stamp), local: Date.now() };
    seen.set(node, base);
  }
  // a demonstration may run a past day faster than it passed
  const speed = Number(node.dataset.speed || document.body.dataset.speed || 1);
  return base.server + (Date.now() - base.local) * speed;
}
Denghuo.now = serverNow; // for an element that carries data-now: what time it is for the business, ms since 1970
function setState(node, state, tone, icon) {
  if (node.dataset.state === state) return;
  node.dataset.state = state;
  node.className = node.className.replace(/dh-tone-\w+/, `dh-tone-${tone}`);
  node.querySelector("use")?.setAttribute("href", `${document.body.dataset.icons}#${icon}`);
  node.dispatchEvent(new CustomEvent("dh:clock", { bubbles: true, detail: state }));
}
function tick() {
  if (document.hidden) return;
  document.querySelectorAll("[data-clock]").forEach((node) => {
    const now = serverNow(node);
    const left = (Date.parse(node.dataset.due) - now) / 1000;
    node.querySelector("[data-clock-text]").textContent = digits(left);
    node.querySelector("[data-clock-word]").textContent = Denghuo.text(left < 0 ? "clock.over" : "clock.left");
    if (left < 0) setState(node, "breached", "danger", "alarm");
    else if (node.dataset.warn && now >= Date.parse(node.dataset.warn)) setState(node, "warned", "warn", "clock-exclamation");
  });
  document.querySelectorAll("[data-wall-clock]").forEach((node) => {
    node.textContent = new Date(serverNow(node)).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
  });
}
function slow() {
  document.querySelectorAll("[data-reltime]").forEach((node) => {
    const ago = (serverNow(node) - Date.parse(node.getAttribute("datetime"))) / 1000;
    node.textContent = Math.abs(ago) < 45 ? Denghuo.text("just_now") : Denghuo.text(ago > 0 ? "ago" : "ahead", words(ago));
  });
}
document.querySelectorAll("[data-now]").forEach(serverNow);
document.body.addEventListener("htmx:load", (event) => Denghuo.all(event.detail.elt, "[data-now]").forEach(serverNow));
setInterval(tick, 1000);
setInterval(slow, 15000);
document.addEventListener("visibilitychange", () => { tick(); slow(); });
tick();
