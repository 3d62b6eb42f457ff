/* The plan form: rows are added and taken away, and only what the chosen service hours need is shown. */

const form = document.querySelector("#plan-form");

function nextIndex(rows) {
  const numbers = [...rows.querySelectorAll("[name]")].map((field) => Number((field.name.match(/^(?:req|step)-(\d+)-/) || [])[1]));
  return Math.max(-1, ...numbers.filter(Number.isFinite)) + 1;
}

function renumber(rows) {
  rows.querySelectorAll("[data-row-number]").forEach((label, place) => {
    label.textContent = label.textContent.replace(/\d+/, String(place + 1));
  });
}

function blank(row) {
  row.querySelectorAll("input, select").forEach((field) => {
    if (field.type === "checkbox") field.checked = false;
    else if (field.tagName === "SELECT") field.selectedIndex = 0;
    else field.value = "";
    field.classList.remove("is-invalid");
    field.removeAttribute("aria-invalid");
  });
  row.querySelectorAll(".dh-errors").forEach((list) => list.remove());
}

function addRow(rows) {
  const last = rows.querySelector("[data-row]:last-child");
  if (!last || rows.querySelectorAll("[data-row]").length >= 15) return;
  const index = nextIndex(rows);
  const row = last.cloneNode(true);
  const rename = (text) => text.replace(/(req|step)-\d+-/, `$1-${index}-`);
  row.querySelectorAll("[name]").forEach((field) => { field.name = rename(field.name); });
  row.querySelectorAll("[id]").forEach((node) => { node.id = rename(node.id); });
  row.querySelectorAll("[for]").forEach((label) => { label.htmlFor = rename(label.htmlFor); });
  blank(row);
  rows.append(row);
  renumber(rows);
  row.querySelector("input, select").focus();
}

function removeRow(button) {
  const row = button.closest("[data-row]");
  const rows = row.parentElement;
  if (rows.querySelectorAll("[data-row]").length > 1) row.remove();
  else blank(row);
  renumber(rows);
}

function showHours() {
  const mode = form.elements.mode.value;
  form.querySelectorAll("[data-shown-for]").forEach((part) => { part.hidden = part.dataset.shownFor !== mode; });
}

if (form) {
  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-row-add]");
    const remove = event.target.closest("[data-row-remove]");
    if (add) addRow(add.previousElementSibling);
    else if (remove) removeRow(remove);
  });
  form.elements.mode.addEventListener("change", showHours);
  showHours();
}
