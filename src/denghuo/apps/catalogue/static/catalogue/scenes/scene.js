/* A scene's form: fields that depend on others come and go as people type, the questions are ticked off, and what is
   still missing is counted. The server decides the same with the same conditions; this only shows it at once. */

const { Denghuo } = window;
const doc = document;

const filled = (value) => value !== undefined && value !== "" && !(Array.isArray(value) && !value.length);
const equals = (held, wanted) =>
  Array.isArray(held) ? held.includes(wanted) : filled(held) && (typeof held === "boolean") === (typeof wanted === "boolean") && String(held) === String(wanted);

export function holds(condition, values) {
  const [sign, ...parts] = condition;
  if (sign === "and") return parts.every((part) => holds(part, values));
  if (sign === "or") return parts.some((part) => holds(part, values));
  if (sign === "not") return !holds(parts[0], values);
  const held = values[parts[0]];
  if (sign === "filled") return filled(held);
  if (sign === "in") return parts[1].some((one) => equals(held, one));
  if (sign === "=") return equals(held, parts[1]);
  if (sign === "!=") return !equals(held, parts[1]);
  const number = typeof held === "number" ? held : NaN;
  return { ">": number > parts[1], ">=": number >= parts[1], "<": number < parts[1], "<=": number <= parts[1] }[sign] || false;
}

/* --- values as the form holds them ---------------------------------------------------------------------- */
const scopeOf = (box) => box.closest("form") || box;
const inputs = (scope, name) => [...scope.querySelectorAll(`[name="${CSS.escape(name)}"]`)];

function typed(field, text) {
  if (text === "") return undefined;
  if (field.kind === "bool") return text === "true";
  if (field.kind === "number" || field.kind === "meter_reading") {
    const number = Number(text.replace(/,/g, ""));
    return Number.isNaN(number) ? text : number;
  }
  return text;
}
function valueOf(scope, field, prefix) {
  if ("fixed" in field) return field.fixed;
  for (const name of field.names || [prefix + field.code]) {
    const found = inputs(scope, name);
    if (field.kind === "multi") {
      const chosen = found.filter((input) => input.checked).map((input) => input.value);
      if (chosen.length) return chosen;
      continue;
    }
    const chosen = found.find((input) => (input.type === "radio" || input.type === "checkbox" ? input.checked : input.value.trim()));
    const value = chosen && typed(field, chosen.value.trim());
    if (filled(value)) return value;
  }
  return undefined;
}

/* --- showing what applies -------------------------------------------------------------------------------- */
function show(wrapper, applies, must) {
  wrapper.hidden = !applies;
  wrapper.querySelectorAll("input, select, textarea").forEach((input) => (input.disabled = !applies));
  const star = wrapper.querySelector("[data-scene-star]");
  if (star) star.hidden = !must;
}
function refresh(box) {
  const { fields, prefix } = box.dhScene;
  const scope = scopeOf(box);
  const values = {};
  const state = {};
  for (const field of fields) {
    const applies = !field.when || holds(field.when, values);
    if (applies) values[field.code] = valueOf(scope, field, prefix);
    state[field.code] = { applies };
  }
  let wanted = 0;
  let missing = 0;
  for (const field of fields) {
    const one = state[field.code];
    one.must = one.applies && (field.must === true || (Array.isArray(field.must) && holds(field.must, values)));
    one.done = filled(values[field.code]);
    wanted += one.must ? 1 : 0;
    missing += one.must && !one.done ? 1 : 0;
    const wrapper = box.querySelector(`[data-scene-field="${CSS.escape(field.code)}"]`);
    if (wrapper) show(wrapper, one.applies, one.must);
  }
  scope.querySelectorAll("[data-scene-list]").forEach((list) => tick(list, state, wanted, missing));
}
function tick(list, state, wanted, missing) {
  for (const line of list.querySelectorAll("[data-asks]")) {
    const asks = line.dataset.asks.split(" ").filter((code) => state[code]?.applies);
    if (line.dataset.asks) line.hidden = !asks.length;
    line.toggleAttribute("data-done", asks.length > 0 && asks.every((code) => state[code].done));
    line.toggleAttribute("data-must", asks.some((code) => state[code].must && !state[code].done));
  }
  const count = list.querySelector("[data-scene-count]");
  if (!count) return;
  count.querySelector("span").textContent = missing ? count.dataset.left.replace("%s", missing) : count.dataset.full;
  count.querySelector("progress").value = wanted ? Math.floor((100 * (wanted - missing)) / wanted) : 100;
}

/* --- going to a question ----------------------------------------------------------------------------------- */
function inputOf(box, code) {
  const { fields, prefix } = box.dhScene;
  const field = fields.find((one) => one.code === code);
  if (!field) return null;
  const scope = scopeOf(box);
  const found = (field.names || [prefix + code]).flatMap((name) => inputs(scope, name)).filter((input) => input.type !== "hidden" && !input.disabled);
  return found.find((input) => input.checked) || found[0] || null;
}
function go(box, codes) {
  const open = codes.map((code) => ({ code, input: inputOf(box, code) })).filter((one) => one.input);
  const field = (one) => box.dhScene.fields.find((known) => known.code === one.code);
  const target = open.find((one) => !filled(valueOf(scopeOf(box), field(one), box.dhScene.prefix))) || open[0];
  if (!target) return;
  target.input.focus({ preventScroll: true });
  target.input.closest(".dh-field, fieldset")?.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}
function next(scope) {
  const box = scope.querySelector("[data-scene]");
  const lines = [...scope.querySelectorAll("[data-scene-go]")].filter((button) => !button.closest("li").hidden && !button.closest("li").hasAttribute("data-done"));
  const line = lines.find((button) => button.closest("li").hasAttribute("data-must")) || lines[0];
  if (box?.dhScene && line) go(box, line.dataset.sceneGo.split(" "));
}

/* --- arming ---------------------------------------------------------------------------------------------------- */
function arm(box) {
  if (box.dhScene) return;
  box.dhScene = JSON.parse(box.dataset.sceneFields);
  refresh(box);
}
/* another template when what decides it has changed, also when a draft was put back */
function held(input, asSent) {
  if (input.type === "radio") return (asSent ? input.defaultChecked : input.checked) ? input.value : "";
  if (input.tagName === "SELECT") return asSent ? ([...input.options].find((option) => option.defaultSelected) || input.options[0])?.value || "" : input.value;
  return asSent ? input.defaultValue : input.value;
}
const deciding = (form, part, asSent = false) =>
  part.dataset.sceneBy.split(" ").map((name) => inputs(form, name).map((input) => held(input, asSent)).join("")).join("|");
function choose(form) {
  const part = form.querySelector("[data-scene-part]");
  if (!part) return;
  const now = deciding(form, part);
  if (now === (part.dhBy ?? deciding(form, part, true))) return;
  part.dhBy = now;
  const ask = () => window.htmx?.trigger(part, "scene-choose");
  if (doc.readyState === "complete") ask();
  else window.addEventListener("load", ask, { once: true }); // htmx has not seen the page before that
}
function armForm(form) {
  if (form.dhScenes) return;
  form.dhScenes = true;
  choose(form);
  const again = () => {
    form.querySelectorAll("[data-scene]").forEach((box) => box.dhScene && refresh(box));
    choose(form);
  };
  form.addEventListener("input", again);
  form.addEventListener("change", again);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-scene-go]");
    const box = button && form.querySelector("[data-scene]");
    if (box?.dhScene) go(box, button.dataset.sceneGo.split(" "));
  });
  form.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyN") return;
    event.preventDefault();
    next(form);
  });
}
Denghuo.onContent((root) => {
  Denghuo.all(root, "[data-scene]").forEach(arm);
  Denghuo.all(root, "[data-scene], [data-scene-part]").forEach((box) => armForm(scopeOf(box)));
});
