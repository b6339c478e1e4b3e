/** Scratch directories, also with names that are no text, and what tests of them share. */

import { join } from "@std/path";
import { type Directory, PosixError } from "../../core/posix/mod.ts";

const encoder = new TextEncoder();

/** The bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The code of the error that a call ends with; empty without one. */
export function codeOf(call: () => unknown): string {
  try {
    call();
    return "";
  } catch (error) {
    if (error instanceof PosixError) return error.code;
    throw error;
  }
}

/** How many descriptors this process has open. */
export function openDescriptors(): number {
  // The one that lists them is open too.
  return [...Deno.readDirSync("/proc/self/fd")].length - 1;
}

/** The names in a directory, each as a list of its bytes. */
export function sorted(directory: Directory): string[] {
  return [...directory.entries()].map(({ name }) => String([...name])).toSorted();
}

const SYMBOLS = {
  creat: { parameters: ["buffer", "u32"], result: "i32" },
  mkdir: { parameters: ["buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** A directory that is removed with `using`. */
export class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "pinion-test-" });

  /** Writes an empty file. */
  write(name: string): void {
    Deno.writeFileSync(join(this.path, name), new Uint8Array());
  }

  /** Makes an empty file or directory by a path of any bytes. */
  make(what: "file" | "directory", path: readonly number[]): void {
    const { symbols } = Deno.dlopen("libc.so.6", SYMBOLS);
    const terminated = Uint8Array.from([...path, 0]);
    const made = what === "file"
      ? symbols.close(symbols.creat(terminated, 0o644))
      : symbols.mkdir(terminated, 0o755);
    if (made !== 0) throw new Error(`Cannot make "${path}"`);
  }

  /** The names in it. */
  names(): string[] {
    return [...Deno.readDirSync(this.path)].map(({ name }) => name).toSorted();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
