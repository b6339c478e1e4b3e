/** A destination in a temporary directory. */
import { Directory } from "../../../core/posix/directory.ts";
import { LocalStore } from "../../../core/checkpoint/stores/local_store.ts";
import type { Fixture } from "./contract.ts";

const GID = "ap.example.org_12.0_1795235583";

const libc = Deno.dlopen("libc.so.6", {
  close: { parameters: ["i32"], result: "i32" },
  creat: { parameters: ["buffer", "u32"], result: "i32" },
  mkdir: { parameters: ["buffer", "u32"], result: "i32" },
});

/** The fixture, and where it lies. */
export interface LocalFixture extends Fixture {
  /** Directory of all: `store` is in it, and whatever lies outside. */
  readonly root: string;
}

/** Makes a destination `x://h/vo` whose directory is `store/vo` in a temporary one. */
export async function localFixture(options: { slow?: number } = {}): Promise<LocalFixture> {
  const root = await Deno.makeTempDir({ prefix: "pinion-local-" });
  const destination = `${root}/store/vo`;
  await Deno.mkdir(destination, { recursive: true });
  const store = new LocalStore({
    prefix: "x://h/",
    path: `${root}/store`,
    requireMount: false,
    sentinel: undefined,
    parallel: 16,
    verbose: () => {},
    ...options,
  });
  return {
    root,
    store,
    location: { destination: "x://h/vo", gid: GID },
    put: (path) => Promise.resolve(makeFile(destination, path)),
    list: () => Promise.resolve(tree(root).filter((path) => !path.endsWith("/"))),
    async makeDirectory(path) {
      await Deno.mkdir(`${destination}/${path}`, { recursive: true });
    },
    directories: () =>
      Promise.resolve(
        tree(destination).filter((path) => path.endsWith("/")).map((path) => path.slice(0, -1)),
      ),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      removeAll(root);
    },
  };
}

/** Everything below a directory, sorted; directories end with a slash, each byte is a character. */
export function tree(path: string): string[] {
  using directory = Directory.open(path);
  return [...walk(directory, "")].toSorted();
}

function* walk(directory: Directory, prefix: string): Generator<string> {
  for (const { name, type } of [...directory.entries()]) {
    const path = prefix + String.fromCharCode(...name);
    yield type === "directory" ? `${path}/` : path;
    if (type !== "directory") continue;
    using inner = directory.openDirectory(name);
    yield* walk(inner, `${path}/`);
  }
}

/** Makes a file with its directories, by bytes: the runtime's own calls take only text. */
function makeFile(directory: string, path: Uint8Array): void {
  const whole = Uint8Array.from([...new TextEncoder().encode(`${directory}/`), ...path]);
  for (let slash = whole.indexOf(0x2f, directory.length + 1); slash >= 0;) {
    libc.symbols.mkdir(zeroEnded(whole.subarray(0, slash)), 0o777);
    slash = whole.indexOf(0x2f, slash + 1);
  }
  const fd = libc.symbols.creat(zeroEnded(whole), 0o666);
  if (fd < 0) throw new Error(`Cannot make "${new TextDecoder().decode(whole)}"`);
  libc.symbols.close(fd);
}

function zeroEnded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...bytes, 0]);
}

/** Removes a tree whose names need not be text. */
function removeAll(path: string): void {
  using directory = Directory.open(path);
  removeIn(directory);
  Deno.removeSync(path);
}

function removeIn(directory: Directory): void {
  for (const { name, type } of [...directory.entries()]) {
    if (type !== "directory") {
      directory.unlink(name);
      continue;
    }
    {
      using inner = directory.openDirectory(name);
      removeIn(inner);
    }
    directory.removeDirectory(name);
  }
}
