/* The work page of a group of questions: j / k move between wordings, a typed answer goes into the form. */

const boxes = () => [...document.querySelectorAll("[data-members] input")];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = document.activeElement;
  if (at && at.matches("textarea, select, input:not([type=checkbox])")) return;
  if (event.key !== "j" && event.key !== "k") return;
  const all = boxes();
  const next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(at) + (event.key === "j" ? 1 : -1)))];
  next?.focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-use-typed]");
  if (!button) return;
  const text = button.closest("li").querySelector("[data-typed]").textContent.trim();
  const answer = document.querySelector("#kl-form textarea[name=answer]");
  if (!answer) return;
  answer.closest("details").open = true;
  answer.value = text;
  answer.dispatchEvent(new Event("input", { bubbles: true }));
  answer.focus();
});
