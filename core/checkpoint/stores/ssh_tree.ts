/** Directories on a server, asked after once, and removed as they become empty. */
import { CleanupFailure } from "../failure.ts";
import { joinPaths, shown } from "../name.ts";
import { inParallel } from "./parallel.ts";

import { type SftpClient, SftpError } from "./sftp_client.ts";
import { STATUS } from "./sftp_packets.ts";

/** Requests under way at once. */
export const WINDOW = 64;
/** Deepest directories that are looked into. */
const DEEPEST = 200;
/** Most directories in one, which are kept until their turn comes. */
const MOST_DIRECTORIES = 1_000_000;

type State = "present" | "missing" | CleanupFailure;

interface Known {
  readonly path: Uint8Array;
  readonly depth: number;
  readonly state: Promise<State>;
}

/** Any bytes, each as one character. */
const latin1 = new TextDecoder("latin1");

/** The directories below one, none of them reached by a symbolic link. */
export class SshTree {
  readonly #client: SftpClient;
  readonly #root: Uint8Array;
  readonly #known = new Map<string, Known>();

  constructor(client: SftpClient, root: Uint8Array) {
    this.#client = client;
    this.#root = root;
  }

  /**
   * Makes sure that a directory is one. A server follows symbolic links in all but the last
   * component of a path, so that each is looked at; one that is put there a moment later is not seen.
   *
   * @param way its components below the root
   * @returns its path, or undefined when it is not there
   * @throws {CleanupFailure} `Unsafe` where a symbolic link is in the way
   */
  async enter(way: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
    if (way.length === 0) return this.#root;
    const { path, state } = this.#find(way);
    const found = await state;
    if (found instanceof CleanupFailure) throw found;
    return found === "present" ? path : undefined;
  }

  /** Removes those of the directories entered that are empty, the deepest first. */
  async removeEmpty(): Promise<void> {
    const levels: Uint8Array[][] = [];
    for (const { path, depth, state } of this.#known.values()) {
      if (await state === "present") (levels[depth] ??= []).push(path);
    }
    for (const level of levels.reverse()) {
      await inParallel((level ?? []).values(), { limit: WINDOW }, (path) => this.#rmdir(path));
    }
  }

  /** Lists the files below a directory, by their paths below it. */
  async *files(
    directory: Uint8Array,
    signal: AbortSignal,
    depth = 0,
  ): AsyncGenerator<Uint8Array> {
    const below: Uint8Array[] = [];
    for await (const { name, isDirectory } of this.#list(directory, depth)) {
      signal.throwIfAborted();
      if (isDirectory) below.push(name);
      else yield name;
    }
    for (const name of below) {
      for await (const file of this.files(joinPaths(directory, name), signal, depth + 1)) {
        yield joinPaths(name, file);
      }
    }
  }

  /** Removes the directories below one that hold no file, and itself. */
  async prune(directory: Uint8Array, signal: AbortSignal, depth = 0): Promise<void> {
    const below: Uint8Array[] = [];
    for await (const { name, isDirectory } of this.#list(directory, depth)) {
      signal.throwIfAborted();
      if (isDirectory) below.push(joinPaths(directory, name));
    }
    for (const path of below) await this.prune(path, signal, depth + 1);
    signal.throwIfAborted();
    await this.#rmdir(directory);
  }

  #find(way: readonly Uint8Array[]): Known {
    const key = way.map((part) => latin1.decode(part)).join("/");
    let known = this.#known.get(key);
    if (known === undefined) {
      const path = way.reduce(joinPaths, this.#root);
      known = { path, depth: way.length, state: this.#look(path, way.slice(0, -1)) };
      this.#known.set(key, known);
    }
    return known;
  }

  async #look(path: Uint8Array, above: readonly Uint8Array[]): Promise<State> {
    const [before, kind] = await Promise.all([
      above.length === 0 ? "present" as const : this.#find(above).state,
      this.#client.lstat(path).catch((error: unknown) => {
        if (error instanceof SftpError) return error;
        throw error;
      }),
    ]);
    if (before !== "present") return before;
    if (kind instanceof SftpError) {
      if (kind.code === STATUS.NO_SUCH_FILE) return "missing";
      return refusal(path, "look into", kind);
    }
    if (kind === "link") {
      return new CleanupFailure("Unsafe", `Refused ${shown(path)}: it is a symbolic link`);
    }
    // In a file's place there are no files.
    return kind === "other" ? "missing" : "present";
  }

  async *#list(
    directory: Uint8Array,
    depth: number,
  ): AsyncGenerator<{ name: Uint8Array; isDirectory: boolean }> {
    if (depth > DEEPEST) {
      throw new CleanupFailure("NotDeleted", `Cannot look into ${shown(directory)}: too deep`);
    }
    let directories = 0;
    try {
      for await (const { name, kind } of this.#client.entries(directory)) {
        const known = kind === "unknown"
          ? await this.#client.lstat(joinPaths(directory, name))
          : kind;
        const isDirectory = known === "directory";
        if (isDirectory && ++directories > MOST_DIRECTORIES) {
          throw new CleanupFailure("NotDeleted", `Cannot look into ${shown(directory)}: too wide`);
        }
        yield { name, isDirectory };
      }
    } catch (error) {
      if (!(error instanceof SftpError)) throw error;
      if (error.code !== STATUS.NO_SUCH_FILE) throw refusal(directory, "look into", error);
    }
  }

  /** Removes a directory if it can be: one that is not empty is answered with just any error. */
  async #rmdir(path: Uint8Array): Promise<void> {
    await this.#client.rmdir(path).catch((error: unknown) => {
      if (!(error instanceof SftpError)) throw error;
    });
  }
}

/** What a server refused to do, as a failure of the clean-up. */
export function refusal(path: Uint8Array, action: string, error: SftpError): CleanupFailure {
  const said = error.code === STATUS.PERMISSION_DENIED ? "permission denied" : error.message;
  return new CleanupFailure(
    "NotDeleted",
    `Cannot ${action} ${shown(path)}: the server says ${shown(new TextEncoder().encode(said))}`,
  );
}
