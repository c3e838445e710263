/**
 * Where a mercator place falls on the screen.
 *
 * Owns: the straight line from mercator to CSS pixels of one moment's camera, and the copies of the world in view. The
 * map neither turns nor tilts, so a line is enough. Doesn't own: the map (`map.js`).
 */

import { mercatorX, mercatorY } from "./place.js";

const TILE = 512;

export class Camera {
  /** @param {import("maplibre-gl").Map} map */
  constructor(map) {
    const centre = map.getCenter();
    const at = map.project(centre);
    const { clientWidth, clientHeight } = map.getContainer();
    this.zoom = map.getZoom();
    /** CSS pixels around the world. */
    this.world = TILE * 2 ** this.zoom;
    this.width = clientWidth;
    this.height = clientHeight;
    this.centreX = mercatorX(centre.lng);
    this.centreY = mercatorY(centre.lat);
    this.left = at.x;
    this.top = at.y;
    this.lat = centre.lat;
  }

  /** The copy nearest the centre. @param {number} x mercator */
  toX(x) {
    const dx = x - this.centreX;
    return this.left + (dx - Math.round(dx)) * this.world;
  }

  /** @param {number} y mercator */
  toY(y) {
    return this.top + (y - this.centreY) * this.world;
  }

  /** Mercator x and y under a pixel. @param {number} px @param {number} py */
  from(px, py) {
    return { x: this.centreX + (px - this.left) / this.world, y: this.centreY + (py - this.top) / this.world };
  }

  /**
   * Shifts in CSS pixels at which a stretch of mercator x is in view.
   * @param {number} least @param {number} most mercator x, not wrapped
   * @param {number} from pixel of mercator 0 in the copy it was laid out in
   */
  copies(least, most, from) {
    const found = [];
    const first = Math.ceil((-from - most * this.world) / this.world);
    const last = Math.floor((this.width - from - least * this.world) / this.world);
    for (let k = first; k <= last; k++) found.push(k * this.world);
    return found;
  }
}
