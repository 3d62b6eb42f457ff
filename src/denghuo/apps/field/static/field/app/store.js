/* What the phone keeps: the outbox (everything pressed that the platform has not confirmed) and a few facts about whose
   phone it is. Used by the pages and by the service worker, so nothing here touches a document.

   An entry is written, with the disk told to hold it, before anything goes on the line. It leaves when the platform has
   answered that it has it. */

(() => {
  const NAME = "denghuo-crew";
  let opening;

  function open() {
    opening ||= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true }).createIndex("id", "id", { unique: true });
        request.result.createObjectStore("facts");
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => { request.result.close(); opening = null; };
        request.result.onclose = () => { opening = null; };
        resolve(request.result);
      };
      request.onerror = () => { opening = null; reject(request.error); };
    });
    return opening;
  }
  async function run(name, mode, work) {
    const db = await open();
    return new Promise((resolve, reject) => {
      const change = db.transaction(name, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
      const request = work(change.objectStore(name));
      // only a completed transaction is kept; a request that succeeded may still be rolled back
      change.oncomplete = () => resolve(request?.result);
      change.onabort = change.onerror = () => reject(change.error || new Error("storage"));
    });
  }
  const store = {
    /* Keep one press; resolves when it is on the disk. */
    add: (entry) => run("outbox", "readwrite", (box) => box.add({ state: "waiting", tries: 0, next: 0, ...entry })),
    all: () => run("outbox", "readonly", (box) => box.getAll()),
    drop: (seq) => run("outbox", "readwrite", (box) => box.delete(seq)),
    /* Change an entry that is still there: one that was dropped meanwhile does not come back. */
    change: (seq, fields) => run("outbox", "readwrite", (box) => {
      const found = box.get(seq);
      found.onsuccess = () => found.result && box.put({ ...found.result, ...fields });
      return found;
    }),
    fact: (key) => run("facts", "readonly", (box) => box.get(key)),
    learn: (key, value) => run("facts", "readwrite", (box) => box.put(value, key)),
    /* What the platform has taken since the copies of this order's page were made: a copy cannot tell. */
    remember: (order, entry) => run("facts", "readwrite", (box) => {
      const found = box.get(`sent-${order}`);
      found.onsuccess = () => box.put([...(found.result || []), entry], `sent-${order}`);
      return found;
    }),
    /* A new copy is here, asked for at `since`: what had gone before is in it. */
    forget: (order, since) => run("facts", "readwrite", (box) => {
      const found = box.get(`sent-${order}`);
      found.onsuccess = () => found.result && box.put(found.result.filter((entry) => entry.sent > since), `sent-${order}`);
      return found;
    }),
    /* Signing out: nothing of the work stays on the phone. */
    async wipe() {
      await run("outbox", "readwrite", (box) => box.clear());
      await run("facts", "readwrite", (box) => box.clear());
      if (globalThis.caches) for (const name of await caches.keys()) if (name.startsWith("denghuo-crew")) await caches.delete(name);
    },
  };

  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }
  /* The business time, reckoned from what the platform last told; the phone's own date does not matter. */
  async function businessTime() {
    const clock = await store.fact("clock");
    return new Date(clock ? clock.business + (Date.now() - clock.device) * clock.speed : Date.now()).toISOString();
  }
  globalThis.DenghuoCrew = { store, uuid, businessTime };
})();
