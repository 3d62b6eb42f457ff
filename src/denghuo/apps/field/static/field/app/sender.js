/* Sends the outbox: order by order, each order's presses in the order they were pressed. One sender at a time over all
   pages and the service worker. What was interrupted is sent again under the same id, which the platform takes once. */

(() => {
  const crew = globalThis.DenghuoCrew;
  const { store } = crew;
  const API = "/api/v1/crew-phone";
  const PATIENCE = 45000; // ms for one answer; a piece is small
  const LONGEST_WAIT = 60000; // ms between two tries
  const DAMAGED_MOST = 3;
  const channel = globalThis.BroadcastChannel ? new BroadcastChannel("denghuo-crew") : null;
  const listeners = new Set();

  class Refused extends Error {
    constructor(status, body) {
      super(body.detail || body.title || String(status));
      Object.assign(this, { status, code: body.code || "", fields: body.errors || {}, have: body.have });
    }
  }
  class Later extends Error {} // no line, or a platform that cannot answer just now

  function say(message) {
    listeners.forEach((listener) => listener(message));
    channel?.postMessage(message);
  }
  if (channel) channel.onmessage = (event) => listeners.forEach((listener) => listener(event.data));

  const KNOWN = 30000; // ms for which whose session it is stays known; another sign-in makes the token invalid at once
  let me = null;
  let met = 0;
  async function ask(path, options = {}) {
    let answer;
    try {
      const headers = { Accept: "application/json", ...(me ? { "X-CSRFToken": me.csrf } : {}), ...options.headers };
      answer = await fetch(API + path, { credentials: "same-origin", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE), ...options, headers });
    } catch (error) {
      throw new Later(error.message);
    }
    if (answer.status >= 500 || answer.status === 429) throw new Later(String(answer.status));
    const body = await answer.json().catch(() => { throw new Later("answer"); });
    if (!answer.ok) throw new Refused(answer.status, body);
    return body;
  }
  const post = (path, body, key) => ask(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...(key ? { "Idempotency-Key": key } : {}) } });

  /* Who is signed in, what time it is, what the rules are. */
  async function hello() {
    me = null;
    me = await ask("/hello");
    met = Date.now();
    await store.learn("clock", { business: Date.parse(me.now), device: Date.now(), speed: me.speed });
    await store.learn("rules", { side: me.photo_side, quality: me.photo_quality, chunk: me.chunk_bytes });
    return me;
  }

  /* --- files --------------------------------------------------------------------------------------- */
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  async function shrink(blob, rules) {
    const picture = await createImageBitmap(blob, { imageOrientation: "from-image" });
    const scale = Math.min(1, rules.side / Math.max(picture.width, picture.height));
    const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
    picture.close();
    return canvas.convertToBlob({ type: "image/jpeg", quality: rules.quality });
  }
  /* Once, before the first byte travels: from then on the entry's bytes and hash stay as they are. */
  async function prepare(entry) {
    if (entry.sha256) return entry;
    const rules = (await store.fact("rules")) || { side: 1600, quality: 0.82 };
    let { blob } = entry;
    if (entry.shrink) {
      try {
        blob = await shrink(blob, rules);
      } catch {
        throw new Refused(422, { detail: "", code: "not_image" });
      }
    }
    const fields = { blob, size: blob.size, sha256: hex(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())), shrink: false };
    await store.change(entry.seq, fields);
    return { ...entry, ...fields };
  }
  async function sendFile(given) {
    const entry = await prepare(given);
    const announce = { client_id: entry.id, order_id: entry.order, kind: entry.kind, size: entry.size, sha256: entry.sha256, pressed_at: entry.at };
    for (let damaged = 0; damaged < DAMAGED_MOST; damaged += 1) {
      let at = await post("/uploads", announce);
      while (!at.done && at.have < entry.size) {
        const piece = entry.blob.slice(at.have, at.have + me.chunk_bytes);
        try {
          at = await ask(`/uploads/${entry.id}?offset=${at.have}`, { method: "PUT", body: await piece.arrayBuffer(), headers: { "Content-Type": "application/octet-stream" } });
        } catch (error) {
          if (error.code !== "upload_offset") throw error;
          at = { have: error.have, done: false };
        }
        say({ type: "progress", id: entry.id, have: at.have, size: entry.size });
      }
      if (!at.done) at = await post(`/uploads/${entry.id}/finish`, {});
      if (at.done) return { outcome: at.kept ? "kept" : "applied" };
    }
    throw new Refused(422, { detail: "", code: "damaged" });
  }
  const sendStep = (entry) => post("/steps", { client_id: entry.id, order_id: entry.order, kind: entry.kind, pressed_at: entry.at, text: entry.text || "", data: entry.data || {} }, entry.id);

  /* --- the run ----------------------------------------------------------------------------------------- */
  async function sendOne(entry) {
    await store.change(entry.seq, { state: "sending" });
    say({ type: "changed" });
    try {
      const done = await (entry.blob ? sendFile(entry) : sendStep(entry));
      await store.remember(entry.order, { id: entry.id, order: entry.order, kind: entry.kind, data: entry.data, sent: Date.now() });
      await store.drop(entry.seq);
      say({ type: "sent", id: entry.id, order: entry.order, kind: entry.kind, outcome: done.outcome });
      return true;
    } catch (error) {
      if (error instanceof Refused && ![401, 403].includes(error.status)) {
        await store.change(entry.seq, { state: "refused", reason: error.message, code: error.code, fields: error.fields });
        say({ type: "refused", id: entry.id, order: entry.order, kind: entry.kind });
        return false;
      }
      if (error instanceof Refused && error.status === 403 && error.code !== "csrf_failed" && error.code !== "totp_setup_required") {
        await store.change(entry.seq, { state: "refused", reason: error.message, code: error.code, fields: {} });
        say({ type: "refused", id: entry.id, order: entry.order, kind: entry.kind });
        return false;
      }
      const tries = entry.tries + 1;
      await store.change(entry.seq, { state: "waiting", tries, next: Date.now() + Math.min(LONGEST_WAIT, 1000 * 2 ** Math.min(tries, 6)) * (0.75 + Math.random() / 2) });
      throw error;
    }
  }
  async function pass() {
    const now = Date.now();
    const due = (await store.all()).filter((entry) => entry.user === me.user_id);
    const orders = new Map();
    for (const entry of due) orders.set(entry.order, [...(orders.get(entry.order) || []), entry]);
    let sent = 0;
    for (const entries of orders.values()) {
      for (const entry of entries) {
        if (entry.state === "refused" || entry.next > now) break; // what follows it must wait too
        if (!(await sendOne(entry))) break;
        sent += 1;
      }
    }
    return sent;
  }
  async function work() {
    if (!(await store.all()).some((entry) => entry.state !== "refused")) return;
    try {
      if (!me || Date.now() - met > KNOWN) await hello();
      while (await pass());
      say({ type: "line", up: true });
    } catch (error) {
      me = null; // ask again before the next try
      if (error.code === "csrf_failed") say({ type: "line", up: true });
      else if (error instanceof Refused) say({ type: "line", up: true, signedOut: true });
      else if (error instanceof Later) say({ type: "line", up: false });
      else throw error;
    }
    say({ type: "changed" });
  }
  let waiting = null;
  /* Send what can be sent. Calls that come while one waits for its turn share it. */
  function flush() {
    waiting ||= (async () => {
      const turn = async () => { waiting = null; await work(); };
      return navigator.locks ? navigator.locks.request("denghuo-crew-outbox", turn) : turn();
    })();
    return waiting;
  }
  /* Try again at once what was waiting for its turn (the line is back, or somebody asks). */
  async function hurry() {
    for (const entry of await store.all()) if (entry.state !== "refused" && entry.next) await store.change(entry.seq, { next: 0 });
    return flush();
  }
  Object.assign(crew, { flush, hurry, hello, listen: (listener) => listeners.add(listener), tell: say });
})();
