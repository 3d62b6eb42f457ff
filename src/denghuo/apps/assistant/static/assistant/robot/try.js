/* The try-out: the page keeps the state of the talk and hands it back with each sentence; the server keeps nothing. */

const root = document.getElementById("rb-try");
const texts = JSON.parse(document.getElementById("rb-texts").textContent);
const log = root.querySelector("[data-log]");
const form = root.querySelector("[data-say]");
const error = root.querySelector("[data-error]");
const facts = root.querySelector("[data-state]");
let state = null;
let busy = false;

const make = (tag, css, text) => {
  const node = document.createElement(tag);
  if (css) node.className = css;
  if (text !== undefined) node.textContent = text;
  return node;
};
const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.split("=")[1] || "";
const token = () => root.ownerDocument.querySelector("[name=csrfmiddlewaretoken]")?.value || cookie("csrftoken") || cookie("__Host-csrftoken");

function add(sender, text, choices = []) {
  const item = make("li", `rb-${sender}`);
  if (sender === "act") item.textContent = text;
  else {
    const body = make("div", "rb-bubble");
    if (text) body.append(make("p", "", text));
    item.append(make("p", "rb-who", sender === "customer" ? texts.you : texts.robot), body);
    if (choices.length) {
      const list = make("p", "rb-chips");
      choices.forEach((label) => {
        const node = make("button", "btn btn-sm", label);
        node.type = "button";
        node.addEventListener("click", () => say(label));
        list.append(node);
      });
      item.append(list);
    }
  }
  log.append(item);
  log.scrollTop = log.scrollHeight;
}
function show(act) {
  if (act.kind === "say") return add("bot", act.text, act.choices);
  const label = act.kind === "note" ? texts.note : texts[`act_${act.kind}`] || act.kind;
  const about = [act.data?.function, act.data?.page, act.data?.reason, act.kind === "answer" ? act.text : ""].filter(Boolean).join(" · ");
  return add("act", about ? `${label}：${about}` : label);
}
function paint(intents) {
  facts.replaceChildren();
  const row = (name, value) => facts.append(make("dt", "", name), make("dd", "", value === "" || value === undefined ? texts.nothing : String(value)));
  row(texts.code, state.code);
  row(texts.step, state.step);
  row(texts.wait, state.wait);
  row(texts.asking, state.asking);
  row(texts.slots, Object.entries(state.slots).map(([name, value]) => `${name} = ${value}`).join("；"));
  row(texts.turns, state.turns);
  row(texts.refusals, state.refusals);
  if (intents) row(texts.intents, intents.slice(0, 3).map(([code, score]) => `${code} ${score.toFixed(2)}`).join("；"));
}
async function ask(body) {
  const answer = await fetch("/api/v1/assistant/try", {
    method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", "X-CSRFToken": token(), "Accept-Language": document.documentElement.lang },
    body: JSON.stringify({ dialogue_id: Number(root.dataset.dialogue) || null, ...body }),
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(Object.values(told.errors || {}).flat().join(" ") || told.detail || texts.failed);
  return told;
}
async function turn(body) {
  if (busy) return;
  busy = true;
  error.hidden = true;
  try {
    const told = await ask(body);
    log.querySelectorAll("button").forEach((node) => { node.disabled = true; });
    state = told.state;
    told.acts.forEach(show);
    paint(told.intents);
    if (state.done) {
      add("act", texts[`over_${state.done}`]);
      form.querySelector("button").disabled = true;
    }
  } catch (problem) {
    error.textContent = problem.message;
    error.hidden = false;
  } finally { busy = false; }
}
function say(text) {
  if (!text.trim() || busy || state?.done) return;
  add("customer", text);
  turn({ text, state });
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const field = form.elements.text;
  say(field.value);
  field.value = "";
  field.focus();
});
turn({ text: "", state: null });
