/* The live line: the stream of one conversation, read with fetch so that silence is noticed. It remembers its place
   and goes on from there; an expired token asks for a new one. */

const SILENT = 40000; // the server sends a heartbeat every 15 s

function parser(onEvent) {
  let rest = "";
  let id = "";
  let name = "";
  let data = "";
  return (chunk) => {
    rest += chunk;
    let end;
    while ((end = rest.indexOf("\n")) >= 0) {
      const row = rest.slice(0, end).replace(/\r$/, "");
      rest = rest.slice(end + 1);
      if (row === "") {
        if (name) onEvent(name, data, id);
        name = data = "";
      } else if (row.startsWith("id:")) id = row.slice(3).trim();
      else if (row.startsWith("event:")) name = row.slice(6).trim();
      else if (row.startsWith("data:")) data += row.slice(5).trim();
    }
  };
}

export function line({ heard, state, renew }) {
  let stream;
  let control;
  let timer;
  let tries = 0;
  let closed = true;

  async function listen() {
    const mine = (control = new AbortController());
    let watchdog;
    const alive = () => { clearTimeout(watchdog); watchdog = setTimeout(() => mine.abort(), SILENT); };
    try {
      alive();
      const address = `${stream.url}?token=${encodeURIComponent(stream.token)}&after=${encodeURIComponent(stream.place)}`;
      const answer = await fetch(address, { headers: { Accept: "text/event-stream" }, cache: "no-store", credentials: "omit", signal: mine.signal });
      if (answer.status === 401 || answer.status === 403) stream = (await renew()) || stream;
      if (!answer.ok) throw new Error(String(answer.status));
      const again = tries > 0;
      tries = 0;
      state("on", again);
      const read = parser((name, data, id) => {
        if (id) stream.place = id;
        heard(name, data ? JSON.parse(data) : {});
      });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        alive();
        read(value);
      }
    } catch { /* dropped, refused or silent: all end in another try */ } finally { clearTimeout(watchdog); }
    if (mine !== control || closed) return;
    tries += 1;
    if (tries > 1) state("off", true);
    clearTimeout(timer);
    timer = setTimeout(listen, Math.min(15000, 200 * 2 ** Math.min(tries, 7)) * (0.5 + Math.random() / 2));
  }

  return {
    open(given) { stream = given; if (closed) { closed = false; listen(); } },
    again() { if (!closed) { clearTimeout(timer); control?.abort(); control = null; listen(); } },
    close() { closed = true; clearTimeout(timer); control?.abort(); control = null; },
  };
}
