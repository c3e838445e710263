/**
 * The map under the tracks.
 *
 * Owns: MapLibre, its base map in the theme and language, the pointer and the camera: go to, follow, views. Doesn't
 * own: the tracks on top (`overlay.js`), the base map's style (`basemap/basemap.js`).
 */

import { effect } from "@preact/signals";
import * as maplibregl from "maplibre-gl";

import { basemapStyle, registerPmtiles } from "../basemap/basemap.js";
import { store } from "../picture/moment.js";
import { choosing, following, headquarters, hovered, hoveredMore, narrow, say, selected, theme } from "../state.js";
import { language, nameOf, t } from "../words.js";
import { Overlay } from "./overlay.js";
import { latitude, longitude } from "./place.js";
import { extendTrail, watchTrail } from "./trail.js";

/** Follow lets a track wander this far from the middle before the map moves, as a part of the view. */
const WANDER = 0.22;
/** A click on a stack whose units stand further apart than this many CSS pixels two zooms in goes there. */
const STACK_APART_PX = 60;
const CHOICES_MAX = 40;
/** What the card covers: pixels at the right, on a phone a part of the height. */
const CARD_PX = 360;
const SHEET = 0.58;
/** What the views and the zoom buttons cover at the foot of the map. */
const CONTROLS_PX = 90;

/** @type {maplibregl.Map | null} */
let map = null;
/** @type {Overlay | null} */
let overlay = null;
/** What was asked for while there was no map yet. @type {((map: maplibregl.Map) => void) | null} */
let awaited = null;

/** Move the map, or the one that will be made. @param {(map: maplibregl.Map) => void} does */
const steer = (does) => {
  if (map) does(map);
  else awaited = does;
};

const still = matchMedia("(prefers-reduced-motion: reduce)");
const move_ms = () => (still.matches ? 0 : 600);

/**
 * @param {HTMLElement} container
 * @param {HTMLCanvasElement} canvas
 */
export function createMap(container, canvas) {
  const view = headquarters.peek()?.view ?? { lat: 30, lon: 150, zoom: 2 };
  registerPmtiles(maplibregl);
  const made = new maplibregl.Map({
    container,
    style: basemapStyle({ theme: theme.peek(), language: language.peek() }),
    center: [view.lon, view.lat],
    zoom: fitted(view.zoom),
    minZoom: 0.5,
    maxZoom: 16,
    renderWorldCopies: true,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    attributionControl: false,
    fadeDuration: 0,
    locale: { "Map.Title": t("map.title") },
  });
  map = made;
  made.touchZoomRotate.disableRotation();
  made.keyboard.disableRotation();
  made.addControl(new maplibregl.AttributionControl({ compact: false }), "bottom-right");
  made.addControl(new maplibregl.ScaleControl({ unit: "nautical", maxWidth: 120 }), "bottom-right");
  made.on("error", (event) => console.warn("map", event.error?.message ?? event));
  effect(() => {
    const style = basemapStyle({ theme: theme.value, language: language.value });
    if (made.isStyleLoaded()) made.setStyle(style);
    else void made.once("styledata", () => made.setStyle(style));
  });
  const drawn = (overlay = new Overlay(made, canvas));
  drawn.subscribe();
  drawn.onDrawn = keepFollowing;
  watchTrail(() => drawn.touch());
  listen(made, drawn);
  requestAnimationFrame(() => {
    awaited?.(made); // Once the padding is set, which would stop it.
    awaited = null;
  });
}

/** A phone shows as much of the world as a desk does only from further away. @param {number} zoom */
const fitted = (zoom) => (narrow.peek() ? zoom - 1.1 : zoom);

/** @param {maplibregl.Map} made @param {Overlay} drawn */
function listen(made, drawn) {
  /** @type {import("maplibre-gl").Point | null} */
  let pointer = null;
  made.on("mousemove", (event) => {
    if (!pointer)
      requestAnimationFrame(() => {
        if (pointer) hover(made, drawn, pointer);
        pointer = null;
      });
    pointer = event.point;
  });
  made.on("mouseout", () => {
    pointer = null;
    hovered.value = "";
  });
  made.on("dragstart", () => (following.value = false));
  made.on("movestart", () => (choosing.value = null));
  made.on("click", (event) => click(made, drawn, event.point));
}

/** @param {maplibregl.Map} made @param {Overlay} drawn @param {{x: number, y: number}} at */
function hover(made, drawn, at) {
  const { uids } = drawn.at(at.x, at.y);
  hoveredMore.value = Math.max(0, uids.length - 1);
  hovered.value = uids[0] ?? "";
  made.getCanvas().style.cursor = uids.length ? "pointer" : "";
}

/** @param {maplibregl.Map} made @param {Overlay} drawn @param {{x: number, y: number}} at */
function click(made, drawn, at) {
  const { uids, stack } = drawn.at(at.x, at.y);
  choosing.value = null;
  if (!uids.length) {
    drawn.open([]);
    selected.value = "";
  } else if (stack) openStack(made, drawn, uids);
  else if (uids.length === 1 || uids[0] === selected.peek()) select(uids[0]);
  else choosing.value = { x: at.x, y: at.y, uids: uids.slice(0, CHOICES_MAX) };
}

/**
 * Go nearer where that parts the units, else spread them where they are.
 * @param {maplibregl.Map} made
 * @param {Overlay} drawn
 * @param {string[]} uids
 */
function openStack(made, drawn, uids) {
  const picture = store();
  const slots = uids.map((uid) => picture.slotOf.get(uid)).filter((slot) => slot !== undefined);
  const xs = slots.map((slot) => picture.x[slot]);
  const ys = slots.map((slot) => picture.y[slot]);
  const [west, east, north, south] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const zoom = made.getZoom();
  if (Math.max(east - west, south - north) * 512 * 2 ** (zoom + 2) > STACK_APART_PX) {
    made.easeTo({
      center: [longitude((west + east) / 2), latitude((north + south) / 2)],
      zoom: Math.min(10, zoom + 2),
      duration: move_ms(),
    });
  } else drawn.open(uids);
}

/** @param {string} uid */
export function select(uid) {
  choosing.value = null;
  if (uid !== selected.peek()) following.value = false;
  selected.value = uid;
}

/** Select, and bring into view what is not, or what the list or the card would cover. @param {string} uid */
export function goToTrack(uid) {
  select(uid);
  const at = overlay?.placeOf(uid);
  if (!overlay || !at) return centreOn(uid);
  const { left, width, height } = overlay.camera;
  const listed = 2 * left - width; // the list pushes the middle aside by half its width
  const covered = narrow.peek()
    ? at.y > height * (1 - SHEET)
    : at.x < listed || at.x > width - CARD_PX || at.y > height - CONTROLS_PX;
  if (covered) centreOn(uid);
}

/** @param {string} uid */
export function centreOn(uid) {
  steer((made) => {
    const picture = store();
    const slot = picture.slotOf.get(uid);
    if (slot === undefined) return;
    made.easeTo({
      center: [longitude(picture.x[slot]), latitude(picture.y[slot])],
      zoom: Math.max(made.getZoom(), 7),
      offset: narrow.peek() ? [0, (-made.getContainer().clientHeight * SHEET) / 2] : [0, 0],
      duration: move_ms(),
    });
  });
}

/** @param {{lat: number, lon: number}} place */
export function goToPlace(place) {
  steer((made) =>
    made.easeTo({ center: [place.lon, place.lat], zoom: Math.max(made.getZoom(), 9), duration: move_ms() }),
  );
}

/** @param {number} index */
export function goToView(index) {
  const view = headquarters.peek()?.views[index];
  if (!view) return;
  following.value = false;
  steer((made) => made.easeTo({ center: [view.lon, view.lat], zoom: fitted(view.zoom), duration: move_ms() }));
  say(t("view.shown", { view: nameOf(view) }));
}

/** @param {number} by */
export function zoomBy(by) {
  map?.easeTo({ zoom: map.getZoom() + by, duration: move_ms() / 3 });
}

/** @returns {{lat: number, lon: number}} */
export function centre() {
  const at = map?.getCenter();
  return at ? { lat: at.lat, lon: at.lng } : { lat: 0, lon: 0 };
}

/** Where a track is drawn, in pixels of the map. @param {string} uid */
export const placeOf = (uid) => overlay?.placeOf(uid) ?? null;

/** Draw again: a filter or the store changed. */
export function redraw() {
  extendTrail();
  overlay?.touch();
}

/** The list lies over the map and pushes its middle aside; views and zoom lie over its foot. @param {number} left CSS pixels */
export function setPadding(left) {
  if (!map) return;
  const bottom = narrow.peek() ? 0 : CONTROLS_PX;
  const { left: before, bottom: below } = map.getPadding();
  if (before !== left || below !== bottom) map.setPadding({ left, right: 0, top: 0, bottom }); // It stops a move under way.
}

function keepFollowing() {
  if (!following.peek() || !map || !overlay || map.isMoving()) return;
  const uid = selected.peek();
  const at = overlay.placeOf(uid);
  const { left, top, width, height } = overlay.camera;
  const far = !at || Math.abs(at.x - left) > width * WANDER || Math.abs(at.y - top) > height * WANDER;
  if (far) centreOn(uid);
}
