/** Checkpoints on a server that is reached by SSH, removed over its SFTP subsystem. */
import { CleanupFailure } from "../failure.ts";
import type { JobLocation } from "../location.ts";
import { joinPaths, shown } from "../name.ts";
import { belowPrefix } from "../prefix.ts";
import type { Batch, Leftover, RemoveOptions, Store } from "../store.ts";
import { eachOf } from "./each.ts";
import { leftoverAt } from "./leftover.ts";
import { type SftpClient, SftpError, SftpLost } from "./sftp_client.ts";
import { SftpProtocolError, STATUS } from "./sftp_packets.ts";
import {
  parseSshLocation,
  pathOfPrefix,
  type PathOptions,
  sshComponentsOf,
  type SshLocation,
} from "./ssh_address.ts";
import { type SshOptions, SshSession } from "./ssh_session.ts";
import { refusal, SshTree, WINDOW } from "./ssh_tree.ts";

/** Milliseconds that requests have left when the clean-up is stopped. */
const GRACE = 1000;

const encoder = new TextEncoder();

/** The line of the map, understood. */
export interface SshStoreOptions extends SshOptions, PathOptions {
  readonly prefix: string | undefined;
  /** The user where the URL names none. */
  readonly user: string | undefined;
  verbose(text: string): void;
}

/** A server with SFTP, or several: one connection to each, held until the end. */
export class SshStore implements Store {
  readonly #options: SshStoreOptions;
  readonly #sessions = new Map<string, Promise<SshSession>>();

  constructor(options: SshStoreOptions) {
    this.#options = options;
  }

  async remove(batch: Batch, { signal, done }: RemoveOptions): Promise<void> {
    const location = this.#locate(batch.base);
    if (batch.count === 0) return;
    await this.#over(location, signal, async (client) => {
      const tree = new SshTree(client, location.destination);
      const base = [location.gid, encoder.encode(batch.base.number)];
      await eachOf(batch, { parallel: WINDOW, signal, done }, async (name) => {
        const way = [...base, ...sshComponentsOf(name, this.#options)];
        const last = way.pop()!;
        const directory = await tree.enter(way);
        if (directory !== undefined) await removeFile(client, joinPaths(directory, last));
      });
      if (!signal.aborted) await tree.removeEmpty();
    });
  }

  async *leftovers(location: JobLocation, signal: AbortSignal): AsyncGenerator<Leftover> {
    const { gid, ...place } = this.#locate(location);
    const session = await this.#session({ gid, ...place }, signal);
    using _ = session.endBy(signal, GRACE);
    try {
      const tree = new SshTree(session.client, place.destination);
      await this.#check(session.client, place.destination);
      const job = await tree.enter([gid]);
      if (job === undefined) return;
      for await (const path of tree.files(job, signal)) {
        const found = leftoverAt(path);
        if (found !== undefined) yield found;
      }
    } catch (error) {
      throw await explained(session, error);
    }
  }

  async prune(location: JobLocation, signal: AbortSignal): Promise<void> {
    const { gid, ...place } = this.#locate(location);
    await this.#over({ gid, ...place }, signal, async (client) => {
      const tree = new SshTree(client, place.destination);
      const job = await tree.enter([gid]);
      if (job !== undefined) await tree.prune(job, signal);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map(async (opening) => {
      const session = await opening.catch(() => undefined);
      await session?.[Symbol.asyncDispose]();
    }));
  }

  #locate(location: JobLocation): SshLocation {
    const { prefix, user } = this.#options;
    if (prefix !== undefined) {
      // Throws when its spelling hides a way out.
      sshComponentsOf(encoder.encode(belowPrefix(location, prefix)), this.#options);
    }
    const found = parseSshLocation(location, this.#options);
    return { ...found, server: { ...found.server, user: found.server.user ?? user } };
  }

  /** Does something over a connection, and explains how that broke if it does. */
  async #over(
    location: SshLocation,
    signal: AbortSignal,
    work: (client: SftpClient) => Promise<void>,
  ): Promise<void> {
    if (signal.aborted) return;
    const session = await this.#session(location, signal);
    using _ = session.endBy(signal, GRACE);
    try {
      await this.#check(session.client, location.destination);
      await work(session.client);
    } catch (error) {
      throw await explained(session, error);
    }
  }

  /** A connection to the server: the one there is, or a new one. */
  async #session({ server }: SshLocation, signal: AbortSignal): Promise<SshSession> {
    const key = JSON.stringify(server);
    const present = await this.#sessions.get(key)?.catch(() => undefined);
    if (present !== undefined && !present.client.isOver) return present;
    await present?.[Symbol.asyncDispose]();
    this.#options.verbose(`Connecting to ${server.host}`);
    const opening = SshSession.open(server, this.#options, signal);
    this.#sessions.set(key, opening);
    return await opening;
  }

  /**
   * Makes sure that the site's own directory is there: where it is not, e.g. because a file system
   * is not mounted, everything seems to be gone.
   */
  async #check(client: SftpClient, destination: Uint8Array): Promise<void> {
    const { prefix } = this.#options;
    const path = prefix === undefined ? destination : pathOfPrefix(prefix, this.#options);
    if (path.length === 0) return;
    const missing = (state: string) =>
      new CleanupFailure("StoreUnavailable", `Cannot use ${shown(path)}: ${state}`);
    try {
      const kind = await client.stat(path);
      if (kind !== "directory" && kind !== "unknown") throw missing("it is no directory");
    } catch (error) {
      if (!(error instanceof SftpError)) throw error;
      throw error.code === STATUS.NO_SUCH_FILE
        ? missing("there is no such directory")
        : refusal(path, "use", error);
    }
  }
}

async function removeFile(client: SftpClient, path: Uint8Array): Promise<void> {
  try {
    await client.remove(path);
  } catch (error) {
    if (!(error instanceof SftpError)) throw error;
    if (error.code === STATUS.NO_SUCH_FILE) return;
    if (error.code === STATUS.PERMISSION_DENIED) throw refusal(path, "remove", error);
    // Any error may be behind the general one.
    const kind = await client.lstat(path).catch((why: unknown) => {
      if (why instanceof SftpError) return why;
      throw why;
    });
    if (kind instanceof SftpError && kind.code === STATUS.NO_SUCH_FILE) return;
    throw kind === "directory"
      ? new CleanupFailure("NotDeleted", `Cannot remove ${shown(path)}: it is a directory`)
      : refusal(path, "remove", error);
  }
}

async function explained(session: SshSession, error: unknown): Promise<unknown> {
  const isOfSession = error instanceof SftpLost || error instanceof SftpProtocolError;
  return isOfSession ? await session.failure(error) : error;
}
