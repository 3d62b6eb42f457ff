// Dragging a shift to another day or person fills the hidden form and sends it; the server checks.
const grid = document.querySelector("[data-roster-grid]");
const form = document.getElementById("wr-move");
if (grid && form) {
  let from = null;
  const cellOf = (event) => event.target.closest("td[data-staff]");
  grid.addEventListener("dragstart", (event) => {
    from = cellOf(event);
    if (from) event.dataTransfer.effectAllowed = "move";
  });
  grid.addEventListener("dragover", (event) => {
    const cell = cellOf(event);
    if (!from || !cell || cell === from || cell.querySelector(".wr-shift")) return;
    event.preventDefault();
    cell.classList.add("wr-over");
  });
  grid.addEventListener("dragleave", (event) => cellOf(event)?.classList.remove("wr-over"));
  grid.addEventListener("dragend", () => { from = null; });
  grid.addEventListener("drop", (event) => {
    const cell = cellOf(event);
    if (!from || !cell) return;
    event.preventDefault();
    form.elements.staff.value = from.dataset.staff;
    form.elements.day.value = from.dataset.day;
    form.elements.to_staff.value = cell.dataset.staff;
    form.elements.to_day.value = cell.dataset.day;
    form.requestSubmit();
  });
}
