/* Choosing a unit shows its trees at once. */
document.querySelectorAll("[data-submit-on-change]").forEach((select) => {
  select.form.querySelector("button")?.setAttribute("hidden", "");
  select.addEventListener("change", () => select.form.requestSubmit());
});
