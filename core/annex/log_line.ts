/** Lines of the journal: what happened, then facts that programs can read. */
import { redact } from "../log/mod.ts";
import type { NoteFields } from "./host.ts";

const HIDDEN = "...";
/** Shorter words would hide half of every text. */
const SHORTEST_SECRET = 8;
/** As much of a secret's start gives it away: services send back what they were asked with, cut off. */
const TELLING_PART = 12;
const LONGEST_VALUE = 400;

/** Makes lines, and keeps the secrets that are in none of them. */
export class LogLines {
  readonly #secrets = new Set<string>();

  /** Takes a secret by its value. */
  hide(secret: string): void {
    if (secret.length < SHORTEST_SECRET) return;
    this.#secrets.add(secret);
    // As a URL or a form has it, and as JSON does.
    this.#secrets.add(encodeURIComponent(secret));
    this.#secrets.add(JSON.stringify(secret).slice(1, -1));
  }

  /** One line with its line break, such as `Found the annex name name=foo source=tag`. */
  line(event: string, fields: NoteFields = {}): string {
    const tail = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${this.#value(String(value))}`);
    return `${redact(this.clean(event))}${tail.join("")}\n`;
  }

  /** A text without the secrets, or what the end of a shortened text has left of them. */
  clean(text: string): string {
    let clean = "";
    let rest = text;
    for (let found; (found = find(rest, this.#secrets)) !== undefined;) {
      clean += rest.slice(0, found.at) + HIDDEN;
      rest = rest.slice(found.end);
    }
    return clean + rest;
  }

  #value(raw: string): string {
    const clean = redact(this.clean(raw));
    const text = clean.length > LONGEST_VALUE ? `${clean.slice(0, LONGEST_VALUE)}...` : clean;
    return /^[\w.:/@+,%*-]+$/.test(text) ? text : JSON.stringify(text);
  }
}

/** Where a text has a secret, or the start of one; of several at one place the longest. */
function find(
  text: string,
  secrets: ReadonlySet<string>,
): { readonly at: number; readonly end: number } | undefined {
  let found: { readonly at: number; readonly end: number } | undefined;
  for (const secret of secrets) {
    const at = text.indexOf(secret.slice(0, TELLING_PART));
    if (at < 0 || at > (found?.at ?? at)) continue;
    let end = at + 1;
    while (end < text.length && text[end] === secret[end - at]) end++;
    if (found === undefined || at < found.at || end > found.end) found = { at, end };
  }
  return found;
}
