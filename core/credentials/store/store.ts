/** The credential directory. */
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import { PosixError, replaceFile, replaceFileSync } from "../../posix/mod.ts";
import { isCredentialName, isUserName, showName } from "../names.ts";
import { isGone, StoreError, storeError } from "./error.ts";
import { FILE_LIMIT, listCredentials, listMarks } from "./list.ts";
import { StoreLock } from "./lock.ts";
import { Notes, type NoteTaker } from "./notes.ts";
import { bytesOf, checkPlace, fileOwner, openPlace, openUser, type Place } from "./place.ts";
import { create, publish } from "./publish.ts";
import { readChecked } from "./read.ts";
import { removeStale } from "./stale.ts";
import { Turns } from "./turns.ts";
import type {
  CredentialExtension,
  CredentialName,
  ListedCredential,
  LockOptions,
  Mark,
  StoreOptions,
} from "./types.ts";

/** Files being written at once: each holds two descriptors, and waits for the disk on a thread. */
const WRITES_AT_ONCE = 64;
/** Milliseconds after which a file half written has surely nobody who goes on with it. */
const STALE_AGE = 3_600_000;

const [COMPLETE, PID, STATUS] = ["CREDMON_COMPLETE", "pid", ".credmon-status.json"] as const;
const [FOR_ALL, FOR_GROUP, TOKEN] = [0o644, 0o640, 0o400] as const;
const STATUS_LIMIT = 64 * 1024 * 1024;

const UNHEARD: NoteTaker = { note: () => {}, end: () => {} };

/**
 * The directory of the OAuth family's credentials (`SEC_CREDENTIAL_DIRECTORY_OAUTH`), held open.
 *
 * HTCondor's own account may change anything in it at any moment, and this is root. So no symbolic
 * link in it is ever followed, whoever plants it and whenever: what is there is opened first, then
 * looked at, and new files take the place of old ones whole.
 */
export class CredentialStore implements Disposable {
  readonly #place: Place;
  readonly #clock: Clock;
  readonly #note: (line: string) => void;
  readonly #notes: Notes;
  readonly #turns = new Turns(WRITES_AT_ONCE);
  #lock: StoreLock | undefined;

  private constructor(place: Place, { note, clock }: StoreOptions) {
    this.#place = place;
    this.#clock = clock ?? SYSTEM_CLOCK;
    this.#note = (line) => note?.(line);
    this.#notes = new Notes(this.#note);
  }

  /**
   * Opens the directory, and makes it when it is missing (02770, group `condor`), unless it is only
   * to be read.
   *
   * @throws {StoreError} when it is unsafe or cannot be used; the line says what to do
   */
  static open(path: string, options: StoreOptions = {}): CredentialStore {
    const { condor, access = "write" } = options;
    return new CredentialStore(
      openPlace(path, { access, ...(condor === undefined ? {} : { condor }) }),
      options,
    );
  }

  /** The directory's path. */
  get path(): string {
    return this.#place.path;
  }

  /**
   * Lists the credentials that have a `.top`, sorted by user and then by name. What is not to be
   * trusted is skipped and noted. At most 64 providers of 1,000 credentials for each user.
   *
   * @throws {StoreError} `replaced` when the directory or the lock is another by now: to be opened
   *   anew; `failed` and the like when the directory cannot be listed
   */
  *list(): Generator<ListedCredential, void> {
    checkPlace(this.#place);
    this.#lock?.check();
    yield* listCredentials(this.#place, this.#notes.begin());
  }

  /**
   * Reads a credential's `.top`, following no link.
   *
   * @param limit most bytes, 256 KiB unless given
   * @returns undefined when it is gone, or its user
   * @throws {StoreError} when it is unsafe or too large, or cannot be read
   */
  readTop(credential: CredentialName, limit: number = FILE_LIMIT):
    | Uint8Array<ArrayBuffer>
    | undefined {
    return this.#read(credential, { extension: "top", limit });
  }

  /**
   * Reads a credential's `.use`, following no link.
   *
   * @param limit most bytes, 256 KiB unless given
   * @returns undefined when it is gone, or is none that can be used: then it is to be made anew
   * @throws {StoreError} when it cannot be read
   */
  readUse(credential: CredentialName, limit: number = FILE_LIMIT):
    | Uint8Array<ArrayBuffer>
    | undefined {
    try {
      return this.#read(credential, { extension: "use", limit });
    } catch (error) {
      const useless = error instanceof StoreError && ["unsafe", "large"].includes(error.code);
      if (useless) return undefined;
      throw error;
    }
  }

  /**
   * Puts a file of a credential into its place at once: readers see the old one or the new one, also
   * after a crash.
   *
   * @param options.mode of the file; 0400 unless given
   * @returns `gone` when the user or the `.top` went away meanwhile: nothing is left of it then
   * @throws {StoreError} the old file is left
   */
  async publish(
    credential: CredentialName,
    extension: CredentialExtension,
    bytes: Uint8Array,
    { mode = TOKEN }: { readonly mode?: number } = {},
  ): Promise<"published" | "gone"> {
    checkNames(credential);
    const { user, name } = credential;
    return await this.#turns.run(() =>
      publish(this.#place, { user, name, extension, bytes, mode })
    );
  }

  /**
   * Makes a `.top` unless it is there, and the user's directory when that is missing.
   *
   * @throws {StoreError}
   */
  async create(credential: CredentialName, bytes: Uint8Array): Promise<"created" | "present"> {
    checkNames(credential);
    return await this.#turns.run(() => create(this.#place, credential, bytes));
  }

  /**
   * Reads a file of the directory itself.
   *
   * @param limit most bytes
   * @returns undefined when it is gone
   * @throws {StoreError}
   */
  read(name: string, limit: number): Uint8Array<ArrayBuffer> | undefined {
    checkFileName(name);
    const { directory, trust } = this.#place;
    return readChecked(directory, name, { limit, trust, shown: name });
  }

  /**
   * Puts a file of the directory itself into its place at once.
   *
   * @throws {StoreError} the old file is left
   */
  async write(name: string, bytes: Uint8Array, mode: number): Promise<void> {
    checkFileName(name);
    const { directory, trust } = this.#place;
    try {
      await replaceFile(directory, bytesOf(name), bytes, { mode, owner: fileOwner(trust) });
    } catch (error) {
      throw storeError(error, `Cannot write ${showName(name)}`);
    }
  }

  /**
   * Removes a file of the directory itself; a link, not what it leads to.
   *
   * @returns whether there was one
   * @throws {StoreError}
   */
  remove(name: string): boolean {
    checkFileName(name);
    const failed = this.#place.directory.unlink(bytesOf(name));
    if (failed === 0) return true;
    const error = new PosixError(failed, "Cannot remove");
    if (isGone(error)) return false;
    throw storeError(error, `Cannot remove ${showName(name)}`);
  }

  /** Puts a new, empty `CREDMON_COMPLETE` in its place, 0644. @throws {StoreError} */
  touchComplete(): void {
    const { directory, trust } = this.#place;
    try {
      // It says that a scan has ended, which is of no interest after a crash.
      replaceFileSync(directory, bytesOf(COMPLETE), new Uint8Array(), {
        mode: FOR_ALL,
        owner: fileOwner(trust),
        durable: false,
      });
    } catch (error) {
      throw storeError(error, `Cannot write ${showName(COMPLETE)}`);
    }
  }

  /** Removes `CREDMON_COMPLETE`. @throws {StoreError} */
  removeComplete(): void {
    this.remove(COMPLETE);
  }

  /** Writes the number of a process to `pid`, 0644, without a newline. @throws {StoreError} */
  async writePid(pid: number): Promise<void> {
    await this.write(PID, bytesOf(`${pid}`), FOR_ALL);
  }

  /** Removes `pid`. @throws {StoreError} */
  removePid(): void {
    this.remove(PID);
  }

  /** Writes the status file, `.credmon-status.json`, 0640. @throws {StoreError} */
  async writeStatus(bytes: Uint8Array): Promise<void> {
    await this.write(STATUS, bytes, FOR_GROUP);
  }

  /**
   * Reads the status file.
   *
   * @param limit most bytes, 64 MiB unless given
   * @returns undefined when there is none
   * @throws {StoreError}
   */
  readStatus(limit: number = STATUS_LIMIT): Uint8Array<ArrayBuffer> | undefined {
    return this.read(STATUS, limit);
  }

  /**
   * Takes the lock of the directory, `.credmon.lock`: it ends with the process at the latest. From
   * then on {@linkcode list} looks after it.
   *
   * @returns undefined when another process kept it all the time
   * @throws {StoreError}
   */
  async lock(options: LockOptions = {}): Promise<Disposable | undefined> {
    const lock = await StoreLock.take(this.#place, this.#note, { ...options, clock: this.#clock });
    if (lock === undefined) return undefined;
    this.#lock = lock;
    return {
      [Symbol.dispose]: () => {
        lock[Symbol.dispose]();
        if (this.#lock === lock) this.#lock = undefined;
      },
    };
  }

  /**
   * Removes what killed processes of this user left of files half written, here and in the users'
   * directories.
   *
   * @param options.age milliseconds since it was written to, an hour unless given; 0 is right while
   *   the lock is held and nothing is being written
   * @returns how many
   * @throws {StoreError}
   */
  removeStale({ age = STALE_AGE }: { readonly age?: number } = {}): number {
    return removeStale(this.#place, age === 0 ? Infinity : this.#clock.now() - age);
  }

  /**
   * Lists the users whom HTCondor's schedd has marked for removal.
   *
   * @throws {StoreError}
   */
  marks(): Generator<Mark, void> {
    return listMarks(this.#place, UNHEARD);
  }

  /** Closes the directory, and gives up the lock. Nothing may be under way any more. */
  [Symbol.dispose](): void {
    this.#lock?.[Symbol.dispose]();
    this.#lock = undefined;
    this.#place.directory[Symbol.dispose]();
  }

  #read(
    credential: CredentialName,
    { extension, limit }: { readonly extension: CredentialExtension; readonly limit: number },
  ): Uint8Array<ArrayBuffer> | undefined {
    checkNames(credential);
    const { user, name } = credential;
    using directory = openUser(this.#place, user);
    if (directory === undefined) return undefined;
    return readChecked(directory, `${name}.${extension}`, {
      limit,
      trust: this.#place.trust,
      shown: `${user}/${name}.${extension}`,
      token: extension === "use",
    });
  }
}

/** @throws {StoreError} `name` for what would lead elsewhere */
function checkNames({ user, name }: CredentialName): void {
  if (!isUserName(user)) throw notNamed("user", user);
  if (!isCredentialName(name)) {
    throw notNamed("credential", name);
  }
}

/** Files of the directory itself: a dot at most, then a plain name. */
function checkFileName(name: string): void {
  if (/^\.?[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(name)) return;
  throw notNamed("file", name);
}

function notNamed(what: string, name: string): StoreError {
  return new StoreError("name", `Cannot use ${showName(name)}: no ${what} may have this name`);
}
