/** Files put into their places at once: whoever looks sees the old one or the new one, whole. */
import type { Directory } from "./directory.ts";
import { PosixError } from "./error.ts";
import type { OpenFile, Owner } from "./open_file.ts";

const EEXIST = 17;
/** Names tried before one that is free is given up on. */
const ATTEMPTS = 8;
const RANDOM_BYTES = 8;

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
 * {@linkcode isTemporaryName} knows.
 *
 * @returns whether it is there; false when that was not confirmed
 * @throws {PosixError} the old file is left, unless the directory itself does not get to the disk
 */
export function replaceFileSync(
  directory: Directory,
  name: Uint8Array,
  content: Uint8Array,
  options: ReplaceOptions,
): boolean {
  const temporary = new TemporaryFile(directory, name);
  try {
    temporary.fill(content, options);
    if (options.durable ?? true) temporary.file.sync();
    if (!temporary.moveTo(name, options)) return false;
  } finally {
    temporary[Symbol.dispose]();
  }
  if (options.durable ?? true) directory.itself.sync();
  return true;
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
): Promise<boolean> {
  {
    using temporary = new TemporaryFile(directory, name);
    temporary.fill(content, options);
    // A disk that refuses says why when the whole is done again.
    if (!await temporary.file.syncAside()) {
      temporary[Symbol.dispose]();
      return replaceFileSync(directory, name, content, options);
    }
    if (!temporary.moveTo(name, options)) return false;
  }
  if (!await directory.itself.syncAside()) directory.itself.sync();
  return true;
}

/**
 * Whether a name is that of a file that was to be put into its place: `.<name>.<16 digits>.tmp`.
 */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.[0-9a-f]{16}\.tmp$/s.test(name);
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

  moveTo(name: Uint8Array, { confirm }: ReplaceOptions): boolean {
    if (confirm?.() === false) return false;
    this.#directory.rename(this.#name!, name);
    this.#name = undefined;
    return true;
  }

  [Symbol.dispose](): void {
    this.file[Symbol.dispose]();
    // One that cannot be removed is left for a later clean-up by its name.
    if (this.#name !== undefined) this.#directory.unlink(this.#name);
    this.#name = undefined;
  }
}

function temporaryName(target: Uint8Array): Uint8Array {
  const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)).toHex();
  const end = new TextEncoder().encode(`.${random}.tmp`);
  const name = new Uint8Array(1 + target.length + end.length);
  name[0] = 46;
  name.set(target, 1);
  name.set(end, 1 + target.length);
  return name;
}
