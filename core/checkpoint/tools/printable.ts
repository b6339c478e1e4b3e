/** Texts of others, fit for a terminal: whoever owns a job names directories and writes logs. */

/** What moves cursors, forges lines or reverses the reading direction (ECMA-48, Unicode UAX #9). */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const UNPRINTABLE_IN_LINES = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text in one line, whatever is not to be shown escaped as in JSON. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escape);
}

/** The same for a text of several lines, which stay as they are. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE_IN_LINES, escape);
}

/** JSON for people and programs: JSON itself leaves much as it is that a terminal obeys. */
export function printableJson(value: unknown): string {
  return printableLines(JSON.stringify(value, null, 2));
}

function escape(found: string): string {
  // By halves of surrogate pairs, as JSON has it.
  return [...Array(found.length).keys()]
    .map((at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("");
}
