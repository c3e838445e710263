/**
 * What a CoT type means to a person.
 *
 * Owns: CoT type or 2525 digits -> affiliation, domain, the letters milsymbol draws, the words. Doesn't own: drawing
 * (`atlas.js`). Source: CoT type tree; MIL-STD-2525B/C letters, 2525D digits (set, identity).
 */

import { has, t } from "../words.js";

/** Affiliations as small numbers, for typed arrays; the order is the order of filters. */
export const AFFILIATIONS = /** @type {const} */ (["friend", "hostile", "neutral", "unknown", "none"]);
export const DOMAINS = /** @type {const} */ (["air", "sea", "land", "other"]);

const FRIEND = 0;
const HOSTILE = 1;
const NEUTRAL = 2;
const UNKNOWN = 3;
const NONE = 4;

/** CoT identity letter -> affiliation. Joker and faker are friends that play a part: 2525 frames them as friends. */
const BY_LETTER = /** @type {Record<string, number>} */ ({
  f: FRIEND,
  a: FRIEND,
  j: FRIEND,
  k: FRIEND,
  h: HOSTILE,
  s: HOSTILE,
  n: NEUTRAL,
});
/** 2525D standard identity digit -> affiliation. */
const BY_DIGIT = [UNKNOWN, UNKNOWN, FRIEND, FRIEND, NEUTRAL, HOSTILE, HOSTILE];
const DOMAIN_BY_LETTER = /** @type {Record<string, number>} */ ({ A: 0, S: 1, U: 1, G: 2, F: 2 });
const DOMAIN_BY_SET = /** @type {Record<string, number>} */ ({
  "01": 0,
  "02": 0,
  51: 0,
  30: 1,
  35: 1,
  36: 1,
  10: 2,
  11: 2,
  15: 2,
  20: 2,
  27: 2,
});

/**
 * Kinds that have words of their own (`kind.<it>`): the letters after the affiliation of an atom, or a whole other
 * type. The longest that fits a type names it.
 */
export const KINDS = new Set([
  "P",
  "P-S",
  "A",
  "A-M",
  "A-M-F",
  "A-M-F-F",
  "A-M-F-C",
  "A-M-F-K",
  "A-M-F-P",
  "A-M-F-R",
  "A-M-F-Q",
  "A-M-H",
  "A-M-L",
  "A-C",
  "A-C-F",
  "A-C-F-q",
  "A-C-H",
  "A-C-L",
  "A-W",
  "G",
  "G-U",
  "G-U-C",
  "G-U-C-I",
  "G-U-C-V",
  "G-U-S",
  "G-U-S-M",
  "G-U-S-S",
  "G-U-S-T",
  "G-U-U",
  "G-U-H",
  "G-E",
  "G-E-V",
  "G-E-V-C",
  "G-I",
  "G-I-B",
  "G-I-i-e",
  "G-I-U",
  "G-I-U-T",
  "G-I-X-H",
  "S",
  "S-C",
  "S-C-L",
  "S-C-A",
  "S-N",
  "S-N-R",
  "S-N-M",
  "S-O",
  "S-X",
  "S-X-M",
  "S-X-M-C",
  "S-X-M-O",
  "S-X-M-P",
  "S-X-M-F",
  "S-X-M-R",
  "S-X-M-H",
  "S-X-M-T-O",
  "S-X-M-T-U",
  "S-X-F",
  "S-X-L",
  "S-X-R",
  "S-X-H",
  "S-X-A-R",
  "U",
  "U-S",
  "F",
  "X",
  "b-m-p",
  "b-m-p-s-m",
  "b-m-p-w",
  "b-m-p-c",
  "b-m-r",
  "u-d",
  "u-d-f",
  "u-d-r",
  "u-d-c-c",
  "u-rb-a",
  "b-a-o",
  "b-a-o-tbl",
  "b-a-o-pan",
  "b-a-o-opn",
  "b-i-v",
]);

/** The identities a CoT type or SIDC names, finer than the affiliation: `identity.<it>`. */
const IDENTITY_BY_LETTER = /** @type {Record<string, string>} */ ({
  p: "pending",
  u: "unknown",
  a: "assumed_friend",
  f: "friend",
  n: "neutral",
  s: "suspect",
  h: "hostile",
  j: "joker",
  k: "faker",
  o: "none_specified",
  x: "other",
});
const IDENTITY_BY_DIGIT = ["pending", "unknown", "assumed_friend", "friend", "neutral", "suspect", "hostile"];

/**
 * @typedef {object} Meaning
 * @property {number} affiliation index into AFFILIATIONS
 * @property {number} domain index into DOMAINS
 * @property {string} identity key of `identity.*`, "" for what has none (markers, drawings, alerts)
 * @property {string} kind key of `kind.*`, "" where none fits
 * @property {string} sidc what milsymbol draws, "" for what has no 2525 symbol here
 * @property {"symbol" | "marker" | "drawing" | "alert" | "video"} shape
 * @property {boolean} exercise
 * @property {number} echelon 2525D amplifier digits, 0 where there is none
 */

/** @type {Map<string, Meaning>} */
const known = new Map();
/** One per distinct type and symbol; a client can invent types without end. */
const KNOWN_MAX = 4_000;

/**
 * @param {string} type CoT type
 * @param {string} sidc 20 or 30 digits where the source knows them, else ""
 * @returns {Meaning}
 */
export function meaningOf(type, sidc) {
  const key = `${type} ${sidc}`;
  let meaning = known.get(key);
  if (!meaning) {
    if (known.size >= KNOWN_MAX) known.clear();
    meaning = /^\d{20}(\d{10})?$/.test(sidc) ? fromDigits(type, sidc) : fromType(type);
    known.set(key, meaning);
  }
  return meaning;
}

/** @param {string} type @param {string} sidc @returns {Meaning} */
function fromDigits(type, sidc) {
  const digit = Number(sidc[3]);
  return {
    affiliation: BY_DIGIT[digit] ?? UNKNOWN,
    domain: DOMAIN_BY_SET[sidc.slice(4, 6)] ?? 3,
    identity: IDENTITY_BY_DIGIT[digit] ?? "unknown",
    kind: longestKind(type.slice(4)),
    sidc,
    shape: "symbol",
    exercise: sidc[2] === "1",
    echelon: Number(sidc.slice(8, 10)),
  };
}

/** @param {string} type @returns {Meaning} */
function fromType(type) {
  if (!/^a-[a-z]-[A-Z](-\w+)*$/.test(type)) return notAtom(type);
  const letter = type[2];
  const domain = type[4];
  const identity = letter === "o" || letter === "x" ? "U" : letter.toUpperCase();
  const rest = type.slice(6).split("-");
  const letters = rest
    .filter((part) => /^[A-Z0-9]$/.test(part))
    .join("")
    .slice(0, 6);
  return {
    affiliation: BY_LETTER[letter] ?? UNKNOWN,
    domain: DOMAIN_BY_LETTER[domain] ?? 3,
    identity: IDENTITY_BY_LETTER[letter] ?? "unknown",
    kind: longestKind(type.slice(4)),
    sidc: `S${identity}${/[PAGSUFXZ]/.test(domain) ? domain : "Z"}P${letters.padEnd(6, "-")}-----`,
    shape: "symbol",
    exercise: letter === "j" || letter === "k",
    echelon: 0,
  };
}

/** @param {string} type @returns {Meaning} */
function notAtom(type) {
  const shape = type.startsWith("b-a-o")
    ? "alert"
    : type.startsWith("u-")
      ? "drawing"
      : type === "b-i-v"
        ? "video"
        : "marker";
  return {
    affiliation: NONE,
    domain: 3,
    identity: "",
    kind: longestKind(type),
    sidc: "",
    shape,
    exercise: false,
    echelon: 0,
  };
}

/** @param {string} letters */
function longestKind(letters) {
  for (let kind = letters; kind; kind = kind.slice(0, Math.max(0, kind.lastIndexOf("-")))) {
    if (KINDS.has(kind)) return kind;
  }
  return "";
}

/**
 * The type in words: "neutral civil fixed-wing aircraft"; the bare type where it has none.
 * @param {Meaning} meaning
 * @param {string} type
 */
export function typeInWords(meaning, type) {
  const kind =
    meaning.echelon && has(`echelon.${meaning.echelon}`)
      ? t(`echelon.${meaning.echelon}`)
      : meaning.kind
        ? t(`kind.${meaning.kind}`)
        : type;
  return meaning.identity ? t("type.of", { identity: t(`identity.${meaning.identity}`), kind }) : kind;
}
