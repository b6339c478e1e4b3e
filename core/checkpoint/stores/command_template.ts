/** Commands with places for what is to be removed. */
import { concat } from "../../std/bytes.ts";
import { CleanupFailure } from "../failure.ts";
import type { Base } from "../location.ts";
import { componentsOf, shown } from "../name.ts";

/** What can stand in a command, in braces. */
export const PLACES = ["url", "base", "name", "gid", "number", "path", "host", "list"] as const;

/** What one of the places stands for. */
export type Place = typeof PLACES[number];

/** The places' contents for one command; a place without contents must not be in it. */
export type Contents = Partial<Record<Place, Uint8Array>>;

const PLACE = new RegExp(`\\{(${PLACES.join("|")})\\}`);
const DASH = 0x2d;

const encoder = new TextEncoder();

/** Whether words name a place. */
export function hasPlace(words: readonly string[], ...places: readonly Place[]): boolean {
  return words.some((word) => places.some((place) => word.includes(`{${place}}`)));
}

/**
 * The contents for all files of a checkpoint.
 *
 * `path` and `host` are those of the URL, which is taken as it was written.
 */
export function contentsOfBase(base: Base): Contents {
  const text = `${base.destination}/${base.gid}/${base.number}`;
  const [, host = "", path = text] = /^[^:/]*:\/\/([^/]*)(.*)$/s.exec(text) ?? [];
  return {
    url: encoder.encode(text),
    base: encoder.encode(text),
    path: encoder.encode(path),
    gid: encoder.encode(base.gid),
    number: encoder.encode(base.number),
    host: encoder.encode(host),
  };
}

/**
 * The contents for one file: its name is joined to the URL as the upload did it.
 *
 * @throws {CleanupFailure} for a name that leads out of its checkpoint, or is no argument
 */
export function contentsOfFile(base: Contents, name: Uint8Array): Contents {
  componentsOf(name);
  const below = (start: Uint8Array) => concat([start, encoder.encode("/"), name]);
  return { ...base, name: name.slice(), url: below(base.url!), path: below(base.path!) };
}

/**
 * A command with its places filled. Each word stays one argument, whatever is in it.
 *
 * @throws {CleanupFailure} `Unsafe` for an argument that only its contents make an option
 */
export function fill(words: readonly string[], contents: Contents): Uint8Array[] {
  return words.map((word) => {
    const parts = word.split(PLACE);
    const filled = concat(
      parts.map((part, i) =>
        i % 2 === 0 ? encoder.encode(part) : contents[part as Place] ?? encoder.encode(`{${part}}`)
      ),
    );
    if (filled[0] === DASH && !word.startsWith("-")) {
      throw new CleanupFailure(
        "Unsafe",
        `Refused ${shown(filled)}: the command would take it for an option`,
      );
    }
    return filled;
  });
}
