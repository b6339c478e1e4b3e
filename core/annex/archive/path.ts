/** Names of members: where they may lead, and that no two of them are at odds. */

import { archiveError } from "./error.ts";
import { shown } from "./header.ts";
import type { ArchiveLimits } from "./limits.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** What a member can be. */
export type MemberType = "file" | "directory";

/**
 * The path of a member below the place that the archive is unpacked in, e.g. `config.d/a`.
 *
 * One leading `./` is taken away, and a directory's last slash; nothing else is put right. The empty
 * path is that of the place itself, which only a directory can have.
 *
 * @throws {AnnexError} for a name that could lead elsewhere, or that no file should have
 */
export function memberPath(
  name: Uint8Array,
  { type, limits }: { readonly type: MemberType; readonly limits: ArchiveLimits },
): string {
  const refuse = (state: string) => archiveError(`the name of member ${shown(name)} ${state}`);
  if (name.length > limits.path) throw refuse(`is longer than ${limits.path} bytes`);
  let path: string;
  try {
    path = utf8.decode(name);
  } catch {
    throw refuse("is no UTF-8");
  }
  if (path === "") throw refuse("is empty");
  if (path.startsWith("/")) throw refuse("is absolute");
  if (path.includes("\\")) throw refuse("has a backslash");
  // A log and a list of files have one line for each.
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(path)) throw refuse("has control characters");
  if (type === "directory" && (path === "." || path === "./")) return "";
  if (path.startsWith("./")) path = path.slice(2);
  if (type === "directory" && path.endsWith("/")) path = path.slice(0, -1);
  const parts = path.split("/");
  if (parts.length > limits.depth) throw refuse(`has more than ${limits.depth} parts`);
  for (const part of parts) {
    if (part === "") throw refuse("has an empty part");
    if (part === "." || part === "..") throw refuse(`has a part "${part}"`);
    if (encoder.encode(part).length > limits.component) {
      throw refuse(`has a part longer than ${limits.component} bytes`);
    }
  }
  return path;
}

/** The members so far: a file is no directory, neither by its own member nor by those below it. */
export class MemberTree {
  readonly #types = new Map<string, MemberType>();

  /**
   * Takes a member in.
   *
   * @throws {AnnexError} where it is at odds with an earlier one
   */
  add(path: string, type: MemberType): void {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      this.#put(path.slice(0, slash), "directory");
    }
    this.#put(path, type);
  }

  #put(path: string, type: MemberType): void {
    const known = this.#types.get(path);
    if (known !== undefined && known !== type) {
      throw archiveError(`member ${shown(path)} is both a file and a directory`);
    }
    this.#types.set(path, type);
  }
}
