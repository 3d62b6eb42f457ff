/* Times that run: <b data-since="2026-11-22T10:00:00+08:00" data-limit="20">0:12</b> counts up by the second from the
   server's clock. Past its limit it is marked late; the mark's icon stands in the markup. Nothing is fetched. */

const { Denghuo } = window;
const doc = document;
const pad = (number) => String(number).padStart(2, "0");

export function digits(seconds) {
  const total = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60)];
  return hours ? `${hours}:${pad(minutes)}:${pad(total % 60)}` : `${minutes}:${pad(total % 60)}`;
}
function tick() {
  if (doc.hidden) return;
  const clock = doc.querySelector("[data-fl-now]");
  if (!clock) return;
  const now = Denghuo.now(clock);
  for (const node of doc.querySelectorAll("[data-since]")) {
    const seconds = (now - Date.parse(node.dataset.since)) / 1000;
    const text = digits(seconds);
    if (node.textContent !== text) node.textContent = text;
    node.classList.toggle("fl-long", text.length > 5); // an hour and more is set smaller in the large figures
    if (node.dataset.limit) node.parentElement.classList.toggle("fl-late", seconds > Number(node.dataset.limit));
  }
}
setInterval(tick, 1000);
doc.addEventListener("fl:fresh", tick);
doc.addEventListener("visibilitychange", tick);
tick();
