/** Checkpoints on a web server: removed by DELETE, listed and emptied where it speaks WebDAV. */
import { HttpClient } from "../../http/mod.ts";
import { CleanupFailure } from "../failure.ts";
import { isNumber, type JobLocation } from "../location.ts";
import { shown } from "../name.ts";
import { belowPrefix } from "../prefix.ts";
import type { Batch, Leftover, RemoveOptions, Store, StoreContext } from "../store.ts";
import { eachOf } from "./each.ts";
import {
  filesBelow,
  isRefusal,
  listCollection,
  pruneCollection,
  removeTarget,
} from "./http_collections.ts";
import { type CredentialOptions, findCredentials } from "./http_credentials.ts";
import { HttpRequests, isGone, isPage, StoreFailure } from "./http_requests.ts";
import {
  collectionTarget,
  type Destination,
  fileTarget,
  parseDestination,
  refuseWayOut,
} from "./http_target.ts";
import { pathOf, readMultistatus } from "./http_webdav.ts";

/** The line of the map, understood. */
export interface HttpStoreOptions {
  readonly prefix: string | undefined;
  /** Removes a whole checkpoint by one request. */
  readonly collection: boolean;
  /** The server speaks WebDAV also where the scheme does not say so. */
  readonly webdav: boolean;
  readonly credentials: CredentialOptions;
  readonly context: StoreContext;
  /** The user it runs as. */
  readonly uid: number;
  readonly userAgent: string;
}

/** A destination of the job's and the way to its server. */
interface Place {
  readonly destination: Destination;
  readonly requests: HttpRequests;
}

/** Opens the store. It can list unless the prefix tells that the server does not speak WebDAV. */
export function openHttpStore(options: HttpStoreOptions): Store {
  const store = new HttpStore(options);
  const { prefix = "dav:", webdav, collection } = options;
  return {
    remove: (batch, how) => store.remove(batch, how),
    [Symbol.asyncDispose]: () => store.close(),
    ...((webdav || collection || /^(?:[^:/]*[+.-])?davs?:/i.test(prefix)) && {
      leftovers: (location: JobLocation, signal: AbortSignal) => store.leftovers(location, signal),
      prune: (location: JobLocation, signal: AbortSignal) => store.prune(location, signal),
    }),
  };
}

class HttpStore {
  readonly #options: HttpStoreOptions;
  readonly #places = new Map<string, Promise<Place>>();
  readonly #clients: HttpClient[] = [];

  constructor(options: HttpStoreOptions) {
    this.#options = options;
  }

  async remove(batch: Batch, options: RemoveOptions): Promise<void> {
    const place = await this.#place(batch.base);
    const target = collectionTarget(place.destination, batch.base.gid, batch.base.number);
    let mayBeLeft: (path: string) => boolean = () => true;
    if (this.#options.collection && batch.whole && batch.count > 0 && !options.signal.aborted) {
      mayBeLeft = await this.#removeCollection(place, target, options.signal);
    }
    const { parallel } = this.#options.context;
    const concernsAll = (failure: CleanupFailure) => failure instanceof StoreFailure;
    await eachOf(batch, { ...options, parallel, concernsAll }, async (name, index) => {
      const file = fileTarget(target, name);
      if (!mayBeLeft(pathOf(file))) return;
      await removeTarget(place.requests, file, {
        signal: options.signal,
        title: () => shown(batch.name(index)),
      });
    });
  }

  async *leftovers(location: JobLocation, signal: AbortSignal): AsyncIterable<Leftover> {
    const place = await this.#place(location);
    if (!this.#speaksWebdav(place)) return;
    const { requests, destination } = place;
    const job = collectionTarget(destination, location.gid);
    const { members } = await listCollection(requests, job, signal);
    for (const { name: number, isCollection } of members) {
      if (!isCollection || !isNumber(number)) continue;
      for await (const name of filesBelow(requests, `${job}${number}/`, { signal })) {
        yield { number, name };
      }
    }
  }

  async prune(location: JobLocation, signal: AbortSignal): Promise<void> {
    const place = await this.#place(location);
    if (!this.#speaksWebdav(place)) return;
    const target = collectionTarget(place.destination, location.gid);
    await pruneCollection(place.requests, target, { signal });
  }

  close(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    return Promise.resolve();
  }

  #speaksWebdav({ destination }: Place): boolean {
    return destination.webdav || this.#options.webdav || this.#options.collection;
  }

  /** Finds the way to a destination, once; also checks that it is one of the map's line. */
  async #place(location: JobLocation): Promise<Place> {
    const { prefix } = this.#options;
    if (prefix !== undefined) refuseWayOut(belowPrefix(location, prefix));
    const destination = parseDestination(location);
    let place = this.#places.get(location.destination);
    if (place === undefined) {
      place = this.#connect(destination);
      this.#places.set(location.destination, place);
      place.catch(() => this.#places.delete(location.destination));
    }
    return await place;
  }

  async #connect(destination: Destination): Promise<Place> {
    const { context, uid, userAgent } = this.#options;
    const credentials = await findCredentials({
      destination,
      options: this.#options.credentials,
      context,
      uid,
    });
    const { certificate } = credentials;
    const client = new HttpClient({
      env: context.env,
      userAgent,
      connections: context.parallel,
      ...(certificate && { clientCertificate: certificate }),
    });
    this.#clients.push(client);
    return { destination, requests: new HttpRequests(client, destination.server, credentials) };
  }

  /**
   * Removes a checkpoint by one request.
   *
   * @returns tells of which files it is not certain that they are gone
   */
  async #removeCollection(
    { requests }: Place,
    target: string,
    signal: AbortSignal,
  ): Promise<(path: string) => boolean> {
    this.#options.context.verbose(`Removing ${target} at ${requests.name} as a whole`);
    const answer = await requests.send({
      method: "DELETE",
      target,
      headers: { depth: "infinity" },
      signal,
    });
    if (isGone(answer.status) && !isPage(answer)) return () => false;
    if (answer.status === 207) {
      const failed = failedPaths(answer.body, requests.name);
      return (path) => ancestors(path).some((one) => failed.has(one));
    }
    const failure = requests.refusal(answer, `${target} as a whole`);
    if (failure.kind === "Transient") throw failure;
    this.#options.context.verbose(`${failure.message}; going on file by file`);
    return () => true;
  }
}

/** The paths that a Multi-Status answer says are still there; all, when it says nothing clear. */
function failedPaths(body: Uint8Array, server: string): ReadonlySet<string> {
  const paths = new Set<string>();
  try {
    for (const { path, status } of readMultistatus(body, server)) {
      if (isRefusal(status)) paths.add(path);
    }
  } catch (error) {
    if (!(error instanceof CleanupFailure)) throw error;
  }
  return paths.size === 0 ? new Set([""]) : paths;
}

/** A path and all those above it, up to the empty one. */
function ancestors(path: string): string[] {
  const found = [path];
  for (let at; (at = path.lastIndexOf("/")) >= 0;) found.push(path = path.slice(0, at));
  return found;
}
