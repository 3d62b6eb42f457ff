/* Prints the customer's receipt: by Bluetooth or USB where the phone can, else the bytes are shared or saved for the
   printer's own program. */

const { Denghuo, DenghuoCrew: crew } = window;
const SERVICES = ["000018f0-0000-1000-8000-00805f9b34fb", "0000ff00-0000-1000-8000-00805f9b34fb", "49535343-fe7d-4ae5-8fa9-9fafd205e455"];
const PIECE = 180; // bytes in one Bluetooth write; small printers take no more

async function byBluetooth(bytes) {
  const device = await navigator.bluetooth.requestDevice({ filters: SERVICES.map((service) => ({ services: [service] })), optionalServices: SERVICES });
  const server = await device.gatt.connect();
  for (const service of await server.getPrimaryServices()) {
    for (const at of await service.getCharacteristics()) {
      if (!at.properties.write && !at.properties.writeWithoutResponse) continue;
      for (let from = 0; from < bytes.length; from += PIECE) await at.writeValue(bytes.slice(from, from + PIECE));
      return device.gatt.disconnect();
    }
  }
  throw new Error("printer");
}
async function byUsb(bytes) {
  const device = await navigator.usb.requestDevice({ filters: [{ classCode: 7 }] }); // printers
  await device.open();
  if (!device.configuration) await device.selectConfiguration(1);
  const found = device.configuration.interfaces.find((one) => one.alternate.interfaceClass === 7);
  await device.claimInterface(found.interfaceNumber);
  await device.transferOut(found.alternate.endpoints.find((end) => end.direction === "out").endpointNumber, bytes);
  await device.close();
}
async function byFile(bytes, name) {
  const file = new File([bytes], name, { type: "application/octet-stream" });
  if (navigator.canShare?.({ files: [file] })) return navigator.share({ files: [file] });
  const link = Denghuo.el("a", { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-receipt]");
  if (!button) return;
  button.disabled = true;
  try {
    const answer = await fetch(button.dataset.receipt);
    if (!answer.ok) throw new Error(String(answer.status));
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const way = button.dataset.way;
    if (way === "bluetooth") await byBluetooth(bytes);
    else if (way === "usb") await byUsb(bytes);
    else await byFile(bytes, button.dataset.name);
  } catch (error) {
    if (!["AbortError", "NotFoundError"].includes(error.name)) Denghuo.toast(crew.word("no-printer"), "error");
  } finally {
    button.disabled = false;
  }
});
const can = { bluetooth: navigator.bluetooth, usb: navigator.usb, file: true };
Denghuo.onContent((root) => Denghuo.all(root, "[data-receipt]").forEach((button) => { button.hidden = !can[button.dataset.way]; }));
