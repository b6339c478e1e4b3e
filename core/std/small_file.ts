/** Small files that users keep: keys, tokens, passwords. */

/** A file that is not as it should be; the message is the state found alone. */
export class UnusableFile extends Error {
  override readonly name = "UnusableFile";
}

/** What a file has to be. */
export interface SmallFileOptions {
  /** Most bytes. */
  readonly limit: number;
  /** Says what is wrong with a file, if anything is. */
  objection?(info: Deno.FileInfo): string | undefined;
}

/**
 * Reads a text file; what is no text becomes U+FFFD. Symbolic links are followed. What was looked at
 * is what is read, whoever puts another file in its place meanwhile.
 *
 * @throws {UnusableFile}, or what the runtime throws
 */
export function readSmallFile(path: string, { limit, objection }: SmallFileOptions): string {
  // Looked at first: opening a FIFO would wait for its writer.
  if (!Deno.statSync(path).isFile) throw new UnusableFile("not a regular file");
  using file = Deno.openSync(path);
  const info = file.statSync();
  if (!info.isFile) throw new UnusableFile("not a regular file");
  if (info.size > limit) throw new UnusableFile(`${info.size} bytes are more than ${limit}`);
  const wrong = objection?.(info);
  if (wrong !== undefined) throw new UnusableFile(wrong);
  const bytes = new Uint8Array(info.size);
  let filled = 0;
  while (filled < bytes.length) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, filled));
}
