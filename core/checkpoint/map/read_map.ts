/** Reading the map file and the files it includes. */
import { entryOf } from "./entry.ts";
import { readLines, type ReadMapOptions } from "./lines.ts";
import { CheckpointMap } from "./map.ts";

/**
 * Reads the map file, and the files it includes; as with HTCondor, lines that say nothing and
 * includes that cannot be read are passed over.
 *
 * @throws {MapError} when the map file cannot be read, or all files together are beyond all bounds
 */
export function readMap(path: string, options: ReadMapOptions): CheckpointMap {
  return new CheckpointMap(
    readLines(path, options).flatMap((line) => entryOf(line, options) ?? []),
  );
}
