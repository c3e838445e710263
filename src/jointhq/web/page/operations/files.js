/**
 * Files that go with something: giving them to the server, and showing those that it has.
 *
 * Owns: the one way of both, for the log and for annexes. Doesn't own: what they belong to.
 */

import { html } from "htm/preact";

import { bytes } from "../format.js";
import { Mark } from "../people/form.js";
import * as calls from "./calls.js";

/** @typedef {import("../types.js").FileRow} FileRow */

/** Give the server those that it hasn't. What it has taken stays, whatever comes after. @param {(File | FileRow)[]} files
 * @param {string} label @param {(files: (File | FileRow)[]) => void} onKept @returns {Promise<string[]>} */
export async function keepAll(files, label, onKept) {
  const kept = [];
  for (const [n, file] of files.entries()) {
    kept.push("id" in file ? file : await calls.keepFile(file, label));
    onKept([...kept, ...files.slice(n + 1)]);
  }
  return kept.map(({ id }) => id);
}

/** @param {{files: FileRow[]}} props */
export const Files = ({ files }) =>
  files.length > 0 &&
  html`<p class="log-files">${files.map(
    (file) => html`<span key=${file.id}><${Mark} mark=${file.mark} /><a href=${calls.fileAddress(file.id)} target="_blank" rel="noopener">${
      file.media.startsWith("image/")
        ? html`<img src=${calls.fileAddress(file.id)} alt=${file.name} loading="lazy" />`
        : file.name
    }</a>${!file.media.startsWith("image/") && html` <span class="dim">${bytes(file.bytes)}</span>`}</span>`,
  )}</p>`;
