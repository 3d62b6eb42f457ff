/* The crew's phone: where we are (only when the person permits it), and small helps in forms. */

const { Denghuo } = window;
const EVERY = 60000; // ms between two reports while the screen is on; the server decides what is worth telling
const OLDEST = 120000; // a place older than this does not go with a step
let here = null;
let told = 0;

function note(position) {
  here = { lon: position.coords.longitude, lat: position.coords.latitude, at: Date.now() };
  document.querySelectorAll("form[data-place]").forEach(fill);
  if (Date.now() - told >= EVERY) report();
}
/* where we are, for a step that is kept on the phone first */
Denghuo.here = () => (here && Date.now() - here.at <= OLDEST ? { lon: Number(here.lon.toFixed(6)), lat: Number(here.lat.toFixed(6)) } : null);
function fill(form) {
  if (!here || Date.now() - here.at > OLDEST) return;
  form.elements.namedItem("lon").value = here.lon.toFixed(6);
  form.elements.namedItem("lat").value = here.lat.toFixed(6);
}
function report() {
  const box = document.querySelector("[data-position]");
  if (!box || !here) return;
  told = Date.now();
  const body = JSON.stringify({ lon: Number(here.lon.toFixed(6)), lat: Number(here.lat.toFixed(6)) });
  fetch(box.dataset.position, { method: "POST", body, headers: { "Content-Type": "application/json", "X-CSRFToken": Denghuo.csrf() } })
    .catch(() => { told = 0; }); // no line: the next place found is sent
}
function watch() {
  document.querySelectorAll("[data-position]").forEach((box) => { box.hidden = true; });
  navigator.geolocation.watchPosition(note, () => {}, { enableHighAccuracy: true, maximumAge: 15000, timeout: 20000 });
}
async function begin() {
  const box = document.querySelector("[data-position]");
  if (!box || !navigator.geolocation || !window.isSecureContext) return;
  let state = "prompt";
  try { state = (await navigator.permissions.query({ name: "geolocation" })).state; } catch { /* older browser: ask */ }
  if (state === "granted") return watch();
  if (state === "denied") return;
  box.hidden = false; // asked only when the person presses the button
  box.querySelector("[data-position-allow]").addEventListener("click", watch);
}
begin();

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-fill-now]");
  if (!button) return;
  const input = document.getElementById(button.dataset.fillNow);
  // the time of the business, which the server knows; the clock of this phone may be wrong
  const business = (await window.DenghuoCrew?.businessTime()) ?? Denghuo.now(button);
  const now = new Date(business).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" });
  input.value = now.slice(0, 16).replace(" ", "T");
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
Denghuo.onContent((root) => Denghuo.all(root, "form[data-place]").forEach(fill));
