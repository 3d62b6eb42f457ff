/* Zones on the map, and drawing one. The map itself is made by web/js/map.js, which hands it over as node.dhMap.
   data-zones="id of a JSON block": [{id, name, kind, label, url, ring: [[lon, lat]…] | lon, lat, radius | line}]
   data-zone-editor="id of the form": clicks write its field "shape", one "lon, lat" a line; typing draws. */

const { Denghuo, L } = window;
const TONES = { site: "progress", working: "info", danger: "warn", forbidden: "danger", draft: "ink", track: "info" };
const DASHES = { site: "2 5", working: "8 4", danger: null, forbidden: null, draft: "4 4" }; // colour is never the only sign
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--dh-${name}`).trim();
const style = (kind) => ({ color: token(TONES[kind]), weight: kind === "forbidden" ? 3 : 2, dashArray: DASHES[kind], fillColor: token(TONES[kind]), fillOpacity: 0.16 });
const latLng = ([lon, lat]) => [lat, lon];

function layerOf(zone) {
  if (zone.line) return L.polyline(zone.line.map(latLng), { ...style("track"), fill: false, weight: 3 });
  if (zone.ring) return L.polygon(zone.ring.map(latLng), style(zone.kind));
  return L.circle([zone.lat, zone.lon], { ...style(zone.kind), radius: zone.radius });
}
function pane(map) {
  if (!map.getPane("zones")) map.createPane("zones").style.zIndex = "430"; // above the base map, below the pins
  return "zones";
}
function drawZones(node) {
  const block = document.getElementById(node.dataset.zones || "");
  const map = node.dhMap;
  if (!block || !map) return;
  const text = block.textContent;
  if (node.zonesText === text && node.zonesTheme === Denghuo.theme()) return;
  node.zonesText = text;
  node.zonesTheme = Denghuo.theme();
  node.zoneLayer?.remove();
  pane(map);
  node.zoneLayer = L.layerGroup().addTo(map);
  const bounds = L.latLngBounds([]);
  for (const zone of JSON.parse(text)) {
    const layer = layerOf(zone);
    layer.options.pane = "zones";
    layer.addTo(node.zoneLayer);
    bounds.extend(layer.getBounds());
    if (zone.label) layer.bindTooltip(Denghuo.el("span", {}, zone.label), { className: "ds-zone-label", sticky: true });
    if (zone.url) layer.on("click", () => window.location.assign(zone.url));
  }
  if (node.dataset.fitZones !== undefined && bounds.isValid()) setTimeout(() => map.fitBounds(bounds, { padding: [20, 20], maxZoom: 16, animate: false }), 400);
}

/* --- the editor -------------------------------------------------------------------------------- */
const corners = (form) =>
  form.elements.shape.value.split("\n").map((line) => line.trim().split(/[\s,，;；]+/).map(Number))
    .filter((pair) => pair.length === 2 && pair.every(Number.isFinite) && Math.abs(pair[0]) <= 180 && Math.abs(pair[1]) <= 90);
const circular = (form) => form.elements.form_of.value === "circle";

function drawDraft(node, form) {
  node.draft?.remove();
  const points = corners(form);
  if (!points.length) return;
  node.draft = L.layerGroup().addTo(node.dhMap);
  const radius = Number(form.elements.radius.value);
  const options = { ...style("draft"), pane: pane(node.dhMap), interactive: false };
  if (circular(form)) {
    if (radius > 0) L.circle(latLng(points[0]), { ...options, radius }).addTo(node.draft);
  } else if (points.length > 1) L.polygon(points.map(latLng), options).addTo(node.draft);
  for (const point of points) L.circleMarker(latLng(point), { ...options, radius: 5, dashArray: null, fillOpacity: 1 }).addTo(node.draft);
}
function write(form, points) {
  form.elements.shape.value = points.map(([lon, lat]) => `${lon.toFixed(6)}, ${lat.toFixed(6)}`).join("\n");
  form.elements.shape.dispatchEvent(new Event("input", { bubbles: true }));
}
function edit(node) {
  const form = document.getElementById(node.dataset.zoneEditor || "");
  if (!form || !node.dhMap || node.editing) return;
  node.editing = true;
  const draw = () => drawDraft(node, form);
  node.dhMap.on("click", ({ latlng }) => {
    const point = [latlng.lng, latlng.lat];
    write(form, circular(form) ? [point] : [...corners(form), point]);
  });
  form.addEventListener("input", draw);
  form.addEventListener("change", draw);
  document.addEventListener("dh:theme", draw);
  document.querySelector("[data-zone-undo]")?.addEventListener("click", () => write(form, corners(form).slice(0, -1)));
  document.querySelector("[data-zone-clear]")?.addEventListener("click", () => write(form, []));
  draw();
  const first = corners(form);
  if (first.length) setTimeout(() => node.dhMap.fitBounds(circular(form) ? L.latLng(latLng(first[0])).toBounds(4 * Number(form.elements.radius.value || 100)) : L.latLngBounds(first.map(latLng)), { padding: [40, 40], maxZoom: 17, animate: false }), 400);
}

const all = () => document.querySelectorAll("[data-zones], [data-zone-editor]").forEach((node) => { drawZones(node); edit(node); });
document.addEventListener("dh:map", all);
document.addEventListener("dh:theme", all);
Denghuo.onContent(all);
