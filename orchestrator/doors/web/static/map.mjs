// The region's map: tiles from one file, labs, shops, couriers that move, routes and legs.
// Without tiles or WebGL nothing is drawn: the list beside it holds the same.

import { paint } from "fab/map-style";

const FETCH_GAP_MS = 2_000;
const AFTER_LISTS_MS = 500; // what can be read goes first
const GLIDE_MS = 1_200;
const ICON_OF_KIND = { lab: "factory", shop: "storefront", courier: "bicycle" };
const STATE_ICON = { "needs-you": "warning", offline: "wifi-slash", failed: "warning-octagon" };
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

export async function start(box) {
  if (!hasWebGl()) { box.hidden = true; return; }
  await inSight(box);
  try { await begin(box); } catch (error) { box.hidden = true; throw error; }
}

// The library is half a megabyte: it is fetched only when the map is about to be seen.
function inSight(box) {
  return new Promise((seen) => {
    new IntersectionObserver((entries, watch) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      seen();
    }, { rootMargin: "200px" }).observe(box);
  });
}

async function begin(box) {
  const library = await import("maplibre");
  const view = await read(box.dataset.map);
  library.setWorkerUrl(box.dataset.worker);
  library.addProtocol("pmtiles", new globalThis.pmtiles.Protocol().tile);
  const map = new library.Map({
    container: box, style: paint(box.dataset, isDark()), bounds: boundsOf(view),
    fitBoundsOptions: { padding: 48, maxZoom: 16 }, minZoom: 9, maxZoom: 18,
    attributionControl: { compact: true, customAttribution: box.dataset.credit },
    dragRotate: false, pitchWithRotate: false, cooperativeGestures: matchMedia("(pointer: coarse)").matches,
  });
  map.addControl(new library.NavigationControl({ showCompass: false }));
  const drawn = { library, map, box, markers: new Map(), view, chosen: null };
  map.on("styledata", () => { drawLines(drawn); drawNames(drawn); drawStops(drawn); });
  map.once("idle", () => { box.dataset.drawn = "yes"; });
  dark.addEventListener("change", () => map.setStyle(paint(box.dataset, isDark())));
  draw(drawn);
  listen(drawn);
  followRoutes(drawn);
  if (box.dataset.pick) (await import("fab/pick")).pick(drawn);
}

// A courier's route that is unfolded beside the map is the one that stands out on it.
function followRoutes(drawn) {
  document.addEventListener("toggle", (event) => {
    const route = event.target.dataset?.route;
    if (route === undefined) return;
    if (event.target.open) drawn.chosen = route;
    else if (drawn.chosen === route) drawn.chosen = null;
    drawLines(drawn);
    drawStops(drawn);
  }, true);
}

function isDark() {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : dark.matches;
}

function hasWebGl() {
  try { return Boolean(document.createElement("canvas").getContext("webgl2")); } catch { return false; }
}

async function read(url) {
  if (url.startsWith("#")) return JSON.parse(document.querySelector(url).textContent); // told with the page
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

function listen(drawn) {
  let readAt = 0;
  let planned = null;
  const again = async () => {
    planned = null;
    readAt = performance.now();
    drawn.view = await read(drawn.box.dataset.map).catch(() => drawn.view);
    draw(drawn);
  };
  const soon = () => { planned ??= setTimeout(again, Math.max(AFTER_LISTS_MS, readAt + FETCH_GAP_MS - performance.now())); };
  const own = (drawn.box.dataset.topics ?? "").split(" ").filter(Boolean);
  for (const topic of ["map-changed", "stale", ...own]) document.body.addEventListener(topic, soon);
  document.body.addEventListener("map-moved", (event) => {
    for (const [id, at] of Object.entries(JSON.parse(event.detail.data))) {
      const marker = drawn.markers.get(`courier-${id}`);
      if (marker) glide(marker, at);
    }
  });
}

function draw(drawn) {
  const seen = new Set();
  for (const [kind, spots] of [["lab", drawn.view.labs], ["shop", drawn.view.shops], ["courier", drawn.view.couriers]]) {
    for (const spot of spots) { seen.add(`${kind}-${spot.id}`); drawSpot(drawn, kind, spot); }
  }
  for (const [key, marker] of drawn.markers) {
    if (!seen.has(key)) { marker.remove(); drawn.markers.delete(key); }
  }
  drawLines(drawn);
  drawNames(drawn);
  drawStops(drawn);
}

// Spots are for pointers; the same links stand in the list for keys and screen readers.
function drawSpot({ library, map, box, markers }, kind, spot) {
  const key = `${kind}-${spot.id}`;
  const tone = toneOf(spot.state);
  let marker = markers.get(key);
  if (!marker) {
    const element = document.createElement("div");
    element.className = "spot";
    element.dataset.kind = kind;
    marker = new library.Marker({ element }).setLngLat([spot.lon, spot.lat]).addTo(map);
    for (const name of ["role", "aria-label", "tabindex"]) element.removeAttribute(name);
    element.setAttribute("aria-hidden", "true");
    element.addEventListener("click", () => { if (element.dataset.url && !box.dataset.pick) location.assign(element.dataset.url); });
    markers.set(key, marker);
  } else glide(marker, [spot.lon, spot.lat]);
  const element = marker.getElement();
  element.dataset.tone = tone;
  element.dataset.url = spot.url ?? "";
  element.title = [spot.name, spot.detail].filter(Boolean).join(", ");
  const icon = kind === "courier" ? ICON_OF_KIND.courier : STATE_ICON[spot.state] ?? ICON_OF_KIND[kind];
  element.replaceChildren(iconOf(box.dataset.icons, icon));
}

function iconOf(sprite, name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "i");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

function toneOf(state) {
  return { ready: "ready", running: "ok", "needs-you": "warn", failed: "stop", offline: "off" }[state] ?? "wait";
}

function glide(marker, [lon, lat]) {
  const from = marker.getLngLat();
  const startedAt = performance.now();
  marker.glide = startedAt;
  const step = (now) => {
    if (marker.glide !== startedAt) return;
    const share = still.matches ? 1 : Math.min((now - startedAt) / GLIDE_MS, 1);
    marker.setLngLat([from.lng + (lon - from.lng) * share, from.lat + (lat - from.lat) * share]);
    if (share < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

function drawLines({ map, view, chosen }) {
  const kind = (id) => (chosen === null ? "route" : id === chosen ? "now" : "other");
  const lines = [
    ...view.couriers.map((one) => ({ line: one.line, kind: kind(one.id) })),
    ...view.legs.map((leg) => ({ line: leg.line, kind: leg.state })),
  ].filter(({ line }) => line.length > 1);
  map.getSource("lines")?.setData({
    type: "FeatureCollection",
    features: lines.map(({ line, kind }) => ({
      type: "Feature", properties: { kind }, geometry: { type: "LineString", coordinates: line },
    })),
  });
}

function drawNames({ map, view }) {
  map.getSource("names")?.setData({
    type: "FeatureCollection",
    features: [...view.labs, ...view.shops].map((spot, rank) => ({
      type: "Feature", properties: { name: spot.name, rank, lab: rank < view.labs.length },
      geometry: { type: "Point", coordinates: [spot.lon, spot.lat] },
    })),
  });
}

function drawStops({ map, view, chosen }) {
  const stops = view.stops.filter((stop) => chosen === null || stop.courier === chosen);
  map.getSource("stops")?.setData({
    type: "FeatureCollection",
    features: stops.map((stop) => ({
      type: "Feature", properties: { number: String(stop.number) },
      geometry: { type: "Point", coordinates: [stop.lon, stop.lat] },
    })),
  });
}

function boundsOf(view) {
  const points = [
    ...[...view.labs, ...view.shops, ...view.couriers].map((spot) => [spot.lon, spot.lat]),
    ...view.legs.flatMap((leg) => leg.line),
  ];
  if (!points.length) return undefined;
  const lons = points.map(([lon]) => lon);
  const lats = points.map(([, lat]) => lat);
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}
