/** Repeating the recorded cases of HTCondor's own `condor_manifest` in this process. */
import { dirname, join } from "@std/path";
import { effectiveUser } from "../../../core/posix/mod.ts";
import type { Vector } from "../vectors.ts";

const testdata = new URL("../testdata/", import.meta.url);
/** Read at once: whoever sets a case up may not. */
const recplug = Deno.readFileSync(new URL("recplug", testdata));

/** Makes the directory of a case; whoever calls owns it. */
export function setUp(vector: Vector): string {
  const root = Deno.makeTempDirSync();
  const fill = (text: string) => text.replaceAll("@W@", root);
  Deno.writeFileSync(join(root, "recplug"), recplug, { mode: 0o755 });
  for (const path of vector.dirs ?? []) Deno.mkdirSync(join(root, path), { recursive: true });
  for (const [path, text] of Object.entries(vector.files ?? {})) {
    Deno.mkdirSync(dirname(join(root, path)), { recursive: true });
    Deno.writeTextFileSync(join(root, path), fill(text));
  }
  for (const [path, target] of Object.entries(vector.links ?? {})) {
    Deno.symlinkSync(fill(target), join(root, path));
  }
  for (const [path, mode] of Object.entries(vector.modes ?? {})) {
    Deno.chmodSync(join(root, path), Number(mode));
  }
  return root;
}

/** What is in the directory of a case, as the cases say it. */
export function listLeft(root: string): string[] {
  const found: string[] = [];
  const visit = (path: string) => {
    for (const { name, isDirectory, isSymlink } of Deno.readDirSync(join(root, path))) {
      found.push(path + name + (isDirectory ? "/" : isSymlink ? "@" : ""));
      if (isDirectory) visit(`${path}${name}/`);
    }
  };
  visit("");
  return found.filter((path) => path !== "recplug" && path !== "calls.log").sort();
}

const NOBODY = 65534;

/** Does something as a user who may not read everything, if this one may. */
export async function asNobody<T>(action: () => T | Promise<T>): Promise<T> {
  if (effectiveUser() !== 0) return await action();
  // The C library's function changes all threads of the process.
  const library = Deno.dlopen("libc.so.6", {
    seteuid: { parameters: ["u32"], result: "i32" },
  });
  if (library.symbols.seteuid(NOBODY) !== 0) throw new Error("Cannot become nobody");
  try {
    return await action();
  } finally {
    library.symbols.seteuid(0);
    library.close();
  }
}

/** Does something in a current directory. */
export async function within<T>(directory: string, action: () => Promise<T>): Promise<T> {
  const before = Deno.cwd();
  Deno.chdir(directory);
  try {
    return await action();
  } finally {
    Deno.chdir(before);
  }
}
