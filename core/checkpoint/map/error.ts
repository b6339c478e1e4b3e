/** A map file that cannot be used; the message names the file and what is wrong with it. */
export class MapError extends Error {
  override readonly name = "MapError";
}
