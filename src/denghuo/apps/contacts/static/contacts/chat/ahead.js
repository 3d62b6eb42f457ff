/* What stands in the box goes ahead to the agent, at most once a second, while the server says that one may see it. The
   page says so beside the box. What was sent is a message and needs no telling. */

const EVERY = 1000;
const LONGEST = 300;

export function ahead({ allowed, send }) {
  let told = "";
  let wanted = "";
  let timer;
  let at = 0;
  function tell() {
    timer = undefined;
    if (wanted === told || !allowed()) return;
    told = wanted;
    at = Date.now();
    send(told);
  }
  return {
    changed(text) {
      wanted = text.trim().slice(-LONGEST);
      if (!timer) timer = setTimeout(tell, Math.max(150, at + EVERY - Date.now()));
    },
    sent() {
      clearTimeout(timer);
      timer = undefined;
      told = wanted = "";
    },
  };
}
