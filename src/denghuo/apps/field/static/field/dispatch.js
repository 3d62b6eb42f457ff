/* The dispatcher's board: a live refresh never takes away what is being typed. */

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (event.detail.requestConfig?.triggeringEvent?.type !== "live") return;
  const asking = part.querySelector("dialog[open]");
  const note = part.querySelector("input[name=note]");
  const typing = note && (note.value || note === document.activeElement);
  if (asking || typing) event.preventDefault(); // the answer to what is being sent shows the state as it is then
});
