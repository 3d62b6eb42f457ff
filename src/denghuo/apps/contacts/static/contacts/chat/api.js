/* Calls to the chat's public API. An answer is {ok, status, body, retryAfter}; a dead line is {ok: false, status: 0}. */

const language = document.documentElement.lang;

async function read(answer) {
  let body = {};
  try { body = await answer.json(); } catch { /* not every answer has a body */ }
  return { ok: answer.ok, status: answer.status, body, retryAfter: Number(answer.headers.get("Retry-After")) || 0 };
}

export function caller(base, access) {
  const headers = (more) => ({ "Accept-Language": language, ...(access() ? { Authorization: `Bearer ${access()}` } : {}), ...more });
  const call = async (path, options = {}) => {
    const stop = AbortSignal.timeout(20000);
    try {
      return await read(await fetch(base + path, { credentials: "omit", cache: "no-store", signal: stop, ...options, headers: headers(options.headers) }));
    } catch {
      return { ok: false, status: 0, body: {}, retryAfter: 0 };
    }
  };
  return {
    get: (path) => call(path),
    post: (path, body) => call(path, { method: "POST", body: JSON.stringify(body || {}), headers: { "Content-Type": "application/json" } }),
    /* fetch tells nothing of how far an upload is; XMLHttpRequest does */
    upload: (path, fields, progress) => new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open("POST", base + path);
      Object.entries(headers()).forEach(([name, value]) => request.setRequestHeader(name, value));
      request.timeout = 120000;
      request.upload.onprogress = (event) => event.lengthComputable && progress(Math.round((100 * event.loaded) / event.total));
      const dead = () => done({ ok: false, status: 0, body: {}, retryAfter: 0 });
      request.onerror = dead;
      request.ontimeout = dead;
      request.onload = () => {
        let body = {};
        try { body = JSON.parse(request.responseText); } catch { /* an answer of a proxy */ }
        done({ ok: request.status < 300, status: request.status, body, retryAfter: Number(request.getResponseHeader("Retry-After")) || 0 });
      };
      const form = new FormData();
      Object.entries(fields).forEach(([name, value]) => form.append(name, value));
      request.send(form);
    }),
  };
}

/* A passing trouble: the line, a restart, too many calls. Everything else is an answer. */
export const passing = (answer) => answer.status === 0 || answer.status === 408 || answer.status === 429 || answer.status >= 500;

export function reason(answer, otherwise) {
  const errors = answer.body.errors || {};
  return Object.values(errors).flat().join(" ") || answer.body.detail || otherwise;
}

export const newId = () => (crypto.randomUUID ? crypto.randomUUID() : "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16)));
