/** Physical keys as files: the columns and the cells that `physical-keys export` writes, and `import` reads. */

import { element } from "./elements.js";

const COLUMNS = ["userId", "number", "orgId", "orgName", "note", "addedAt"];

/** Where a reader may begin a cell, and what it then takes for a formula: see `spreadsheet/src/formula.rs`, whose rule this is. */
const BEGINNING = /(?<=^|[,;\t\r\n])(?=['"\0 \u00a0]*[=+\-@\t\r\n＝＋－＠])/g;
const ERROR = /^'*(|#N\/A|#REF!|#VALUE!|#DIV\/0!|#NAME\?|#NULL!|#NUM!|#SPILL!|#CALC!|#GETTING_DATA|#DATA!)$/;

/** A text as a cell that no spreadsheet takes for a formula or an error. */
function guarded(text) {
  return ERROR.test(text) ? `'${text}` : text.replaceAll(BEGINNING, "'");
}

function cells({ userId, number, orgId, orgName, note, addedAt }) {
  const given = (text) => (text === undefined ? "" : guarded(text));
  return [given(userId), String(number), given(orgId), given(orgName), given(note), new Date(addedAt).toISOString()];
}

export function csv(keys) {
  const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const lines = [COLUMNS, ...keys.map(cells)].map((line) => line.map(quoted).join(","));
  // Without the mark at the beginning, Excel takes UTF-8 for something else.
  return new Blob([`\ufeff${lines.join("\n")}\n`], { type: "text/csv;charset=utf-8" });
}

export async function xlsx(keys) {
  await import("./vendor/write-excel-file-4.1.1.js");
  // Texts throughout, so that they are safe when it is saved as CSV.
  const text = (value) => ({ type: String, value });
  return globalThis.writeXlsxFile([COLUMNS, ...keys.map(cells)].map((line) => line.map(text))).toBlob();
}

/** Has the browser save a file. */
export function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
