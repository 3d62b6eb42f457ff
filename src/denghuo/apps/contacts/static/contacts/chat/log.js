/* The list of what was said: the server's messages in the order of their ids, each once, then what is on its way. */

const make = (tag, css, text) => {
  const node = document.createElement(tag);
  if (css) node.className = css;
  if (text !== undefined) node.textContent = text;
  return node;
};
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

export function log(list, texts, act) {
  const shown = new Map(); // id -> element
  const pending = new Map(); // client id -> element
  let answerable = false; // the robot holds the talk: the choices of its last words may be clicked
  const atBottom = () => list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const down = () => { list.scrollTop = list.scrollHeight; };

  function file(message) {
    const link = make("a", "ch-attached");
    link.href = message.file.url;
    link.target = "_blank";
    link.rel = "noopener";
    if (message.file.kind === "image") {
      const image = make("img");
      image.src = `${message.file.url}?thumbnail=true`;
      image.alt = `${texts.picture} ${message.file.name}`;
      image.loading = "lazy";
      if (message.file.width) image.width = Math.min(220, message.file.width);
      image.addEventListener("load", () => list.dataset.stuck !== "no" && down());
      link.append(image);
    } else link.append(make("strong", "", message.file.name), make("small", "", size(message.file.size)));
    return link;
  }

  function bubble(message) {
    const item = make("li", `ch-item ch-${message.sender}`);
    if (message.sender === "system") {
      item.append(make("p", "ch-notice", texts[message.data?.code] || message.text));
      return item;
    }
    const name = message.sender === "customer" ? texts.you : message.sender === "bot" ? texts.robot : message.name || texts.agent;
    const head = make("p", "ch-head");
    const when = make("time", "", clock.format(new Date(message.at)));
    when.dateTime = message.at;
    head.append(make("span", "ch-name", name), when);
    const body = make("div", "ch-bubble");
    if (message.file) body.append(file(message));
    if (message.text) body.append(make("p", "", message.text));
    if (message.kind === "card") card(body, message.data || {});
    item.append(head, body);
    if (message.data?.choices?.length) item.append(choices(message.data.choices));
    return item;
  }

  function card(body, data) {
    if (data.lines?.length) {
      const facts = make("dl", "ch-facts");
      data.lines.forEach(([label, value]) => facts.append(make("dt", "", label), make("dd", "", value)));
      body.append(facts);
    }
    if (data.url && /^\/(?!\/)/.test(data.url)) { // our own pages alone
      const link = make("a", "btn btn-sm ch-go", texts.open_link);
      link.href = data.url;
      link.target = "_blank";
      link.rel = "noopener";
      body.append(link);
    }
  }

  function choices(labels) {
    const list = make("div", "ch-choices");
    labels.forEach((label) => {
      const node = make("button", "btn btn-sm", label);
      node.type = "button";
      node.addEventListener("click", () => act.say(label));
      list.append(node);
    });
    return list;
  }

  /* What was offered before the last words no longer counts. */
  function offer() {
    const items = [...list.children];
    const last = items.filter((node) => !node.classList.contains("ch-system")).at(-1);
    list.querySelectorAll(".ch-choices").forEach((node) => {
      const open = answerable && node.parentElement === last;
      node.querySelectorAll("button").forEach((button) => { button.disabled = !open; });
      node.classList.toggle("ch-past", !open);
    });
  }

  function waiting(entry) {
    const item = bubble({ sender: "customer", at: entry.at, text: entry.text });
    item.classList.add("ch-pending");
    const note = make("p", "ch-state");
    if (entry.error) {
      item.classList.add("ch-failed");
      const retry = make("button", "btn btn-sm", texts.resend);
      retry.type = "button";
      retry.addEventListener("click", () => act.again(entry.client_id));
      const drop = make("button", "btn btn-sm btn-ghost", texts.discard);
      drop.type = "button";
      drop.addEventListener("click", () => act.drop(entry.client_id));
      note.append(make("span", "", `${texts.failed}: ${entry.error}`), retry, drop);
    } else if (entry.sent) note.textContent = texts.sent;
    else note.textContent = entry.progress === undefined ? texts.sending : texts.uploading.replace("%s", entry.progress).replace("%%", "%");
    item.append(note);
    return item;
  }

  return {
    atBottom,
    down,
    /* gives how many were new */
    add(messages) {
      const stick = atBottom();
      let fresh = 0;
      messages.forEach((message) => {
        if (shown.has(message.id)) return;
        fresh += 1;
        const item = bubble(message);
        item.dataset.id = message.id;
        const after = [...list.children].find((node) => !node.dataset.id || Number(node.dataset.id) > message.id);
        list.insertBefore(item, after || null);
        shown.set(message.id, item);
      });
      list.dataset.stuck = stick ? "yes" : "no";
      offer();
      if (stick) down();
      return fresh;
    },
    pending(entries) {
      const stick = atBottom();
      pending.forEach((node) => node.remove());
      pending.clear();
      entries.forEach((entry) => {
        const node = waiting(entry);
        pending.set(entry.client_id, node);
        list.append(node);
      });
      offer();
      if (stick) down();
    },
    answerable(yes) { answerable = yes; offer(); },
    clear() { list.replaceChildren(); shown.clear(); pending.clear(); },
  };
}
