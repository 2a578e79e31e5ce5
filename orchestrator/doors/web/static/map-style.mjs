// How the ground is painted: calm, so that labs and couriers are what one sees.

const LIGHT = {
  land: "#F4F1EA", water: "#D3E2EE", green: "#E2EBD8", built: "#E9E4DA", builtEdge: "#DDD6C9",
  road: "#FFFFFF", roadEdge: "#DDD7CB", path: "#D8D0C1", rail: "#C6C0B5", name: "#6A7178", ink: "#1B1F23",
  halo: "#F4F1EA", accent: "#1F4E9E", done: "#545B62",
};
const DARK = {
  land: "#191D21", water: "#14242F", green: "#1C261F", built: "#20262B", builtEdge: "#2A3137",
  road: "#2E353C", roadEdge: "#14181B", path: "#2A3036", rail: "#343B42", name: "#98A0A8", ink: "#ECEAE4",
  halo: "#14171A", accent: "#8AB4F8", done: "#7F8891",
};
const NOTHING = { type: "FeatureCollection", features: [] };
const MAJOR = ["motorway", "trunk", "primary", "secondary", "tertiary"];
const MINOR = ["minor", "service", "street", "residential"];

export function paint({ tiles }, isDark) {
  const ink = isDark ? DARK : LIGHT;
  return {
    version: 8,
    sources: {
      region: { type: "vector", url: `pmtiles://${new URL(tiles, location.href)}` },
      lines: { type: "geojson", data: NOTHING },
      names: { type: "geojson", data: NOTHING },
      stops: { type: "geojson", data: NOTHING },
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": ink.land } },
      area("landcover", ink.green, ["in", ["get", "class"], ["literal", ["grass", "wood", "farmland"]]]),
      area("landuse", ink.green, ["in", ["get", "class"], ["literal", ["cemetery", "pitch", "park", "stadium"]]]),
      area("park", ink.green), area("water", ink.water),
      line("waterway", "waterway", ink.water, 1.5),
      { ...area("building", ink.built), minzoom: 13.5,
        paint: { "fill-color": ink.built, "fill-outline-color": ink.builtEdge } },
      line("rails", "transportation", ink.rail, 1, ["rail", "transit", "tram"]),
      { ...line("paths", "transportation", ink.path, 1, ["path", "track", "pedestrian"]), minzoom: 14 },
      road("minor-edge", ink.roadEdge, MINOR, 3, 11), road("major-edge", ink.roadEdge, MAJOR, 5, 15),
      road("minor", ink.road, MINOR, 2, 9), road("major", ink.road, MAJOR, 3.5, 13),
      ...names(ink), ...journeys(ink), ...stops(ink), spotNames(ink),
    ],
  };
}

function area(layer, color, filter) {
  return { id: layer, type: "fill", source: "region", "source-layer": layer,
    ...(filter && { filter }), paint: { "fill-color": color } };
}

function line(id, layer, color, width, classes) {
  return { id, type: "line", source: "region", "source-layer": layer,
    ...(classes && { filter: ["in", ["get", "class"], ["literal", classes]] }),
    paint: { "line-color": color, "line-width": width } };
}

function road(id, color, classes, near, close) {
  return { ...line(id, "transportation", color, 1, classes),
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": color,
      "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 11, near / 4, 14, near, 17, close] } };
}

// No glyphs are shipped: names are drawn in the reader's own fonts.
function names(ink) {
  const text = { "text-color": ink.name, "text-halo-color": ink.halo, "text-halo-width": 1.5 };
  return [
    { id: "street-names", type: "symbol", source: "region", "source-layer": "transportation_name", minzoom: 14.5,
      layout: { "symbol-placement": "line", "text-field": ["get", "name:latin"], "text-size": 11, "symbol-spacing": 320 },
      paint: text },
    { id: "place-names", type: "symbol", source: "region", "source-layer": "place",
      layout: { "text-field": ["get", "name:latin"], "text-size": 13 }, paint: text },
  ];
}

function spotNames(ink) {
  return { id: "spot-names", type: "symbol", source: "names",
    filter: ["any", ["get", "lab"], [">=", ["zoom"], 15]],
    layout: { "text-field": ["get", "name"], "text-size": ["case", ["get", "lab"], 14, 12], "symbol-sort-key": ["get", "rank"],
      "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 1.6, "text-font": ["sans-serif"] },
    paint: { "text-color": ink.ink, "text-halo-color": ink.halo, "text-halo-width": 2 } };
}

// Stops of routes, each with its number; of several at one place one is drawn.
function stops(ink) {
  return [
    { id: "stops", type: "circle", source: "stops",
      paint: { "circle-radius": 9, "circle-color": ink.halo, "circle-stroke-width": 2, "circle-stroke-color": ink.accent } },
    { id: "stop-numbers", type: "symbol", source: "stops",
      layout: { "text-field": ["get", "number"], "text-size": 11, "text-font": ["sans-serif"] },
      paint: { "text-color": ink.ink } },
  ];
}

function journeys(ink) {
  const of = (kind, width, color, more = {}) => ({
    id: `line-${kind}`, type: "line", source: "lines", filter: ["==", ["get", "kind"], kind],
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": color, "line-width": width, ...more },
  });
  return [
    of("done", 4, ink.done, { "line-opacity": 0.6 }),
    of("next", 4, ink.accent, { "line-dasharray": [0.5, 2] }),
    of("other", 2, ink.done, { "line-opacity": 0.35 }),
    of("route", 3, ink.accent, { "line-opacity": 0.55 }),
    of("now", 5, ink.accent),
  ];
}
