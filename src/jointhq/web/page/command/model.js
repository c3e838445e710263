/**
 * The structure at one moment, arranged for drawing.
 *
 * Owns: who stands under whom, the roots of each nation, which rows a tree has, what a search finds. Pure: no signals,
 * no network. Doesn't own: how a row is drawn (`tree.js`).
 */

/** @typedef {import("./types.js").UnitRow} UnitRow */
/** @typedef {import("./types.js").RelationRow} RelationRow */
/**
 * @typedef {object} Row
 * @property {UnitRow} unit
 * @property {number} depth
 * @property {string} type of the relation to whom it stands under, "" at the root
 * @property {number} rails which lines of ancestors run on past this row: bit d is the one at depth d
 * @property {boolean} last of those under the same unit
 * @property {number} under how many stand under it
 * @property {boolean} open
 * @property {boolean} found it is what was searched for, not only on the way to it
 */

/** A search says what it found up to this depth of a tree; deeper there are no more lines to draw. */
const DEPTH_MAX = 30;
/** Whom a unit stands under for pay, discipline and logistics. */
const ADMINISTRATIVE = new Set(["ADCON", "COCOM", "FULLCOM", "ORG"]);
/** Authority that is given over a unit beside the line of the tree. */
const BESIDE = new Set(["TACOM", "TACON"]);
/** What binds two units besides the line of the tree. */
export const ACROSS = new Set([...BESIDE, "SUPPORT", "COORD", "DIRLAUTH", "LIAISON", "FAC", "COMP"]);

/** Digits count as numbers: "9th" before "18th". */
const byName = new Intl.Collator("en", { numeric: true });

export class Structure {
  /**
   * @param {import("./types.js").StructureBody} body
   * @param {"operational" | "administrative"} chain
   */
  constructor(body, chain) {
    this.body = body;
    /** @type {Map<string, UnitRow>} */
    this.units = new Map(body.units.map((unit) => [unit.id, unit]));
    /** @type {Map<string, {parent: string, type: string}>} */
    this.over = new Map();
    for (const unit of body.units) {
      if (chain === "operational" && unit.parent) this.over.set(unit.id, { parent: unit.parent, type: unit.parent_type });
    }
    /** @type {Map<string, RelationRow[]>} by each of their two units */
    this.relations = new Map();
    for (const relation of body.relations) {
      for (const id of [relation.superior, relation.subordinate]) {
        const known = this.relations.get(id);
        if (known) known.push(relation);
        else this.relations.set(id, [relation]);
      }
      if (chain === "administrative" && ADMINISTRATIVE.has(relation.type)) {
        const known = this.over.get(relation.subordinate);
        if (known?.type !== "ADCON") {
          this.over.set(relation.subordinate, { parent: relation.superior, type: relation.type });
        }
      }
    }
    /** @type {Map<string, UnitRow[]>} */
    this.under = new Map();
    /** @type {UnitRow[]} */
    this.roots = [];
    for (const unit of body.units) {
      const parent = this.over.get(unit.id)?.parent ?? "";
      if (!this.units.has(parent) || this.#circular(unit.id)) {
        this.over.delete(unit.id);
        this.roots.push(unit);
        continue;
      }
      const beside = this.under.get(parent);
      if (beside) beside.push(unit);
      else this.under.set(parent, [unit]);
    }
    const order = (/** @type {UnitRow} */ a, /** @type {UnitRow} */ b) =>
      byName.compare(b.echelon, a.echelon) || byName.compare(a.external_id || a.id, b.external_id || b.id);
    for (const list of this.under.values()) list.sort(order);
    this.roots.sort(order);
    /** @type {Map<string, import("./types.js").Alarm[]>} */
    this.alarms = new Map();
    for (const alarm of body.alarms ?? []) {
      this.alarms.set(alarm.unit, [...(this.alarms.get(alarm.unit) ?? []), alarm]);
    }
  }

  /** Whoever follows the line upward comes back to where he began. @param {string} id */
  #circular(id) {
    let at = id;
    for (let steps = 0; steps <= this.units.size; steps++) {
      at = this.over.get(at)?.parent ?? "";
      if (!at) return false;
      if (at === id) return true;
    }
    return true;
  }

  /** From the unit upward, itself not. @param {string} id @returns {string[]} */
  above(id) {
    const found = [];
    for (let at = this.over.get(id)?.parent; at; at = this.over.get(at)?.parent) found.push(at);
    return found;
  }

  /**
   * The nations, side by side: each a column of trees; those with few units share the last.
   * @param {string} first the nation that stands first, the headquarters' own
   * @param {number} columns
   * @returns {{nations: string[], roots: UnitRow[]}[]}
   */
  columns(first, columns) {
    /** @type {Map<string, number>} units by nation of their root */
    const sizes = new Map();
    for (const unit of this.units.values()) {
      const root = this.units.get(this.above(unit.id).at(-1) ?? unit.id) ?? unit;
      sizes.set(root.nation, (sizes.get(root.nation) ?? 0) + 1);
    }
    const size = (/** @type {string} */ nation) => (nation === first ? Infinity : (sizes.get(nation) ?? 0));
    const nations = [...sizes.keys()].sort((a, b) => size(b) - size(a) || a.localeCompare(b));
    const split = nations.slice(0, columns).map((nation) => [nation]);
    if (split.length) split[split.length - 1].push(...nations.slice(columns));
    return split.map((group) => ({
      nations: group,
      roots: group.flatMap((nation) => this.roots.filter((root) => root.nation === nation)),
    }));
  }

  /**
   * What a search finds: all its words in the unit's names, place, ids.
   * @param {string} query
   * @returns {Set<string> | null} null for no search
   */
  search(query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    const found = new Set();
    for (const unit of this.units.values()) {
      const text = textOf(unit);
      if (words.every((word) => text.includes(word))) found.add(unit.id);
    }
    return found;
  }

  /**
   * The rows of a column. A search opens the way to what it found and shows nothing else.
   * @param {UnitRow[]} roots
   * @param {(id: string) => boolean} isOpen
   * @param {Set<string> | null} found
   * @returns {Row[]}
   */
  rows(roots, isOpen, found) {
    /** @type {Set<string> | null} */
    const way = found && new Set(found);
    for (const id of found ?? []) for (const at of this.above(id)) way?.add(at);
    /** @type {Row[]} */
    const rows = [];
    /** @param {UnitRow[]} units @param {number} depth @param {number} rails */
    const walk = (units, depth, rails) => {
      const shown = way ? units.filter((unit) => way.has(unit.id)) : units;
      shown.forEach((unit, i) => {
        const under = this.under.get(unit.id) ?? [];
        const last = i === shown.length - 1;
        const open = under.length > 0 && (way ? under.some((one) => way.has(one.id)) : isOpen(unit.id));
        rows.push({
          unit,
          depth,
          type: this.over.get(unit.id)?.type ?? "",
          rails,
          last,
          under: under.length,
          open,
          found: found?.has(unit.id) ?? false,
        });
        if (open) walk(under, depth + 1, last || depth >= DEPTH_MAX || !depth ? rails : rails | (1 << depth));
      });
    };
    walk(roots, 0, 0);
    return rows;
  }

  /** What binds the unit to others besides its place in the tree; authority first, then what leads to another nation. @param {string} id */
  across(id) {
    const rank = (/** @type {RelationRow} */ one) =>
      BESIDE.has(one.type) ? -1 : this.units.get(one.superior)?.nation === this.units.get(one.subordinate)?.nation ? 1 : 0;
    return (this.relations.get(id) ?? [])
      .filter((one) => ACROSS.has(one.type) && !(one.subordinate === id && this.over.get(id)?.parent === one.superior))
      .sort((a, b) => rank(a) - rank(b));
  }
}

/** @type {WeakMap<UnitRow, string>} */
const texts = new WeakMap();

/** @param {UnitRow} unit */
function textOf(unit) {
  let text = texts.get(unit);
  if (text === undefined) {
    text = [unit.name, unit.name_ja, unit.short, unit.place, unit.place_ja, unit.external_id, unit.id, unit.nation]
      .join("\n")
      .toLowerCase();
    texts.set(unit, text);
  }
  return text;
}
