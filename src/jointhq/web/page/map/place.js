/**
 * Places: projecting, measuring, writing and reading them.
 *
 * Owns: Web Mercator as 0..1, great circles, MGRS and latitude/longitude as text. Doesn't own: the map's camera
 * (`map.js`).
 */

import { forward, toPoint } from "mgrs";

const RADIANS = Math.PI / 180;
const EARTH_M = 6_371_008.8;
/** Web Mercator ends here; MGRS ends nearer (UTM: 80 S to 84 N). */
const LATITUDE_MAX = 85.051129;

/** @param {number} lon */
export const mercatorX = (lon) => (lon + 180) / 360;

/** @param {number} lat */
export function mercatorY(lat) {
  const held = Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, lat));
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + (held * RADIANS) / 2)) / (2 * Math.PI);
}

/** @param {number} x */
export const longitude = (x) => (x - Math.floor(x)) * 360 - 180;

/** @param {number} y */
export const latitude = (y) => (2 * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - Math.PI / 2) / RADIANS;

/**
 * Mercator units in one metre at a latitude.
 * @param {number} lat
 */
export const perMetre = (lat) => 1 / (2 * Math.PI * EARTH_M * Math.cos(Math.min(85, Math.abs(lat)) * RADIANS));

/**
 * Great-circle distance in metres.
 * @param {number} lat1 @param {number} lon1 @param {number} lat2 @param {number} lon2
 */
export function distance_m(lat1, lon1, lat2, lon2) {
  const a = Math.sin(((lat2 - lat1) * RADIANS) / 2);
  const b = Math.sin(((lon2 - lon1) * RADIANS) / 2);
  const h = a * a + Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * b * b;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** "54S UE 50814 57475"; "" near the poles, where MGRS changes its grid. @param {number} lat @param {number} lon */
export function mgrsOf(lat, lon) {
  if (lat < -80 || lat > 84) return "";
  const text = forward([lon, lat], 5);
  return `${text.slice(0, -12)} ${text.slice(-12, -10)} ${text.slice(-10, -5)} ${text.slice(-5)}`;
}

/** @param {number} degrees @param {number} digits @param {string} positive @param {string} negative */
function degreesMinutes(degrees, digits, positive, negative) {
  const thousandths = Math.round(Math.abs(degrees) * 60_000);
  const whole = String(Math.floor(thousandths / 60_000)).padStart(digits, "0");
  const minutes = ((thousandths % 60_000) / 1000).toFixed(3).padStart(6, "0");
  return `${whole}°${minutes}′${degrees < 0 ? negative : positive}`;
}

/** Degrees and minutes, "35°44.910′N 139°20.940′E". @param {number} lat @param {number} lon */
export const degreesMinutesOf = (lat, lon) => `${degreesMinutes(lat, 2, "N", "S")} ${degreesMinutes(lon, 3, "E", "W")}`;

/** Decimal degrees, "35.74850, 139.34900". @param {number} lat @param {number} lon */
export const decimalOf = (lat, lon) => `${lat.toFixed(5)}, ${lon.toFixed(5)}`;

/**
 * Read a place from what a person typed: MGRS, decimal degrees, or degrees and minutes; null for anything else.
 * @param {string} text
 * @returns {{lat: number, lon: number} | null}
 */
export function placeFrom(text) {
  const line = text.trim().toUpperCase();
  return mgrsPlace(line) ?? decimalPlace(line) ?? minutesPlace(line);
}

/** @param {string} line */
function mgrsPlace(line) {
  const packed = line.replace(/\s+/g, "");
  if (!/^\d{1,2}[C-HJ-NP-X][A-HJ-NP-Z]{2}(\d\d){1,5}$/.test(packed)) return null;
  try {
    const [lon, lat] = toPoint(packed);
    return Number.isFinite(lat) && Number.isFinite(lon) ? { lat, lon } : null;
  } catch {
    return null; // No such square in that zone.
  }
}

/** @param {string} line */
function decimalPlace(line) {
  const found = /^([+-]?\d{1,2}(?:\.\d+)?)\s*°?\s*([NS]?)\s*[,\s]\s*([+-]?\d{1,3}(?:\.\d+)?)\s*°?\s*([EW]?)$/.exec(
    line,
  );
  if (!found || (!found[2] && !/[,.]/.test(line))) return null; // "12 34" is a search, not a place.
  return checked(signed(Number(found[1]), found[2] === "S"), signed(Number(found[3]), found[4] === "W"));
}

/** @param {string} line */
function minutesPlace(line) {
  const found =
    /^(\d{1,2})[°\s-]\s*(\d{1,2}(?:\.\d+)?)['′]?\s*([NS])[,\s]*(\d{1,3})[°\s-]\s*(\d{1,2}(?:\.\d+)?)['′]?\s*([EW])$/.exec(
      line,
    );
  if (!found) return null;
  const lat = Number(found[1]) + Number(found[2]) / 60;
  const lon = Number(found[4]) + Number(found[5]) / 60;
  return checked(signed(lat, found[3] === "S"), signed(lon, found[6] === "W"));
}

/** @param {number} value @param {boolean} negative */
const signed = (value, negative) => (negative ? -value : value);

/** @param {number} lat @param {number} lon */
const checked = (lat, lon) => (Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null);
