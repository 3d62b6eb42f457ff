/* Ticking rows for work on many at once: all of the page, and how many are ticked. */
const all = document.querySelector("[data-kn-all]");
const told = document.querySelector("[data-kn-picked]");
const boxes = () => [...document.querySelectorAll('input[name="pick"]')];

function count() {
  const picked = boxes().filter((box) => box.checked).length;
  told.hidden = picked === 0;
  told.querySelector("[data-kn-number]").textContent = picked;
  all.checked = picked > 0 && picked === boxes().length;
  all.indeterminate = picked > 0 && picked < boxes().length;
}

if (all && told) {
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    count();
  });
  document.addEventListener("change", (event) => {
    if (event.target.name === "pick") count();
  });
  document.body.addEventListener("htmx:afterSwap", count);
}
