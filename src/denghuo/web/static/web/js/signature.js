/* A signature drawn with a finger: <div data-signature data-input="id of a file input or hidden input">.
   A file input receives a PNG file, a hidden input a data address. An empty signature stops the sending when required. */

const { Denghuo, SignaturePad } = window;

function fitCanvas(canvas, pad) {
  const strokes = pad.toData();
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  canvas.width = canvas.offsetWidth * ratio;
  canvas.height = canvas.offsetHeight * ratio;
  canvas.getContext("2d").scale(ratio, ratio);
  pad.clear();
  pad.fromData(strokes);
}
function store(canvas, pad, target) {
  if (!target) return;
  if (target.type !== "file") return void (target.value = pad.isEmpty() ? "" : pad.toDataURL("image/png"));
  if (pad.isEmpty()) return void (target.value = "");
  const bytes = Uint8Array.from(atob(pad.toDataURL("image/png").split(",")[1]), (char) => char.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "signature.png", { type: "image/png" }));
  target.files = transfer.files;
}
function arm(box) {
  const canvas = box.querySelector("canvas");
  const target = document.getElementById(box.dataset.input || "");
  if (!canvas || !SignaturePad || box.dhReady) return;
  box.dhReady = true;
  // the paper stays light in both themes: the picture goes on a printed sheet
  const pad = new SignaturePad(canvas, { penColor: "#1b2530", backgroundColor: "rgb(255,253,248)", minWidth: 0.8, maxWidth: 2.6 });
  const changed = () => store(canvas, pad, target);
  pad.addEventListener("endStroke", changed);
  box.querySelector("[data-signature-clear]")?.addEventListener("click", () => { pad.clear(); changed(); });
  let width = 0;
  new ResizeObserver(() => {
    if (canvas.offsetWidth && canvas.offsetWidth !== width) { width = canvas.offsetWidth; fitCanvas(canvas, pad); }
  }).observe(canvas);
  box.closest("form")?.addEventListener("submit", (event) => {
    if (!box.hasAttribute("data-required") || !pad.isEmpty()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    Denghuo.release(event.target);
    Denghuo.toast(Denghuo.text("signature.empty"), "warn");
    canvas.scrollIntoView({ block: "center" });
  }, true);
}
Denghuo.onContent((root) => Denghuo.all(root, "[data-signature]").forEach(arm));
