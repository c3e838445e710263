/**
 * Command units that stand at one place.
 *
 * Owns: which units share a place at a zoom, who stands for them with a count, and how a stack is spread so that each
 * can be seen and picked. Doesn't own: drawing (`overlay.js`). Only the zoom matters, not where the map is: a layout
 * is kept while one pans.
 */

/** Units nearer than this stack, CSS pixels. */
const NEAR_X = 40;
const NEAR_Y = 36;
/** From this zoom on every stack is spread by itself. */
const SPREAD_ZOOM = 8;
/** Spreading moves each unit out of the others' way in this many rounds; beyond the most, stacks stay closed. */
const ROUNDS = 160;
const SPREAD_MAX = 400;
const GAP = 4;

/**
 * @typedef {object} Unit
 * @property {number} slot
 * @property {number} x mercator
 * @property {number} y
 * @property {number} rank the highest stands for a stack
 * @property {number} width of its symbol and name together, CSS pixels
 * @property {number} height
 * @property {number} middleX from its place to the middle of that box
 * @property {number} middleY
 */
/**
 * @typedef {{dx: number, dy: number, leader: number, count: number, spread: boolean}} Seat `leader`: the slot drawn in its stead
 */

/**
 * @param {Unit[]} units
 * @param {number} zoom
 * @param {number} world CSS pixels around the world at that zoom
 * @param {ReadonlySet<number>} opened slots whose stack a person opened
 * @returns {Map<number, Seat>}
 */
export function seats(units, zoom, world, opened) {
  /** @type {Map<number, Seat>} */
  const found = new Map();
  /** @type {{leader: Unit, members: Unit[]}[]} */
  const stacks = [];
  for (const unit of [...units].sort((a, b) => b.rank - a.rank || a.slot - b.slot)) {
    const stack = stacks.find(
      ({ leader }) => Math.abs(leader.x - unit.x) * world < NEAR_X && Math.abs(leader.y - unit.y) * world < NEAR_Y,
    );
    if (stack) stack.members.push(unit);
    else stacks.push({ leader: unit, members: [unit] });
  }
  /** @type {Body[]} */
  const bodies = [];
  for (const { leader, members } of stacks) {
    const spread = units.length <= SPREAD_MAX && (zoom >= SPREAD_ZOOM || members.some(({ slot }) => opened.has(slot)));
    if (spread && (members.length > 1 || zoom >= SPREAD_ZOOM)) {
      members.forEach((unit, i) => bodies.push(body(unit, i, world)));
    } else {
      for (const { slot } of members) {
        found.set(slot, { dx: 0, dy: 0, leader: leader.slot, count: members.length, spread: false });
      }
    }
  }
  settle(bodies);
  for (const { unit, x, y, homeX, homeY } of bodies) {
    found.set(unit.slot, {
      dx: x - homeX,
      dy: y - homeY,
      leader: unit.slot,
      count: 1,
      spread: Math.hypot(x - homeX, y - homeY) > 3,
    });
  }
  return found;
}

/**
 * The box of one unit: where its middle is, and where it would be with nobody around.
 * @typedef {{unit: Unit, x: number, y: number, homeX: number, homeY: number}} Body
 */

/** @param {Unit} unit @param {number} i @param {number} world @returns {Body} */
function body(unit, i, world) {
  const homeX = unit.x * world + unit.middleX;
  const homeY = unit.y * world + unit.middleY;
  const angle = i * 2.399963; // the golden angle: units at one spot leave it in all directions
  return {
    unit,
    homeX,
    homeY,
    x: homeX + Math.cos(angle) * Math.sqrt(i) * 6,
    y: homeY + Math.sin(angle) * Math.sqrt(i) * 6,
  };
}

/** Push overlapping boxes apart along the shorter way, and pull each a little to its place. @param {Body[]} bodies */
function settle(bodies) {
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false;
    for (let i = 0; i < bodies.length; i++) {
      for (let j = i + 1; j < bodies.length; j++) moved = apart(bodies[i], bodies[j]) || moved;
    }
    if (!moved) return;
    if (round > ROUNDS * 0.7) continue;
    for (const at of bodies) {
      at.x += (at.homeX - at.x) * 0.02;
      at.y += (at.homeY - at.y) * 0.02;
    }
  }
}

/** @param {Body} a @param {Body} b */
function apart(a, b) {
  const needX = (a.unit.width + b.unit.width) / 2 + GAP - Math.abs(a.x - b.x);
  const needY = (a.unit.height + b.unit.height) / 2 + GAP - Math.abs(a.y - b.y);
  if (needX <= 0.5 || needY <= 0.5) return false;
  if (needX / 2 < needY) {
    const push = (a.x < b.x ? -needX : needX) / 2;
    a.x += push;
    b.x -= push;
  } else {
    const push = (a.y < b.y ? -needY : needY) / 2;
    a.y += push;
    b.y -= push;
  }
  return true;
}
