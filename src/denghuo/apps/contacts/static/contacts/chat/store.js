/* What must outlive the page: whose conversation it is, and what is written and not yet accepted.
   Texts lie in localStorage, files in IndexedDB. Without either the chat works for as long as the page is open. */

export function store(name) {
  const key = `dh-chat:${name}`;
  let held = {};
  try { held = JSON.parse(localStorage.getItem(key)) || {}; } catch { /* nothing kept, or not readable */ }
  const save = () => { try { localStorage.setItem(key, JSON.stringify(held)); } catch { /* private window */ } };
  return {
    get: (field) => held[field],
    set: (changes) => { held = { ...held, ...changes }; save(); },
    clear: () => { held = {}; try { localStorage.removeItem(key); } catch { /* as above */ } },
  };
}

const opened = () => new Promise((done, failed) => {
  const request = indexedDB.open("dh-chat", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("files");
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

async function within(mode, work) {
  try {
    const database = await opened();
    return await new Promise((done, failed) => {
      const change = database.transaction("files", mode);
      const request = work(change.objectStore("files"));
      change.oncomplete = () => { database.close(); done(request.result); };
      change.onerror = () => { database.close(); failed(change.error); };
    });
  } catch { return undefined; }
}

export const files = {
  keep: (id, file) => within("readwrite", (shelf) => shelf.put(file, id)),
  find: (id) => within("readonly", (shelf) => shelf.get(id)),
  drop: (id) => within("readwrite", (shelf) => shelf.delete(id)),
};
