/** Lines of the journal: what happened, then facts that programs can read. */
import { redact } from "../log/mod.ts";
import type { NoteFields } from "./host.ts";

const HIDDEN = "...";
/** Shorter words would hide half of every text. */
const SHORTEST_SECRET = 8;
const LONGEST_VALUE = 400;

/** Makes lines, and keeps the secrets that are in none of them. */
export class LogLines {
  readonly #secrets = new Set<string>();

  /** Takes a secret by its value. */
  hide(secret: string): void {
    if (secret.length < SHORTEST_SECRET) return;
    this.#secrets.add(secret);
    // As a URL or a form has it.
    this.#secrets.add(encodeURIComponent(secret));
  }

  /** One line with its line break, such as `Found the annex name name=foo source=tag`. */
  line(event: string, fields: NoteFields = {}): string {
    const tail = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${this.#value(String(value))}`);
    return `${redact(this.clean(event))}${tail.join("")}\n`;
  }

  /** A text without the secrets. */
  clean(text: string): string {
    let clean = text;
    // The longest first: one may be part of another.
    for (const secret of [...this.#secrets].sort((a, b) => b.length - a.length)) {
      clean = clean.replaceAll(secret, HIDDEN);
    }
    return clean;
  }

  #value(raw: string): string {
    const clean = redact(this.clean(raw));
    const text = clean.length > LONGEST_VALUE ? `${clean.slice(0, LONGEST_VALUE)}...` : clean;
    return /^[\w.:/@+,%*-]+$/.test(text) ? text : JSON.stringify(text);
  }
}
