/** Which role an executable with an unhelpful name is meant to play: the one that moves its URLs. */

import type { Role } from "../cli/program.ts";

/** How much of an input file is looked at, in bytes; its first URL decides. */
const MOST = 1 << 20;

/** A URL's scheme, whose last part is the method (HTCondor manual, "File Transfer Using a URL"). */
const METHOD = /([A-Za-z0-9]{1,64}):\/\//g;

/**
 * Picks the plug-in for the first URL among the arguments or in the file after `-infile` that one
 * of them moves; such names come about where a job ships the executable under one of its own.
 *
 * @param roles the roles there are
 * @param args the arguments
 * @returns nothing if no role moves any of the URLs
 */
export function pickByUrl(roles: readonly Role[], args: readonly string[]): Role | undefined {
  const at = args.findIndex((arg) => /^--?infile$/.test(arg));
  const text = at < 0 ? args.join("\n") : readStart(args[at + 1] ?? "");
  for (const [, method] of text.matchAll(METHOD)) {
    const moves = ({ plugins }: Role) =>
      plugins?.some(({ methods }) => methods.includes(method!.toLowerCase()));
    const role = roles.find(moves);
    if (role) return role;
  }
  return undefined;
}

/** The beginning of a file, or nothing where it cannot be read: the role will say why. */
function readStart(path: string): string {
  try {
    using file = Deno.openSync(path);
    const buffer = new Uint8Array(MOST);
    return new TextDecoder().decode(buffer.subarray(0, file.readSync(buffer) ?? 0));
  } catch {
    return "";
  }
}
