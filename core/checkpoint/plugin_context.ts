/** What the store of a plug-in may know of its surroundings, found out only when it asks. */
import type { ClassAd } from "../classad/ad.ts";
import { CONDOR_Q } from "./condor_q.ts";
import { type JobAdFile, jobOf } from "./job_ad_file.ts";
import type { PluginHost } from "./plugin_host.ts";
import type { BackEnd, StoreContext } from "./store.ts";

/** Files removed at once from stores that remove one by one. */
const PARALLEL = 16;

/** What {@linkcode pluginContext} is made from. */
export interface ContextSources {
  readonly host: PluginHost;
  readonly jobAd: JobAdFile;
  /** The job's id, as in locations. */
  readonly gid: string;
  verbose(text: string): void;
}

/** The surroundings of the store that a back-end opens, as far as its permissions reach. */
export function pluginContext(
  { permissions }: BackEnd,
  { host, jobAd, gid, verbose }: ContextSources,
): StoreContext {
  const run = permissions.run ?? [];
  const asks = run === true || run.includes(CONDOR_Q);
  let user: StoreContext["user"] | null = null;
  let ad: Promise<ClassAd | undefined> | undefined;
  const findAd = async () => {
    const id = jobOf(gid);
    return await jobAd.parse() ?? (asks && id !== undefined ? await host.queuedJob(id) : undefined);
  };
  return {
    env: (name) => permissions.env ? host.env(name) : undefined,
    parallel: PARALLEL,
    get user() {
      if (user === null) user = host.user({ library: permissions.ffi === true });
      return user;
    },
    jobAd: () => ad ??= findAd(),
    verbose,
  };
}
