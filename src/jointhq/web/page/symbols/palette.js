/**
 * Colours of what is drawn on the map's overlay, by theme.
 *
 * Owns: canvas colours; the page's own are in `styles/tokens.css`. Colour never stands alone: frames carry
 * affiliation, hollowness staleness.
 */

/** @param {string} friend @param {string} hostile @param {string} neutral @param {string} unknown */
const byAffiliation = (friend, hostile, neutral, unknown) => ({
  Friend: friend,
  Hostile: hostile,
  Neutral: neutral,
  Unknown: unknown,
  Civilian: neutral,
  Suspect: hostile,
});

export const palette = {
  dark: {
    fill: byAffiliation("#0d4766", "#701c1c", "#184f2c", "#4a3f0d"),
    frame: byAffiliation("#7fd4ff", "#ff8f8f", "#86e6a4", "#ffe36e"),
    icon: byAffiliation("#dff4ff", "#ffe3e3", "#e0ffe9", "#fff6cc"),
    /** Dots by affiliation index (`kinds.js`). */
    dots: ["#7fd4ff", "#ff7a7a", "#7be09a", "#ffe36e", "#e6edf5"],
    stale: "#97a3b1",
    halo: "rgba(6,10,15,0.75)",
    text: "#e6edf5",
    textDim: "#a9b6c4",
    marker: "#f0c36d",
    markerFill: "#3a2f17",
    alert: "#ff6b6b",
    alertFill: "#3c1214",
    select: "#ffffff",
    path: "#ffcf5c",
    leader: "rgba(200,214,228,0.75)",
    badge: "#e6edf5",
    badgeText: "#0b1016",
  },
  light: {
    fill: byAffiliation("#a9dcf5", "#ffb3b3", "#b4efc2", "#fff0a0"),
    frame: byAffiliation("#00476b", "#8a1010", "#0b5a26", "#5c4c00"),
    icon: byAffiliation("#06202e", "#330606", "#052611", "#2b2400"),
    dots: ["#005f91", "#b01212", "#0b6b2e", "#6d5a00", "#27323d"],
    stale: "#5b6672",
    halo: "rgba(255,255,255,0.85)",
    text: "#10181f",
    textDim: "#43505c",
    marker: "#7a4f00",
    markerFill: "#ffe7b8",
    alert: "#b01212",
    alertFill: "#ffd9d9",
    select: "#000000",
    path: "#a85f00",
    leader: "rgba(40,55,70,0.7)",
    badge: "#16202a",
    badgeText: "#ffffff",
  },
};

/** @typedef {(typeof palette)["dark"]} Palette */
