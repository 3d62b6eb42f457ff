/* The week board: dragging a card shows what it does to the load before it is dropped; the dialog does the same by keyboard. */

const Denghuo = window.Denghuo;
const said = document.getElementById("tm-said");
const API = "/api/v1/team-tasks/";

document.body.classList.add("tm-ready");
for (const box of document.querySelectorAll("[data-tm-go]")) box.addEventListener("change", () => box.form.requestSubmit());

const headers = () => ({ "Content-Type": "application/json", "X-CSRFToken": Denghuo.csrf() });
async function ask(path, body, extra = {}) {
  const answer = await fetch(API + path, { method: "POST", credentials: "same-origin", headers: { ...headers(), ...extra }, body: JSON.stringify(body) });
  const data = await answer.json().catch(() => ({}));
  return { ok: answer.ok, data };
}
const why = (data) => (data.errors ? Object.values(data.errors).flat().join(" ") : data.detail) || Denghuo.text("net.server");
const sentence = (data) => [data.words, ...(data.warnings || [])].filter(Boolean).join(" · ");

/* --- dragging ------------------------------------------------------------------------------------ */
const board = document.querySelector("[data-tm-board]");
let card = null;
let over = null;
let timer = 0;
const known = new Map();

const cellOf = (event) => event.target.closest?.("td[data-day]");
const bodyFor = (cell) => ({
  day: cell.dataset.day,
  staff_id: cell.dataset.staff ? Number(cell.dataset.staff) : null,
  from_staff_id: card.dataset.from ? Number(card.dataset.from) : null,
});
const wipe = () => board.querySelectorAll("[data-drop]").forEach((one) => delete one.dataset.drop);
const tell = (text) => {
  said.textContent = text;
};

async function preview(cell) {
  const key = `${cell.dataset.day}/${cell.dataset.staff}`;
  const dragged = card;
  if (!known.has(key)) {
    cell.dataset.drop = "ask";
    known.set(key, ask(`${dragged.dataset.task}/move-preview`, bodyFor(cell)));
  }
  const { ok, data } = await known.get(key).catch(() => ({ ok: false, data: {} }));
  if (card !== dragged || over !== cell) return;
  cell.dataset.drop = ok && data.allowed ? "yes" : "no";
  tell(ok && data.allowed ? sentence(data) : `${said.dataset.refused}：${ok ? data.why : why(data)}`);
}

if (board) {
  board.addEventListener("dragstart", (event) => {
    card = event.target.closest?.("[data-task][draggable]");
    if (!card) return;
    known.clear();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.task);
    card.classList.add("tm-dragged");
    tell(said.dataset.dragHint);
  });
  board.addEventListener("dragover", (event) => {
    const cell = cellOf(event);
    if (!card || !cell) return;
    event.preventDefault();
    if (cell === over) return;
    over = cell;
    wipe();
    clearTimeout(timer);
    timer = setTimeout(() => preview(cell), 120);
  });
  board.addEventListener("drop", async (event) => {
    const cell = cellOf(event);
    if (!card || !cell) return;
    event.preventDefault();
    clearTimeout(timer);
    const moved = card;
    const body = { ...bodyFor(cell), version: Number(moved.dataset.version) };
    const same = cell.contains(moved);
    wipe();
    if (same) return;
    moved.setAttribute("aria-busy", "true");
    try {
      const { ok, data } = await ask(`${moved.dataset.task}/move`, body, { "Idempotency-Key": crypto.randomUUID() });
      if (ok) {
        Denghuo.toast(`${said.dataset.moved}：${data.words}`, "success");
        for (const text of data.warnings) Denghuo.toast(`${said.dataset.over}：${text}`, "warning");
      } else Denghuo.toast(`${said.dataset.refused}：${why(data)}`, "error");
    } catch {
      Denghuo.toast(Denghuo.text("net.unreachable"), "error");
    }
    window.htmx.ajax("GET", board.dataset.weekUrl, { target: board, swap: "innerHTML" });
  });
  board.addEventListener("dragend", () => {
    card?.classList.remove("tm-dragged");
    card = over = null;
    wipe();
    tell("");
  });
}

/* --- the form: by keyboard, and on the task's own page --------------------------------------------- */
Denghuo.onContent((root) => {
  for (const form of Denghuo.all(root, "[data-tm-form]")) {
    const place = form.querySelector("[data-tm-preview]");
    const look = async () => {
      const staff = form.elements.staff.value;
      if (!form.elements.day.value) return;
      const { ok, data } = await ask(`${form.dataset.task}/move-preview`, {
        day: form.elements.day.value,
        staff_id: staff ? Number(staff) : null,
        from_staff_id: Number(form.elements.from_staff?.value) || null,
      });
      place.textContent = ok ? (data.allowed ? sentence(data) : data.why) : why(data);
      place.dataset.tone = ok && data.allowed ? "yes" : "no";
    };
    form.addEventListener("change", look);
  }
});
