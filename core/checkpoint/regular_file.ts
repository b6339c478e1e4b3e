/** Reading files that others may have put there. */

/** A file that is not what it should be. */
export class RefusedFile extends Error {
  override readonly name = "RefusedFile";
}

/**
 * Reads a regular file, however hostile its owner: symbolic links, FIFOs and devices are refused,
 * and so is one that was put in the file's place meanwhile.
 *
 * @param limit most bytes
 * @throws {RefusedFile}, or what the runtime throws
 */
export async function readRegularFile(
  path: string,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const seen = await Deno.lstat(path);
  if (!seen.isFile) throw new RefusedFile(`Cannot read "${path}": not a regular file`);
  using file = await Deno.open(path);
  const { dev, ino, size } = await file.stat();
  if (dev !== seen.dev || ino !== seen.ino) {
    throw new RefusedFile(`Cannot read "${path}": it was replaced meanwhile`);
  }
  if (size > limit) {
    throw new RefusedFile(`Cannot read "${path}": ${size} bytes, more than ${limit}`);
  }
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const n = await file.read(bytes.subarray(filled));
    if (n === null) break;
    filled += n;
  }
  return bytes.subarray(0, filled);
}
