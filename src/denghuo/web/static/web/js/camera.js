/* Photographs from a phone: made smaller here (longest side 1,600 px, JPEG) before they travel, shown at once, sent one
   by one with a progress bar, tried again on request. Each photo carries its own client_id, so a second try cannot double it. */

const { Denghuo } = window;
const LONGEST = 1600;
const QUALITY = 0.82;

async function shrink(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return { canvas, blob };
}
function send(box, shot) {
  return new Promise((resolve, reject) => {
    const body = new FormData();
    body.append(box.dataset.field || "photo", shot.blob, `${shot.id}.jpg`);
    body.append("client_id", shot.id);
    for (const [name, value] of Object.entries(JSON.parse(box.dataset.extra || "{}"))) body.append(name, value);
    const xhr = new XMLHttpRequest();
    xhr.open("POST", box.dataset.upload);
    xhr.setRequestHeader("X-CSRFToken", Denghuo.csrf());
    xhr.setRequestHeader("Idempotency-Key", shot.id);
    xhr.setRequestHeader("Accept", "application/json");
    xhr.timeout = 60000;
    xhr.upload.onprogress = (event) => (shot.bar.value = event.loaded / event.total);
    xhr.onload = () => (xhr.status >= 200 && xhr.status < 300 ? resolve(xhr.responseText) : reject(new Error(problem(xhr))));
    xhr.onerror = xhr.ontimeout = () => reject(new Error(""));
    xhr.send(body);
  });
}
function problem(xhr) {
  try {
    const data = JSON.parse(xhr.responseText);
    const first = Object.values(data.fields || data.errors || {})[0];
    return (Array.isArray(first) ? first[0] : first) || data.detail || data.title || "";
  } catch {
    return "";
  }
}
const under = new Set(); // photos on their way, from the choice to the server's answer
function track(way) {
  under.add(way);
  way.finally(() => under.delete(way));
}
async function upload(box, shot) {
  shot.status.textContent = Denghuo.text("camera.uploading", "");
  shot.status.classList.remove("dh-shot-error");
  shot.bar.hidden = false;
  shot.retry.hidden = true;
  try {
    await send(box, shot);
    shot.bar.hidden = true;
    shot.status.replaceChildren(Denghuo.icon("circle-check"), ` ${Denghuo.text("camera.ready")}`);
    box.dispatchEvent(new CustomEvent("dh:photo", { bubbles: true, detail: { id: shot.id } }));
    if (window.htmx) window.htmx.trigger(box, "photo");
  } catch (error) {
    shot.bar.hidden = true;
    shot.status.textContent = error.message || Denghuo.text("camera.failed");
    shot.status.classList.add("dh-shot-error");
    shot.retry.hidden = false;
  }
}
function uuid() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte, at) => (at === 6 ? (byte & 15) | 64 : at === 8 ? (byte & 63) | 128 : byte).toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
/* without data-upload the photo stays in the form: the input's file is replaced by the small one */
function keepInForm(input, blobs) {
  const transfer = new DataTransfer();
  blobs.forEach(({ blob, id }) => transfer.items.add(new File([blob], `${id}.jpg`, { type: "image/jpeg" })));
  input.files = transfer.files;
}
async function picked(box, input, list) {
  const files = [...input.files];
  const made = [];
  for (const file of files) {
    try {
      const { canvas, blob } = await shrink(file);
      const shot = { id: uuid(), blob, bar: Denghuo.el("progress", { class: "dh-bar", max: "1", value: "0" }), status: Denghuo.el("span", { role: "status" }), retry: Denghuo.el("button", { type: "button", class: "btn btn-sm" }, Denghuo.text("camera.retry")) };
      shot.bar.hidden = shot.retry.hidden = true;
      shot.retry.addEventListener("click", () => track(upload(box, shot)));
      list.append(Denghuo.el("li", {}, canvas, shot.bar, shot.status, shot.retry));
      made.push(shot);
    } catch {
      Denghuo.toast(Denghuo.text("camera.not_image"), "error");
    }
  }
  if (box.dataset.upload) {
    input.value = "";
    for (const shot of made) await upload(box, shot);
  } else keepInForm(input, made);
}
/* A form that closes the matter waits for the photos that are on their way, then goes by itself. */
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.hasAttribute("data-after-photos") || !under.size) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  Denghuo.release(form);
  Denghuo.toast(Denghuo.text("camera.waiting"), "info");
  Promise.all(under).then(() => {
    if (!document.querySelector(".dh-shot-error")) form.requestSubmit(submitter || undefined);
  });
}, true);
Denghuo.onContent((root) => {
  Denghuo.all(root, "[data-camera]").forEach((box) => {
    const input = box.querySelector("input[type=file]");
    const list = box.querySelector(".dh-shots") || box.appendChild(Denghuo.el("ul", { class: "dh-shots" }));
    if (!input || box.dhReady) return;
    box.dhReady = true;
    input.addEventListener("change", () => track(picked(box, input, list)));
  });
});
