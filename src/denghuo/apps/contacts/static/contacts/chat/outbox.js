/* Messages on their way: one at a time, in the order they were written, again and again until the server has them.
   Each carries an id made here, so that sending twice writes once. */

import { newId, passing, reason } from "./api.js";
import { files } from "./store.js";

const PAUSES = [300, 1000, 2000, 4000, 8000];

export function outbox({ api, kept, path, changed, texts }) {
  let items = kept.get("outbox") || [];
  let busy = false;
  let tries = 0;
  let timer;
  const blobs = new Map();
  const save = () => {
    kept.set({ outbox: items.map(({ progress, ...item }) => item) });
    changed(items);
  };

  async function send(item) {
    if (item.kind !== "file") return api.post(`${path()}/messages`, { client_id: item.client_id, text: item.text });
    const blob = blobs.get(item.client_id) || (await files.find(item.client_id));
    if (!blob) return { ok: false, status: 410, body: { detail: texts.wrong } };
    const show = (percent) => { item.progress = percent; changed(items); };
    return api.upload(`${path()}/files`, { file: new File([blob], item.text, { type: blob.type }), client_id: item.client_id }, show);
  }

  async function flush() {
    clearTimeout(timer);
    if (busy || !path()) return;
    busy = true;
    try {
      for (;;) {
        const item = items.find((one) => !one.error && !one.sent);
        if (!item) break;
        const answer = await send(item);
        if (!items.includes(item)) continue;
        if (answer.ok) {
          tries = 0;
          Object.assign(item, { sent: answer.body.id, progress: undefined });
          if (item.kind === "file") { files.drop(item.client_id); blobs.delete(item.client_id); }
        } else if (passing(answer)) {
          timer = setTimeout(flush, (answer.retryAfter && answer.retryAfter * 1000) || PAUSES[Math.min(tries, PAUSES.length - 1)]);
          tries += 1;
          return;
        } else {
          item.error = reason(answer, texts.wrong);
        }
        save();
      }
    } finally {
      busy = false;
    }
  }

  return {
    items: () => items,
    flush,
    say(text) {
      items.push({ client_id: newId(), kind: "text", text, at: new Date().toISOString() });
      save();
      flush();
    },
    async attach(file) {
      const item = { client_id: newId(), kind: "file", text: file.name, at: new Date().toISOString() };
      blobs.set(item.client_id, file);
      items.push(item);
      save();
      await files.keep(item.client_id, file);
      flush();
    },
    again(id) {
      items.filter((one) => one.client_id === id).forEach((one) => delete one.error);
      save();
      flush();
    },
    drop(id) {
      items = items.filter((one) => one.client_id !== id);
      files.drop(id);
      save();
    },
    /* the server's own copy has come: ours goes */
    arrived(ids) {
      const before = items.length;
      items = items.filter((one) => !ids.has(one.client_id));
      if (items.length !== before) save();
    },
    clear() { items.forEach((one) => files.drop(one.client_id)); items = []; save(); },
  };
}
