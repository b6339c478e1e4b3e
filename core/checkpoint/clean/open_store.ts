/** From a location to the store that the map file names for it. */
import { basename } from "@std/path";
import { isPinion } from "../../cli/is_pinion.ts";
import { errorText, UsageError } from "../../errors.ts";
import type { Account } from "../../posix/mod.ts";
import type { ClassAd } from "../../classad/mod.ts";
import { CleanupFailure } from "../failure.ts";
import { jobOf } from "../job_ad_file.ts";
import { parseBase } from "../location.ts";
import { type CheckpointMap, type Found, programOf, readMap } from "../map/mod.ts";
import { openOwn, OWN_BACK_ENDS } from "../stores/mod.ts";
import type { Store } from "../store.ts";
import { carefully } from "./careful_store.ts";
import type { JobFacts } from "./job_ad.ts";
import type { Settings } from "./settings.ts";

/** What a map line led to. */
export interface OpenedStore {
  readonly store: Store;
  /** The plug-in and its arguments from the map. */
  readonly command: readonly string[];
  /** `FILE:LINE` of the map. */
  readonly origin: string;
  /** The work is done here, by one of our own back-ends. */
  readonly inProcess: boolean;
}

/** What stores are opened with. */
export interface OpenerOptions {
  readonly settings: Settings;
  /** Passed to plug-ins as `-jobad`, whether it exists or not. */
  readonly jobAdPath: string;
  readonly job: JobFacts | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: Account | undefined;
  /** Whether programs that are not ours may be started. */
  readonly allowForeign: boolean;
}

/** Opens stores, each once, and closes them together. */
export class StoreOpener implements AsyncDisposable {
  readonly #options: OpenerOptions;
  readonly #opened = new Map<string, Promise<OpenedStore>>();
  #map: CheckpointMap | undefined;

  constructor(options: OpenerOptions) {
    this.#options = options;
  }

  /** What plug-ins are told about the job's ad. */
  get jobAdPath(): string {
    return this.#options.jobAdPath;
  }

  /**
   * Opens the store for a checkpoint.
   *
   * @param base the checkpoint's location as text, which the map's prefixes are compared with
   * @throws {CleanupFailure} in the words that HTCondor's own program has for it
   */
  async open(base: string): Promise<OpenedStore> {
    const { settings } = this.#options;
    const found = this.#lookUp(base);
    const [word, ...args] = found?.words ?? [];
    if (found === undefined || word === undefined) {
      throw new CleanupFailure(
        "Usage",
        `Failed to find checkpoint destination ${base} in map file, aborting`,
      );
    }
    const program = programOf(word, settings.libexec);
    const origin = `${found.file}:${found.line}`;
    const key = JSON.stringify([program, ...args]);
    const known = this.#opened.get(key) ?? this.#openProgram(program, { args, base, origin });
    this.#opened.set(key, known);
    return await known;
  }

  #lookUp(base: string): Found | undefined {
    const { mapFile: path, includePrefix, strict } = this.#options.settings;
    try {
      return (this.#map ??= readMap(path, { includePrefix })).find(base);
    } catch (error) {
      const reason = strict ? "" : `\n${errorText(error)}`;
      throw new CleanupFailure(
        "Usage",
        `Failed to parse checkpoint destination map file (${path}), aborting${reason}`,
        { cause: error },
      );
    }
  }

  async #openProgram(
    program: string,
    { args, base, origin }: { args: readonly string[]; base: string; origin: string },
  ): Promise<OpenedStore> {
    const { settings, jobAdPath, environment, user } = this.#options;
    const there = await Deno.stat(program).then(() => true, () => false);
    if (!there) {
      throw new CleanupFailure(
        "Usage",
        `Clean-up plug-in for '${base}' (${program}) does not exist, aborting`,
      );
    }
    const command = [program, ...args];
    const name = basename(program);
    if (OWN_BACK_ENDS.has(name) && await isPinion(program).catch(() => false)) {
      const store = await openOwn(name, args, {
        env: (variable) => environment[variable],
        parallel: settings.parallel,
        user,
        jobAd: async () => this.#options.job?.ad ?? await askQueue(base),
        verbose: () => {},
      }).catch((error) => {
        throw error instanceof UsageError ? new CleanupFailure("Usage", error.message) : error;
      });
      return { store: carefully(store), command, origin, inProcess: true };
    }
    if (!this.#options.allowForeign) {
      throw new CleanupFailure(
        "Unsafe",
        `Refused to start '${program}' as root: become the job's owner, or give -as-root`,
      );
    }
    const { openForeign } = await import("../stores/foreign.ts");
    const batch = settings.batchPlugins.some((one) => one === name || one === program);
    const store = openForeign({
      command,
      jobAd: jobAdPath,
      timeout: settings.timeout,
      parallel: settings.foreignParallel,
      batch,
      environment,
      user,
    });
    return {
      store: settings.strict ? store : carefully(store),
      command,
      origin,
      inProcess: false,
    };
  }

  /** Closes what was opened. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#opened.values()) {
      const opened = await opening.catch(() => undefined);
      await opened?.store[Symbol.asyncDispose]();
    }
  }
}

/** The ad of a job that is still in the queue, for a directory that has lost its copy. */
async function askQueue(base: string): Promise<ClassAd | undefined> {
  const id = jobOf(parseBase(base).gid);
  if (id === undefined) return undefined;
  const { queuedJob } = await import("../queued_job.ts");
  return await queuedJob(id);
}
