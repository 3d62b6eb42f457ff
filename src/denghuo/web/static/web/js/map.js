/* Maps without tiles: outlines from a GeoJSON address, points from a JSON block, markers drawn by the page.
   <div data-map data-geojson="url" data-points="id-of-json-block">; points are
   {id, lat, lng, icon, tone, label, url, square}. A swapped-in data block moves the markers in place.
   data-areas="id-of-json-block": GeoJSON areas over the base map, properties {state, url}, or lines with {tone}; a
   swapped-in block redraws them. */

const { Denghuo, L } = window;
const maps = new Map();
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--dh-${name}`).trim();

// How each layer of the base map is drawn; a GeoJSON without layers gets plain outlines.
const AREA = { urban: "map-urban", remote: "map-remote" };
const LAYERS = {
  province: () => ({ color: token("map-border"), weight: 1.5, fillColor: token("map-land"), fillOpacity: 1 }),
  county: (p) => ({ stroke: false, fillColor: token(AREA[p.area_type] || "map-land"), fillOpacity: 0.75 }),
  mountain: () => ({ stroke: false, fillColor: token("map-mountain"), fillOpacity: 0.8 }),
  lake: () => ({ stroke: false, fillColor: token("map-water"), fillOpacity: 1 }),
  county_line: () => ({ color: token("map-border"), weight: 1, dashArray: "3 4" }),
  city_line: () => ({ color: token("map-border"), weight: 1.5, dashArray: "7 4" }),
  coast: () => ({ color: token("map-water"), weight: 2 }),
  river: (p) => ({ color: token("map-water"), weight: p.rank === 1 ? 3 : 1.75 }),
  road: (p) => ({ color: token("map-road"), weight: { 1: 3, 2: 2 }[p.rank] || 1, opacity: 0.9 }),
};
const styleOf = (feature) => {
  const drawn = LAYERS[feature.properties?.layer];
  if (drawn) return { interactive: false, fill: /Polygon/.test(feature.geometry.type), ...drawn(feature.properties) };
  return /Line/.test(feature.geometry?.type || "")
    ? { color: token("info"), weight: 1.5, opacity: 0.75 }
    : { color: token("line-strong"), weight: 1, fillColor: token("surface"), fillOpacity: 1 };
};
const LABEL_CLASS = { city: "dh-map-city", river: "dh-map-water", sea: "dh-map-water", lake: "dh-map-water" };
// How far beyond the whole province one must zoom in for a label of each rank to have room.
const LABEL_ROOM = { 1: 0, 2: 0, 3: 0.75, 4: 1.75, 5: 0.5 };

function label(feature, at) {
  const { name, kind, rank } = feature.properties;
  const mark = L.marker(at, { icon: L.divIcon({ className: "dh-map-anchor", iconSize: [0, 0] }), interactive: false, keyboard: false });
  mark.bindTooltip(Denghuo.el("span", {}, name), { permanent: true, direction: "center", className: `dh-map-label ${LABEL_CLASS[kind] || ""}`, interactive: false, pane: "labels" });
  mark.rank = rank;
  return mark;
}
function showLabels(state) {
  const zoom = state.map.getZoom();
  state.base?.eachLayer((layer) => {
    if (layer.rank === undefined) return;
    const shown = zoom >= state.whole + (LABEL_ROOM[layer.rank] ?? 1);
    if (shown) layer.openTooltip(); else layer.closeTooltip();
  });
}

function marker(point) {
  const pin = Denghuo.el("span", { class: `dh-pin dh-tone-${point.tone || "neutral"}${point.square ? " dh-pin-square" : ""}` }, Denghuo.icon(point.icon || "map-pin"));
  const made = L.marker([point.lat, point.lng], { icon: L.divIcon({ className: "dh-pin-box", html: pin, iconSize: [28, 28] }), title: point.label || "", alt: point.label || "", keyboard: true, zIndexOffset: point.front ? 1000 : 0 });
  if (point.label) made.bindTooltip(Denghuo.el("span", {}, point.label), { direction: "top", offset: [0, -12] });
  if (point.url) made.on("click keypress", (event) => (event.type === "click" || event.originalEvent?.key === "Enter") && window.location.assign(point.url));
  return made;
}
function place(state) {
  const block = document.getElementById(state.node.dataset.points || "");
  const points = block ? JSON.parse(block.textContent) : [];
  const left = new Set(state.markers.keys());
  points.forEach((point, index) => {
    const id = String(point.id ?? index);
    const look = `${point.icon}|${point.tone}|${point.label}|${point.url}|${point.square}`;
    const known = state.markers.get(id);
    left.delete(id);
    if (known && known.look === look) return void known.marker.setLatLng([point.lat, point.lng]);
    known?.marker.remove();
    state.markers.set(id, { look, marker: marker(point).addTo(state.layer) });
  });
  for (const id of left) {
    state.markers.get(id).marker.remove();
    state.markers.delete(id);
  }
  if (!state.fitted) fit(state);
}
function fit(state) {
  const bounds = L.latLngBounds([]);
  const near = state.node.dataset.fit === "points" && state.markers.size > 0; // look at the points, not at the whole province
  if (state.base && !near) bounds.extend(state.base.getBounds());
  if (!state.base || near) [...state.markers.values()].forEach(({ marker: one }) => bounds.extend(one.getLatLng()));
  if (near && state.areas?.getLayers().length) bounds.extend(state.areas.getBounds());
  if (!bounds.isValid()) return void state.map.setView([36, 104], 4);
  state.fitted = Boolean(state.base) || state.markers.size > 0;
  state.map.fitBounds(bounds, { padding: [18, 18], maxZoom: 14, animate: false });
}
function loadBase(state) {
  const { node, map } = state;
  if (!node.dataset.geojson) return;
  fetch(node.dataset.geojson, { headers: { Accept: "application/geo+json, application/json" } })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
    .then((data) => {
      state.base = L.geoJSON(data, {
        style: styleOf,
        filter: (feature) => feature.geometry.type !== "Point" || Boolean(feature.properties?.name),
        pointToLayer: label,
        onEachFeature: (feature, layer) => {
          const { name, layer: kind } = feature.properties || {};
          if (name && !kind && /Polygon/.test(feature.geometry.type)) layer.bindTooltip(Denghuo.el("span", {}, name), { permanent: true, direction: "center", className: "dh-map-label", interactive: false });
        },
      }).addTo(map);
      state.fitted = false;
      fit(state);
      // The zoom at which the whole province fits: labels appear relative to it, whatever the size of the frame.
      state.whole = map.getBoundsZoom(state.base.getBounds(), false, L.point(36, 36)) - 0.25;
      showLabels(state);
      map.on("zoomend", () => showLabels(state));
    })
    .catch(() => Denghuo.toast(Denghuo.text("map.unavailable"), "warn"));
}
// Areas that lie on the base map, such as the ground of an outage; announced ones are dashed.
const areaStyle = ({ properties }) => {
  if (properties.tone) return { color: token(properties.tone), weight: 3, opacity: 0.8, fill: false }; // a line, such as a crew's route
  const coming = properties.state === "announced";
  const tone = token(coming ? "info" : "danger");
  return { color: tone, weight: 2, dashArray: coming ? "6 4" : null, fillColor: tone, fillOpacity: coming ? 0.12 : 0.28 };
};
function overlay(state) {
  const block = document.getElementById(state.node.dataset.areas || "");
  if (!block) return;
  const open = (feature, layer) => feature.properties.url && layer.on("click", () => window.location.assign(feature.properties.url));
  if (!state.map.getPane("areas")) state.map.createPane("areas").style.zIndex = "430"; // above the base map, below labels and markers
  state.areas?.remove();
  state.areas = L.geoJSON(JSON.parse(block.textContent), { style: areaStyle, onEachFeature: open, pane: "areas" }).addTo(state.map);
}
function draw(node) {
  if (maps.has(node) || !L) return;
  const map = L.map(node, { zoomControl: true, attributionControl: false, zoomSnap: 0.25, preferCanvas: true });
  map.createPane("labels").style.zIndex = "450"; // above the land, below the markers
  const state = { node, map, whole: 0, layer: L.layerGroup().addTo(map), markers: new Map(), base: null, fitted: false };
  maps.set(node, state);
  node.dhMap = map; // for scripts that draw on the map themselves
  map.setView([36, 104], 4);
  place(state);
  overlay(state);
  loadBase(state);
  node.dispatchEvent(new CustomEvent("dh:map", { bubbles: true }));
  new ResizeObserver(() => map.invalidateSize()).observe(node);
}
Denghuo.onContent((root) => {
  for (const [node, state] of maps) if (!node.isConnected) { state.map.remove(); maps.delete(node); }
  Denghuo.all(root, "[data-map]").forEach(draw);
  Denghuo.all(root, "script[type='application/json'][id]").forEach((block) => {
    for (const state of maps.values()) {
      if (state.node.dataset.points === block.id) place(state);
      if (state.node.dataset.areas === block.id && root !== document.body) overlay(state);
    }
  });
});
document.addEventListener("dh:theme", () => { for (const { base, areas } of maps.values()) { base?.setStyle(styleOf); areas?.setStyle(areaStyle); } });
