/** The credential directory. */
import type {
  CredentialExtension,
  CredentialName,
  ListedCredential,
  LockOptions,
  Mark,
  StoreOptions,
} from "./types.ts";

/**
 * The directory of the OAuth family's credentials (`SEC_CREDENTIAL_DIRECTORY_OAUTH`), held open.
 *
 * No symbolic link in it is ever followed, whoever plants it and whenever.
 */
export class CredentialStore implements Disposable {
  private constructor(readonly path: string) {}

  /**
   * Opens the directory, and makes it when it is missing (02770, group `condor`).
   *
   * @throws {StoreError} when it is unsafe or cannot be used; the line says what to do
   */
  static open(_path: string, _options: StoreOptions = {}): CredentialStore {
    throw new Error("Under way");
  }

  /**
   * Lists the credentials that have a `.top`, sorted by user and then by name. What is not to be
   * trusted is skipped and noted. At most 64 providers of 1,000 credentials for each user.
   *
   * @throws {StoreError} `replaced` when the directory or the lock is another by now: to be opened
   *   anew; `failed` and the like when the directory cannot be listed
   */
  // deno-lint-ignore require-yield
  *list(): Generator<ListedCredential, void> {
    throw new Error("Under way");
  }

  /**
   * Reads a credential's `.top`, following no link.
   *
   * @param limit most bytes, 256 KiB unless given
   * @returns undefined when it is gone, or its user
   * @throws {StoreError} when it is unsafe or too large, or cannot be read
   */
  readTop(_c: CredentialName, _limit?: number): Uint8Array<ArrayBuffer> | undefined {
    throw new Error("Under way");
  }

  /**
   * Reads a credential's `.use`, following no link.
   *
   * @returns undefined when it is gone, or is none that can be used: then it is to be made anew
   * @throws {StoreError} when it cannot be read
   */
  readUse(_c: CredentialName, _limit?: number): Uint8Array<ArrayBuffer> | undefined {
    throw new Error("Under way");
  }

  /**
   * Puts a file of a credential into its place at once: readers see the old one or the new one.
   *
   * @param bytes.. its content
   * @param options.mode of the file; 0400 unless given
   * @returns `gone` when the user or the `.top` went away meanwhile: nothing is left of it then
   * @throws {StoreError} the old file is left
   */
  publish(
    _c: CredentialName,
    _extension: CredentialExtension,
    _bytes: Uint8Array,
    _options: { readonly mode?: number } = {},
  ): Promise<"published" | "gone"> {
    throw new Error("Under way");
  }

  /**
   * Makes a `.top` unless it is there, and the user's directory when that is missing.
   *
   * @throws {StoreError}
   */
  create(_c: CredentialName, _bytes: Uint8Array): Promise<"created" | "present"> {
    throw new Error("Under way");
  }

  /** Reads a file of the directory itself, as `pid`; undefined without one. @throws {StoreError} */
  read(_name: string, _limit: number): Uint8Array<ArrayBuffer> | undefined {
    throw new Error("Under way");
  }

  /** Puts a file of the directory itself into its place at once. @throws {StoreError} */
  write(_name: string, _bytes: Uint8Array, _mode: number): Promise<void> {
    throw new Error("Under way");
  }

  /** Removes a file of the directory itself. @returns whether there was one @throws {StoreError} */
  remove(_name: string): boolean {
    throw new Error("Under way");
  }

  /** Puts a new, empty `CREDMON_COMPLETE` in its place, 0644. @throws {StoreError} */
  touchComplete(): void {
    throw new Error("Under way");
  }

  /** Removes `CREDMON_COMPLETE`. @throws {StoreError} */
  removeComplete(): void {
    throw new Error("Under way");
  }

  /** Writes the process's number to `pid`, 0644. @throws {StoreError} */
  writePid(_pid: number): Promise<void> {
    throw new Error("Under way");
  }

  /** Removes `pid`. @throws {StoreError} */
  removePid(): void {
    throw new Error("Under way");
  }

  /** Writes the status file, `.credmon-status.json`, 0640. @throws {StoreError} */
  writeStatus(_bytes: Uint8Array): Promise<void> {
    throw new Error("Under way");
  }

  /** Reads the status file; undefined without one. @throws {StoreError} */
  readStatus(_limit?: number): Uint8Array<ArrayBuffer> | undefined {
    throw new Error("Under way");
  }

  /**
   * Takes the lock of the directory, `.credmon.lock`: it ends with the process at the latest.
   *
   * @returns undefined when another process kept it all the time
   * @throws {StoreError}
   */
  lock(_options: LockOptions = {}): Promise<Disposable | undefined> {
    throw new Error("Under way");
  }

  /**
   * Removes what killed processes of this user left of files half written, here and in the users'
   * directories.
   *
   * @param options.age milliseconds since it was written to, an hour unless given; 0 is right while
   *   the lock is held
   * @returns how many
   */
  removeStale(_options: { readonly age?: number } = {}): number {
    throw new Error("Under way");
  }

  /** Lists the users whom HTCondor's schedd has marked for removal. @throws {StoreError} */
  // deno-lint-ignore require-yield
  *marks(): Generator<Mark, void> {
    throw new Error("Under way");
  }

  [Symbol.dispose](): void {}
}
