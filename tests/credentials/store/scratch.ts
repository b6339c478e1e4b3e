/** A credential directory to try things on, and what tests of it share. */
import { join } from "@std/path";
import {
  type CondorIds,
  CredentialStore,
  type ListedCredential,
  StoreError,
  type StoreOptions,
} from "../../../core/credentials/store/mod.ts";

export { isRoot } from "../../build/built.ts";

const encoder = new TextEncoder();

/** The bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text of bytes. */
export function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

/** A credential's place, as `alice/scitokens`. */
export function place(path: string): { readonly user: string; readonly name: string } {
  const [user = "", name = ""] = path.split("/");
  return { user, name };
}

/** The places of what is listed; with `+` when there is a `.use`. */
export function places(listed: Iterable<ListedCredential>): string[] {
  return [...listed].map(({ user, name, use }) => `${user}/${name}${use ? " +" : ""}`);
}

/** The code and the line of the error that a call ends with. */
export async function failure(call: () => unknown): Promise<readonly [string, string]> {
  try {
    await call();
    return ["", ""];
  } catch (error) {
    if (error instanceof StoreError) return [error.code, error.message];
    throw error;
  }
}

/** A directory with another beside it, all removed with `using`. */
export class Scratch implements Disposable {
  readonly #parent: string;
  /** The credential directory. */
  readonly path: string;
  /** What the store noted. */
  readonly notes: string[] = [];

  constructor(parent: string = Deno.makeTempDirSync({ prefix: "pinion-test-" })) {
    this.#parent = parent;
    this.path = join(parent, "oauth");
    Deno.mkdirSync(this.path);
    Deno.chmodSync(this.path, 0o2770);
  }

  /** A path in the directory, or with `../` beside it. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Opens it; nobody but whoever runs the test is HTCondor's account, unless that is given. */
  open(options: StoreOptions & { readonly condor?: CondorIds } = {}): CredentialStore {
    return CredentialStore.open(this.path, {
      condor: {},
      note: (line) => this.notes.push(line),
      ...options,
    });
  }

  /** Makes a user's directory. */
  user(name: string, mode = 0o2700): void {
    Deno.mkdirSync(this.at(name), { recursive: true });
    Deno.chmodSync(this.at(name), mode);
  }

  /** Writes a file, and the user's directory when it is missing. */
  file(name: string, content: string | Uint8Array = name, mode = 0o600): void {
    const [user] = name.split("/");
    if (user !== name) this.user(user!);
    const path = this.at(name);
    Deno.writeFileSync(path, typeof content === "string" ? bytes(content) : content);
    Deno.chmodSync(path, mode);
  }

  /** What is said since this was asked last. */
  said(): string[] {
    return this.notes.splice(0);
  }

  /** All names below the directory, links and their targets, sorted. */
  tree(): string[] {
    const names: string[] = [];
    const walk = (path: string) => {
      for (const { name, isDirectory } of Deno.readDirSync(this.at(path))) {
        names.push(path + name);
        if (isDirectory) walk(`${path}${name}/`);
      }
    };
    walk("");
    return names.toSorted();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#parent, { recursive: true });
  }
}
