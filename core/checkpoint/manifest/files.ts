/** The files that a MANIFEST lists, in a directory, and how they are shown. */
import { basename } from "@std/path";
import { systemErrorText } from "../../errors.ts";
import { quote } from "../location.ts";
import { componentsOf, textOf } from "../name.ts";
import { RefusedFile } from "../regular_file.ts";
import { joinAll } from "./answer.ts";
import { type Manifest, openManifest, readManifest } from "./reader.ts";

/** What a command prints, and ends with. */
export interface Printout {
  readonly lines: readonly string[];
  readonly status: number;
}

/**
 * Reads a MANIFEST, to be looked at.
 *
 * @throws {RefusedFile} when it cannot be read
 */
export async function loadManifest(path: string): Promise<Manifest> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await openManifest(path);
  } catch (error) {
    if (error instanceof RefusedFile) throw error;
    throw new RefusedFile(`Cannot read ${quote(path)}: ${stateOf(error)}`);
  }
  return await readManifest(bytes, { fileName: basename(path) });
}

/** What the runtime found instead of a file, without the path, which it adds whatever that holds. */
export function stateOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  return systemErrorText(error);
}

/** The elements of a list that ends a JSON object, one a line, and the object's end. */
export function jsonLines(elements: readonly unknown[]): string[] {
  const last = elements.length - 1;
  return [...elements.map((it, at) => `${JSON.stringify(it)}${at < last ? "," : ""}`), "]}"];
}

/**
 * The path of a listed file: below a directory, also if the name is absolute, as uploads have it.
 *
 * @throws {CleanupFailure} for a name that leads out of the directory, or names nothing
 */
export function pathIn(directory: string, name: Uint8Array): Uint8Array<ArrayBuffer> {
  return joinAll([directory, ...componentsOf(name).flatMap((part) => ["/", part])]);
}

/** A name for JSON: as text if it is some, else its bytes in Base64 too. */
export function jsonName(name: Uint8Array): { name: string; name_base64?: string } {
  const text = textOf(name);
  if (text !== undefined) return { name: text };
  return { name: new TextDecoder().decode(name), name_base64: name.toBase64() };
}

/** What to say about a self line that is not as it should be. */
export function damageOf({ selfHash }: Manifest): string | undefined {
  if (selfHash === "good") return undefined;
  const found = selfHash === "bad" ? "the hash in its last line is wrong" : "it has no self line";
  return `MANIFEST damaged or cut short: ${found}`;
}
