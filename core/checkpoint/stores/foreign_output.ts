/** What a plug-in says, as far as it is kept. */

/** Most bytes of a plug-in's words that are kept; it may say more. */
export const OUTPUT_LIMIT = 64 * 1024;

/** The beginning of a stream of bytes. */
export class BoundedOutput {
  readonly #kept: Uint8Array[] = [];
  #room: number;
  #cut = false;

  constructor(limit: number = OUTPUT_LIMIT) {
    this.#room = limit;
  }

  /** Keeps a copy of the bytes, or of as many as there is room for. */
  add(bytes: Uint8Array): void {
    const kept = bytes.slice(0, this.#room);
    this.#room -= kept.length;
    this.#cut ||= kept.length < bytes.length;
    if (kept.length > 0) this.#kept.push(kept);
  }

  /** What was kept, as text; what is no UTF-8 becomes U+FFFD, and three dots say that it was cut. */
  text(): string {
    const decoder = new TextDecoder();
    const text = this.#kept.map((bytes) => decoder.decode(bytes, { stream: true })).join("");
    return `${text}${decoder.decode()}${this.#cut ? "..." : ""}`;
  }
}
