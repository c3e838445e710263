/**
 * The base map: how coast, borders and names look, in two themes and two languages.
 *
 * Owns: the MapLibre style over `world.pmtiles`. Doesn't own: what is in the tiles (`scripts/basemap.py`), the map itself (`map/map.js`).
 * A style of another theme or language differs only in paint and text: `map.setStyle(basemapStyle(...))` applies the
 * difference and fetches nothing again. There are no `glyphs`: text is drawn from the viewer's own fonts.
 * Borders are Natural Earth's, drawn as they come; they are nobody's claim.
 */

import { Protocol } from "pmtiles";

/** @typedef {import("maplibre-gl").StyleSpecification} Style */
/** @typedef {import("maplibre-gl").LayerSpecification} Layer */
/** @typedef {import("maplibre-gl").ExpressionSpecification} Expression */
/** @typedef {import("maplibre-gl").SymbolLayerSpecification} SymbolLayer */
/** @typedef {import("maplibre-gl").FilterSpecification} Filter */
/** @typedef {{type: "Feature", properties: Record<string, string>, geometry: {type: "LineString", coordinates: number[][]}}} Line */

const TILES = new URL("./world.pmtiles", import.meta.url).href;
const FONTS = ["Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic UI", "Meiryo", "IPAPGothic", "sans-serif"];
const GRATICULE_DEG = 10;

const colours = {
  dark: {
    sea: "#0a1119",
    land: "#16202b",
    coast: "#3a4f63",
    shore: "#263747",
    province: "#243140",
    border: "#4d6072",
    graticule: "#131e2a",
    dateLine: "#2b4257",
    halo: "#0d151e",
    seaHalo: "#0a1119",
    dot: "#7f90a3",
    city: "#9aabbd",
    town: "#778899",
    country: "#6d8299",
    water: "#4f7aa3",
    island: "#8496a8",
  },
  light: {
    sea: "#d5e0ea",
    land: "#f4f3ee",
    coast: "#8aa0b4",
    shore: "#b4c3d0",
    province: "#dddad1",
    border: "#a29a8c",
    graticule: "#c9d6e2",
    dateLine: "#9db3c6",
    halo: "#f8f7f3",
    seaHalo: "#d5e0ea",
    dot: "#66727e",
    city: "#3b4753",
    town: "#5d6873",
    country: "#7f7667",
    water: "#55799b",
    island: "#4b5966",
  },
};

let registered = false;

/** Teach MapLibre to read tiles from one file by byte range; before the first map. @param {typeof import("maplibre-gl")} maplibregl */
export function registerPmtiles(maplibregl) {
  if (registered) return;
  registered = true;
  maplibregl.addProtocol("pmtiles", new Protocol().tile);
}

/**
 * @param {{theme: "dark" | "light", language: string, pmtilesUrl?: string, graticule?: boolean}} options
 * @returns {Style}
 */
export function basemapStyle({ theme, language, pmtilesUrl = TILES, graticule = true }) {
  const colour = colours[theme];
  return {
    version: 8,
    name: "jointhq",
    sources: {
      world: {
        type: "vector",
        url: `pmtiles://${new URL(pmtilesUrl, TILES).href}`,
        attribution: "Natural Earth · GeoNames CC BY 4.0",
      },
      graticule: { type: "geojson", data: grid() },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": colour.sea } },
      ...(graticule ? graticuleLayers(colour) : []),
      ...groundLayers(colour),
      ...nameLayers(colour, language === "ja"),
    ],
  };
}

/** @param {typeof colours.dark} colour @returns {Layer[]} */
function graticuleLayers(colour) {
  return [
    {
      id: "graticule",
      type: "line",
      source: "graticule",
      filter: ["!", ["has", "label"]],
      paint: { "line-color": colour.graticule, "line-width": 1, "line-opacity": byZoom(1, 0.5, 3, 1) },
    },
    {
      id: "date-line",
      type: "line",
      source: "graticule",
      filter: ["has", "label"],
      paint: { "line-color": colour.dateLine, "line-width": 1, "line-dasharray": [6, 3, 1, 3] },
    },
  ];
}

/** @param {typeof colours.dark} colour @returns {Layer[]} */
function groundLayers(colour) {
  return [
    { id: "land", ...world("land"), type: "fill", paint: { "fill-color": colour.land } },
    { id: "lakes", ...world("lakes"), type: "fill", paint: { "fill-color": colour.sea } },
    {
      id: "lake-shores",
      ...world("lakes"),
      type: "line",
      paint: { "line-color": colour.shore, "line-width": 0.7 },
    },
    {
      id: "provinces",
      ...world("provinces"),
      type: "line",
      minzoom: 6,
      paint: { "line-color": colour.province, "line-width": byZoom(6, 0.7, 10, 1.3) },
    },
    {
      id: "borders",
      ...world("borders"),
      type: "line",
      paint: { "line-color": colour.border, "line-width": byZoom(1, 0.5, 8, 1.4), "line-dasharray": [4, 2.5] },
    },
    {
      id: "coast",
      ...world("land"),
      type: "line",
      layout: { "line-join": "round" },
      paint: { "line-color": colour.coast, "line-width": byZoom(1, 0.5, 8, 1.3) },
    },
    // The data ends at 180 degrees; the coast that draws there is none.
    { id: "seams", ...world("seams"), type: "line", paint: { "line-color": colour.land, "line-width": byZoom(1, 2, 8, 3) } },
  ];
}

/**
 * Names, the last one first in the struggle for room: cities, then countries, towns, islands and waters.
 * @param {typeof colours.dark} colour @param {boolean} japanese @returns {Layer[]}
 */
function nameLayers(colour, japanese) {
  /** @type {Expression} */
  const name = japanese ? ["coalesce", ["get", "name_ja"], ["get", "name"]] : ["get", "name"];
  /** @type {Expression} */
  const loud = japanese ? name : ["upcase", name];
  const lineEms = japanese ? 30 : 7; // Japanese would break inside a word.
  const halo = { "text-halo-color": colour.halo, "text-halo-width": 1.2 };
  const text = { "text-field": name, "text-font": FONTS };
  return [
    {
      id: "date-line-name",
      type: "symbol",
      source: "graticule",
      filter: ["has", "label"],
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 420,
        "text-field": "180°",
        "text-font": FONTS,
        "text-size": 10,
      },
      paint: { "text-color": colour.water, "text-halo-color": colour.seaHalo, "text-halo-width": 1.5 },
    },
    waterNames("straits", "strait", japanese ? 10.5 : 10, 0.05),
    waterNames("seas", "sea", byZoom(3, japanese ? 11 : 10.5, 7, japanese ? 15 : 14), 0.15),
    waterNames("oceans", "ocean", byZoom(1, 10.5, 4, 15), japanese ? 0.4 : 0.25),
    {
      id: "islands",
      ...world("places"),
      type: "symbol",
      filter: ["==", ["get", "kind"], "island"],
      layout: { ...text, "text-size": 10.5, "text-anchor": "top", "text-offset": [0, 0.5] },
      paint: { "text-color": colour.island, ...halo },
    },
    {
      id: "towns",
      ...world("places"),
      type: "symbol",
      filter: cities([">=", ["get", "zoom"], 7]),
      layout: { ...text, "text-size": byZoom(7, 10.5, 11, 12.5), "text-padding": 6, "symbol-sort-key": ["get", "order"] },
      paint: { "text-color": colour.town, ...halo },
    },
    {
      id: "countries",
      ...world("places"),
      type: "symbol",
      maxzoom: 6.5,
      filter: ["==", ["get", "kind"], "country"],
      layout: {
        "text-field": loud,
        "text-font": FONTS,
        "text-size": [
          "interpolate",
          ["linear"],
          ["zoom"],
          1,
          10,
          6,
          ["match", ["get", "zoom"], 1, 17, 2, 15, 3, 13.5, 12],
        ],
        "text-letter-spacing": japanese ? 0.15 : 0.12,
        "text-max-width": lineEms,
        "text-padding": 5,
        "text-variable-anchor": ["center", "bottom", "top", "right", "left"],
        "text-radial-offset": 0.6,
        "symbol-sort-key": ["get", "zoom"],
      },
      paint: { "text-color": colour.country, ...halo },
    },
    {
      id: "city-dots",
      ...world("places"),
      type: "circle",
      filter: cities(["<", ["get", "zoom"], 7]),
      paint: {
        "circle-radius": ["match", ["get", "zoom"], [2, 3], 2, 1.6],
        "circle-color": ["case", ["has", "capital"], colour.land, colour.dot],
        "circle-stroke-color": colour.dot,
        "circle-stroke-width": ["case", ["has", "capital"], 1.1, 0],
      },
    },
    {
      id: "cities",
      ...world("places"),
      type: "symbol",
      filter: cities(["<", ["get", "zoom"], 7]),
      layout: {
        ...text,
        "text-size": ["interpolate", ["linear"], ["zoom"], 2, 10.5, 5, sized(12.5, 11, 10.5), 9, sized(15, 14, 13)],
        "text-variable-anchor": ["left", "right", "bottom", "top"],
        "text-radial-offset": 0.45,
        "text-justify": "auto",
        "text-padding": 4,
        "text-max-width": lineEms,
        "symbol-sort-key": ["get", "order"],
      },
      paint: { "text-color": colour.city, ...halo },
    },
  ];

  /**
   * @param {string} id @param {string} kind @param {number | Expression} size @param {number} spacing
   * @returns {SymbolLayer}
   */
  function waterNames(id, kind, size, spacing) {
    return {
      id,
      ...world("places"),
      type: "symbol",
      filter: ["==", ["get", "kind"], kind],
      layout: { ...text, "text-size": size, "text-letter-spacing": spacing, "text-max-width": lineEms, "text-padding": 4 },
      paint: { "text-color": colour.water, "text-halo-color": colour.seaHalo, "text-halo-width": 1 },
    };
  }
}

/** A city's name waits for its own zoom; those past the tiles' last zoom ride along there. @param {Expression} tier @returns {Filter} */
function cities(tier) {
  /** @type {Expression} */
  const shown = ["step", ["zoom"], ["<=", ["get", "zoom"], 7]];
  for (const zoom of [8, 9, 10, 11]) shown.push(zoom, ["<=", ["get", "zoom"], zoom]);
  return ["all", ["==", ["get", "kind"], "city"], tier, shown];
}

/** A size by how early the city appears. @param {number} world @param {number} country @param {number} rest @returns {Expression} */
const sized = (world, country, rest) => ["step", ["get", "zoom"], world, 4, country, 5, rest];

/** @param {number} from @param {number} there @param {number} to @param {number} then @returns {Expression} */
const byZoom = (from, there, to, then) => ["interpolate", ["linear"], ["zoom"], from, there, to, then];

/** @param {string} layer */
const world = (layer) => ({ source: "world", "source-layer": layer });

/** Meridians and parallels; the one of 180 degrees is labelled. @returns {{type: "FeatureCollection", features: Line[]}} */
function grid() {
  /** @type {Line[]} */
  const features = [];
  for (let lon = -180 + GRATICULE_DEG; lon <= 180; lon += GRATICULE_DEG)
    features.push(line([[lon, -85], [lon, 85]], lon === 180 ? { label: "180°" } : {}));
  for (let lat = -80; lat <= 80; lat += GRATICULE_DEG) features.push(line([[-180, lat], [180, lat]], {}));
  return { type: "FeatureCollection", features };
}

/** @param {number[][]} coordinates @param {Record<string, string>} properties @returns {Line} */
function line(coordinates, properties) {
  return { type: "Feature", properties, geometry: { type: "LineString", coordinates } };
}
