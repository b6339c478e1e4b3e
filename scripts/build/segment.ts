/** The segment that the npm linker adds: header, stub, and the strings the stub hands on. */

import type { Elf, Place } from "./elf.ts";
import { HEADER_SIZE, STUBS } from "./stub.ts";

/** What a linked program finds in its argument vector and environment besides what it is given. */
export interface Injection {
  /** Put right after the program's name. */
  readonly args: readonly string[];
  /** `NAME=value`, before what is inherited. */
  readonly variables: readonly string[];
  /** Starts of inherited variables that stay, whatever `drop` says, e.g. `DENO_CERT=`. */
  readonly keep: readonly string[];
  /** Starts of inherited variables that the program must not see, e.g. `DENO_`. */
  readonly drop: readonly string[];
}

/** Offset of the first instruction in the segment. */
export const ENTRY = HEADER_SIZE;

/**
 * Lays out the segment.
 *
 * @param injection what to hand on
 * @param options.elf the executable it is for
 * @param options.place where it goes
 * @throws {TypeError} if a string holds a NUL, or if there is no argument or no variable
 */
export function makeSegment(
  injection: Injection,
  { elf, place }: { elf: Elf; place: Place },
): Uint8Array<ArrayBuffer> {
  const { args, variables, keep, drop } = injection;
  if (args.length === 0 || variables.length === 0) {
    throw new TypeError("Cannot link: the stub needs at least one argument and one variable");
  }
  const code = STUBS[elf.machine];
  const pointersAt = align8(HEADER_SIZE + code.length);
  let end = pointersAt + 8 * (args.length + variables.length);
  const pieces: { at: number; data: Uint8Array }[] = [];
  const put = (strings: readonly string[]): number => {
    const at = end;
    const data = encode(strings);
    pieces.push({ at, data });
    end += data.length;
    return at;
  };

  const pointers = [...args, ...variables].map((text) => put([text]));
  const keepAt = put([...keep, ""]);
  const dropAt = put([...drop, ""]);

  const segment = new Uint8Array(end);
  const view = new DataView(segment.buffer);
  const header = [
    elf.entry - place.address,
    elf.environSlot - place.address,
    args.length,
    variables.length,
    keepAt,
    dropAt,
    pointersAt,
  ];
  header.forEach((word, i) => view.setBigInt64(i * 8, BigInt(word), true));
  segment.set(code, HEADER_SIZE);
  pointers.forEach((at, i) => view.setBigUint64(pointersAt + i * 8, BigInt(at), true));
  for (const { at, data } of pieces) segment.set(data, at);
  return segment;
}

function encode(strings: readonly string[]): Uint8Array {
  const nul = strings.find((text) => text.includes("\0"));
  if (nul !== undefined) throw new TypeError("Cannot link: an argument holds a NUL");
  return new TextEncoder().encode(strings.map((text) => text + "\0").join(""));
}

function align8(n: number): number {
  return Math.ceil(n / 8) * 8;
}
