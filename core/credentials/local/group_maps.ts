/** The group maps of all providers, as they were when a scan began. */
import { type GroupMap, GroupMapError, readGroupMap } from "./group_map.ts";

/** A map in one scan. */
export interface MapState {
  /** Nothing while it cannot be read. */
  readonly map?: GroupMap;
  /** Why it cannot be read. */
  readonly reason?: string;
  /** Equal while nothing changes that tokens are made of. */
  readonly identity: string;
  /** Of the last map that could be read, while this one cannot be. */
  readonly lastIdentity?: string;
}

/** What {@linkcode GroupMaps} needs. */
export interface GroupMapsOptions {
  /** Takes a line for the log when a map becomes unreadable, or readable again. */
  readonly note: (line: string) => void;
  /** Reads a map; the disk's unless given. @throws {GroupMapError} */
  readonly read?: (path: string) => GroupMap;
}

/** How many different maps there have been, of all monitors: each has a number of its own. */
let made = 0;

/** The maps, each read once for a scan, however many users ask for it. */
export class GroupMaps {
  readonly #states = new Map<string, MapState>();
  readonly #options: GroupMapsOptions;

  constructor(paths: Iterable<string>, options: GroupMapsOptions) {
    this.#options = options;
    for (const path of paths) this.#states.set(path, { identity: "unread", reason: "not read" });
  }

  /** Reads all maps anew. Never throws. */
  refresh(): void {
    for (const [path, before] of this.#states) this.#states.set(path, this.#read(path, before));
  }

  /** The state of a map that was named to the constructor. */
  get(path: string): MapState {
    return this.#states.get(path) ?? { identity: "unknown", reason: "not read" };
  }

  #read(path: string, before: MapState): MapState {
    try {
      const map = (this.#options.read ?? readGroupMap)(path);
      if (before.identity === "unreadable") this.#options.note(`Group map "${path}" is back`);
      if (map.text === before.map?.text) return before;
      return { map, identity: `map ${++made}` };
    } catch (error) {
      if (!(error instanceof GroupMapError)) throw error;
      const reason = error.message;
      if (before.reason !== reason) {
        this.#options.note(`Cannot read group map "${path}": ${reason}`);
      }
      const last = before.map === undefined ? before.lastIdentity : before.identity;
      return {
        reason,
        identity: "unreadable",
        ...(last !== undefined && { lastIdentity: last }),
      };
    }
  }
}
