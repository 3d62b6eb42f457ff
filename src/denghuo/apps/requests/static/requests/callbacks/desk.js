/* The questions of a call one after the other: which are on the path, which is the present one, and keys to answer. */

const form = document.querySelector("[data-call-form]");
const steps = [...form.querySelectorAll(".cb-q")];
let current = null;

const valueOf = (name) => {
  const field = form.elements[name];
  if (!field) return "";
  return field instanceof RadioNodeList ? field.value : field.value ?? "";
};
const reached = () => ["answered", "partly"].includes(valueOf("outcome"));
const onPath = (step) => {
  if (step.dataset.question === "outcome") return true;
  if (!reached()) return false;
  const when = step.dataset.when ? JSON.parse(step.dataset.when) : {};
  return Object.entries(when).every(([name, wanted]) => wanted.includes(valueOf(name)));
};
const open = () => steps.filter((step) => !step.hidden);
const choices = (step) => [...step.querySelectorAll('input[type="radio"]')];
const answered = (step) => valueOf(step.dataset.question) !== "";

function point(step, focus = false) {
  current?.removeAttribute("aria-current");
  current = step;
  if (!step) return;
  step.setAttribute("aria-current", "step");
  if (focus) {
    step.scrollIntoView({ block: "nearest" });
    step.querySelector('input:checked, input[type="text"], input[type="radio"]')?.focus({ preventScroll: true });
  }
}

function arrange() {
  steps.forEach((step) => { step.hidden = !onPath(step); });
  form.querySelectorAll("[data-outcome]").forEach((part) => { part.hidden = valueOf("outcome") !== part.dataset.outcome; });
  form.querySelectorAll(".rq-reached").forEach((part) => { part.hidden = !reached(); });
  const close = form.querySelector("[data-close]");
  const unhappy = valueOf("resolved") === "false" || ["dissatisfied", "1", "2"].includes(valueOf("satisfaction"));
  close.textContent = unhappy ? close.dataset.unhappy : close.dataset.happy;
}

function next() {
  const shown = open();
  const place = shown.indexOf(current);
  const step = shown[place + 1];
  if (step) point(step, true);
  else {
    point(null);
    form.elements.note.focus();
  }
}

// On a scale the key is the figure itself, elsewhere the place.
const keyOf = (input, place) => (/^[1-9]$/.test(input.value) ? input.value : String(place + 1));
steps.forEach((step) => choices(step).forEach((input, place) => {
  if (place < 9) input.closest("label")?.setAttribute("data-n", keyOf(input, place));
}));
form.addEventListener("change", (event) => {
  arrange();
  const step = event.target.closest(".cb-q");
  if (!step) return;
  point(step);
  if (event.target.type === "radio") next();
});
form.addEventListener("focusin", (event) => {
  const step = event.target.closest(".cb-q");
  if (step) point(step);
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest('textarea, select, input:not([type="radio"]):not([type="checkbox"])');
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (/^[1-9]$/.test(event.key) && current) {
    const input = choices(current).find((one, place) => keyOf(one, place) === event.key);
    if (!input) return;
    event.preventDefault();
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (event.key.toLowerCase() === "n" && current) {
    event.preventDefault();
    next();
  }
});

arrange();
point(open().find((step) => !answered(step)) ?? open()[0]);
