/** What was found for each credential, so that nothing is read twice while nothing changes. */
import type { FileFacts, ListedCredential } from "../store/mod.ts";

/** What tokens of one provider were made of, in one scan. */
export interface Basis {
  /** Equal as long as nothing changes. */
  readonly identity: string;
}

/** What is known of a credential whose `.use` is as it should be. */
export interface Found {
  readonly basis: Basis;
  /** What was granted, in a digest: equal grants make equal tokens, whatever else has changed. */
  readonly grant: string;
  /** Unix times in milliseconds; an empty token has neither. */
  readonly expires: number | undefined;
  readonly due: number | undefined;
}

interface Entry extends Found {
  readonly top: FileFacts;
  /** Nothing until it has been seen in a listing. */
  readonly use: FileFacts | undefined;
  /** Of the content that was published, until then. */
  readonly digest: string | undefined;
  /** Why there can be no token, whatever is in its place. */
  readonly refusal: Error | undefined;
  scan: number;
}

/** Scans that a credential may be missing from before it is forgotten: scans can be partial. */
const PATIENCE = 3;

/** What is known of all credentials, less than 1 KB for each. */
export class Memory {
  readonly #entries = new Map<string, Entry>();
  #scan = 0;

  /** How many credentials are known. */
  get size(): number {
    return this.#entries.size;
  }

  /** Begins a scan: forgets what has not been listed for a while. */
  begin(): void {
    const oldest = ++this.#scan - PATIENCE;
    for (const [key, entry] of this.#entries) if (entry.scan < oldest) this.#entries.delete(key);
  }

  /** What is known of a credential, if its files are as they were then. */
  find(credential: ListedCredential): Found | undefined {
    const entry = this.#entry(credential);
    if (entry?.use === undefined || !isSame(entry.use, credential.use)) return undefined;
    return entry;
  }

  /**
   * The digest of what was published for a credential that has not been listed since; what else is
   * known of it holds if the file has that content.
   */
  published(credential: ListedCredential): (Found & { readonly digest: string }) | undefined {
    const entry = this.#entry(credential);
    const digest = entry?.digest;
    return entry === undefined || digest === undefined ? undefined : { ...entry, digest };
  }

  /** Remembers what was found in a credential's file as it was listed. */
  keep(credential: ListedCredential, found: Found): void {
    this.#set(credential, found, { use: credential.use });
  }

  /** Remembers what was published for a credential. */
  keepPublished(credential: ListedCredential, found: Found, digest: string): void {
    this.#set(credential, found, { digest });
  }

  /**
   * Remembers that a credential cannot be made of its `.top` and that basis: reading what a user wrote
   * takes time, and a user can write a lot.
   */
  refuse(credential: ListedCredential, basis: Basis, refusal: Error): void {
    const found = { basis, grant: "", expires: undefined, due: undefined };
    this.#set(credential, found, { refusal });
  }

  /** Why a credential cannot be made, if that is known for that basis and its `.top` as it is. */
  refusal(credential: ListedCredential, { identity }: Basis): Error | undefined {
    const entry = this.#entry(credential);
    return entry?.basis.identity === identity ? entry.refusal : undefined;
  }

  /** Forgets a credential. */
  forget(credential: ListedCredential): void {
    this.#entries.delete(keyOf(credential));
  }

  #entry(credential: ListedCredential): Entry | undefined {
    const entry = this.#entries.get(keyOf(credential));
    if (entry === undefined) return undefined;
    entry.scan = this.#scan;
    return isSame(entry.top, credential.top) ? entry : undefined;
  }

  #set(
    credential: ListedCredential,
    { basis, grant, expires, due }: Found,
    { use, digest, refusal }: Partial<Pick<Entry, "use" | "digest" | "refusal">>,
  ): void {
    const { top } = credential;
    this.#entries.set(keyOf(credential), {
      ...{ basis, grant, expires, due, top, use, digest, refusal },
      scan: this.#scan,
    });
  }
}

function keyOf({ user, name }: ListedCredential): string {
  return `${user}/${name}`;
}

function isSame(a: FileFacts, b: FileFacts | undefined): boolean {
  return a.inode === b?.inode && a.mtime === b.mtime && a.size === b.size;
}
