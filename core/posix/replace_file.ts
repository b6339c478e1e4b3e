/** Files put into their places at once: whoever looks sees the old one or the new one, whole. */
import type { Directory } from "./directory.ts";
import { PosixError } from "./error.ts";
import type { OpenFile, Owner } from "./open_file.ts";
import type { FileStatus } from "./status.ts";
import { temporaryName } from "./temporary_name.ts";

const EEXIST = 17;
/** Names tried before one that is free is given up on. */
const ATTEMPTS = 8;

/** How a file is put into its place. */
export interface ReplaceOptions {
  /** Its permissions, whatever the umask. */
  readonly mode: number;
  /** Its owner; whoever makes files in the directory unless given. */
  readonly owner?: Owner;
  /** Asked right before the new file takes the place; with false the old one stays. */
  confirm?(): boolean;
  /** Whether it has to outlast a crash of the machine; so unless given. */
  readonly durable?: boolean;
}

/**
 * Puts a file into its place: written beside it, brought to the disk, then renamed.
 *
 * A planted link in its place is replaced, not followed. What a kill leaves has a name that
 * `isTemporaryName()` knows.
 *
 * @returns what is there now; undefined when that was not confirmed
 * @throws {PosixError} the old file is left, unless the directory itself does not get to the disk
 */
export function replaceFileSync(
  directory: Directory,
  name: Uint8Array,
  content: Uint8Array,
  options: ReplaceOptions,
): FileStatus | undefined {
  const durable = options.durable ?? true;
  let placed: FileStatus | undefined;
  {
    using temporary = new TemporaryFile(directory, name);
    temporary.fill(content, options);
    if (durable) temporary.file.sync();
    placed = temporary.moveTo(name, options);
  }
  if (durable && placed !== undefined) directory.itself.sync();
  return placed;
}

/**
 * Puts a file into its place as {@linkcode replaceFileSync} does, and waits for the disk on another
 * thread, so that many take little longer than one. The directory must stay open meanwhile.
 *
 * @throws {PosixError}
 */
export async function replaceFile(
  directory: Directory,
  name: Uint8Array,
  content: Uint8Array,
  options: ReplaceOptions,
): Promise<FileStatus | undefined> {
  const durable = options.durable ?? true;
  let placed: FileStatus | undefined;
  {
    using temporary = new TemporaryFile(directory, name);
    temporary.fill(content, options);
    if (durable && !await temporary.file.syncAside()) {
      // A disk that refuses says why when the whole is done again.
      temporary[Symbol.dispose]();
      return replaceFileSync(directory, name, content, options);
    }
    placed = temporary.moveTo(name, options);
  }
  if (durable && placed !== undefined && !await directory.itself.syncAside()) {
    directory.itself.sync();
  }
  return placed;
}

/** A new file beside the one that it is to replace; gone when disposed of, unless it was moved. */
class TemporaryFile implements Disposable {
  readonly file: OpenFile;
  readonly #directory: Directory;
  #name: Uint8Array | undefined;

  constructor(directory: Directory, target: Uint8Array) {
    this.#directory = directory;
    for (let attempt = 1;; attempt++) {
      const name = temporaryName(target);
      try {
        this.file = directory.createFile(name, 0o600);
        this.#name = name;
        return;
      } catch (error) {
        const taken = error instanceof PosixError && error.number === EEXIST;
        if (!taken || attempt === ATTEMPTS) throw error;
      }
    }
  }

  fill(content: Uint8Array, { mode, owner }: ReplaceOptions): void {
    this.file.write(content);
    if (owner !== undefined) this.file.chown(owner);
    // After the owner, which takes set-id bits away, and before the disk has it.
    this.file.chmod(mode);
  }

  moveTo(name: Uint8Array, { confirm }: ReplaceOptions): FileStatus | undefined {
    const status = this.file.status();
    if (confirm?.() === false) return undefined;
    this.#directory.rename(this.#name!, name);
    this.#name = undefined;
    return status;
  }

  [Symbol.dispose](): void {
    this.file[Symbol.dispose]();
    // One that cannot be removed is left for a later clean-up by its name.
    if (this.#name !== undefined) this.#directory.unlink(this.#name);
    this.#name = undefined;
  }
}
