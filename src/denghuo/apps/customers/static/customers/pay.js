/* The sum follows the ticks; the server counts again when the form is sent. */
for (const form of document.querySelectorAll("[data-pay]")) {
  const total = form.querySelector("[data-total]");
  const button = form.querySelector("button[type=submit]");
  const closed = button.disabled;
  const show = () => {
    const ticked = [...form.querySelectorAll("[data-amount]:checked")];
    const fen = ticked.reduce((sum, box) => sum + Math.round(Number(box.dataset.amount) * 100), 0);
    total.textContent = (fen / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    button.disabled = closed || ticked.length === 0;
  };
  form.addEventListener("change", show);
  show();
}
