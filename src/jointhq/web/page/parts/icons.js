/**
 * Small line icons and drawn symbols, as components. Owns their shapes. Doesn't own: what they mean; each stands
 * beside words or has a label.
 */

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { theme } from "../state.js";
import { glyph } from "../symbols/atlas.js";

const LINES = /** @type {Record<string, string>} */ ({
  search: "M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M10.5 10.5L14 14",
  close: "M4 4L12 12M12 4L4 12",
  list: "M2 4h12M2 8h12M2 12h12",
  sun: "M8 5a3 3 0 1 1 0 6a3 3 0 0 1 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5Z",
  help: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M8 12.3v.4",
  exit: "M6 2.5H3v11h3M7 8h7M11 5l3 3l-3 3",
  clock: "M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12M8 4.5V8l2.5 1.5",
  server: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01",
  play: "M5 3L13 8L5 13Z",
  pause: "M5 3v10M11 3v10",
  back: "M10 3L5 8L10 13",
  forward: "M6 3L11 8L6 13",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  follow: "M8 1v4M8 11v4M1 8h4M11 8h4M8 5.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 0 1 0-5",
  path: "M2 13C5 13 5 8 8 8S11 3 14 3",
  copy: "M5 5h8v8H5zM3 11V3h8",
  person: "M8 2.5a2.75 2.75 0 1 1 0 5.5a2.75 2.75 0 0 1 0-5.5M2.5 14c0-3 2.5-4.5 5.5-4.5s5.5 1.5 5.5 4.5",
  people: "M6 3a2.25 2.25 0 1 1 0 4.5a2.25 2.25 0 0 1 0-4.5M1.5 13c0-2.5 2-3.75 4.5-3.75s4.5 1.25 4.5 3.75M10.5 3.2a2.1 2.1 0 0 1 0 4.1M12 9.6c1.6.5 2.5 1.6 2.5 3.4",
  badge: "M3 2.5h10v11H3zM6.5 2.5v-1h3v1M8 5.5a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3M5.5 11.5c.4-1.2 1.3-1.7 2.5-1.7s2.1.5 2.5 1.7",
  key: "M7.5 8a2.5 2.5 0 1 1-5 0a2.5 2.5 0 0 1 5 0M7.5 8H14v3M11 8v2",
  device: "M4.5 1.5h7v13h-7zM7.5 12.5h1",
  eye: "M1.5 8c2-3.3 4-4.5 6.5-4.5s4.5 1.2 6.5 4.5c-2 3.3-4 4.5-6.5 4.5S3.5 11.3 1.5 8M8 6a2 2 0 1 1 0 4a2 2 0 0 1 0-4",
  map: "M1.5 4L6 2.5L10 4L14.5 2.5V12L10 13.5L6 12L1.5 13.5zM6 2.5V12M10 4v9.5",
  structure: "M6 2h4v3H6zM1.5 11h4v3h-4zM10.5 11h4v3h-4zM8 5v3M3.5 11V8h9v3",
  grid: "M2 2.5h12v11H2zM2 6h12M2 9.75h12M6 2.5v11M10 2.5v11",
  week: "M2 3h12v11H2zM2 6.5h12M5 1.5v3M11 1.5v3M4.5 9h2M7.5 9h2M10.5 9h1.5M4.5 11.5h2M7.5 11.5h2",
  order: "M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3M5.5 7.5h5M5.5 10h5M5.5 12.2h3",
  requirement: "M8 1.5L14.5 8L8 14.5L1.5 8zM6.3 6.2a1.8 1.8 0 1 1 2.5 1.7c-.6.3-.8.6-.8 1.2M8 11.2v.2",
  edit: "M3 13l.7-3L11 2.7 13.3 5 6 12.3z",
  import: "M8 2v8M5 7l3 3l3-3M2.5 9.5V14h11V9.5",
  export: "M8 10V2M5 5l3-3l3 3M2.5 9.5V14h11V9.5",
  centre: "M8 2v3M8 11v3M2 8h3M11 8h3",
});

/** @param {{name: string}} props */
export const Icon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${LINES[name]} /></svg>`;

/**
 * A track's symbol at a row or card's head.
 * @param {{meaning: import("../symbols/kinds.js").Meaning, stale: boolean, box: number, size?: number}} props
 */
export function Symbol2525({ meaning, stale, box, size = 19 }) {
  const ref = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const mode = theme.value;
  useEffect(() => {
    const canvas = ref.current;
    const g = canvas?.getContext("2d");
    if (!canvas || !g) return;
    const ratio = devicePixelRatio || 1;
    const drawn = glyph(meaning, stale, mode, ratio, size);
    canvas.width = canvas.height = Math.round(box * ratio);
    const scale = Math.min(1, box / drawn.width, box / drawn.height);
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.drawImage(
      drawn.canvas,
      (box - drawn.width * scale) / 2,
      (box - drawn.height * scale) / 2,
      drawn.width * scale,
      drawn.height * scale,
    );
  }, [meaning, stale, mode, box, size]);
  return html`<canvas class="symbol" ref=${ref} style=${{ width: `${box}px`, height: `${box}px` }} aria-hidden="true" />`;
}

const FRAMES = /** @type {Record<string, string>} */ ({
  friend: "M1.5 4h13v8h-13z",
  hostile: "M8 1L15 8L8 15L1 8z",
  neutral: "M3 3h10v10H3z",
  unknown: "M5 5a3 3 0 0 1 6 0a3 3 0 0 1 0 6a3 3 0 0 1-6 0a3 3 0 0 1 0-6z",
  none: "M8 5.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 0 1 0-5z",
});

/** The 2525 frame of an affiliation, as beside its filter. @param {{affiliation: string}} props */
export const Frame = ({ affiliation }) =>
  html`<svg class="frame ${affiliation}" viewBox="0 0 16 16" aria-hidden="true"><path d=${FRAMES[affiliation]} /></svg>`;
