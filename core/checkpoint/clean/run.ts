/** What all parts of one clean-up share. */
import type { Clock } from "../../clock.ts";
import type { Settings } from "./settings.ts";
import type { CleanupLog } from "./cleanup_log.ts";
import type { JobFacts } from "./job_ad.ts";
import type { StoreOpener } from "./open_store.ts";
import type { Progress } from "./progress.ts";

/** The machine, as far as a clean-up sees it. */
export interface CleanHost {
  /** Takes a line for standard output, without its line break. */
  out(line: string): void;
  /** Takes a line for standard error. */
  note(line: string): void;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string>>;
  /** Writes to the terminal that standard error is; nothing where it is none. */
  readonly terminal?: (text: string) => void;
}

/** A clean-up under way. */
export interface Run {
  readonly host: CleanHost;
  readonly settings: Settings;
  readonly opener: StoreOpener;
  readonly job: JobFacts | undefined;
  readonly log: CleanupLog;
  /** What the log calls the job. */
  readonly name: string;
  readonly progress: Progress;
  /** When the run's time is up, in milliseconds of the monotonic clock. */
  readonly deadline: number;
  /** Aborted when the run is told to stop, or its time is up. */
  readonly signal: AbortSignal;
}

/** A password in a URL. Nothing else of a message may change: scripts look for HTCondor's texts. */
const PASSWORD = /(:\/\/[^\s/:@'"]{0,256}:)[^\s/@'"]{1,1024}@/g;

/** Says a failure, as HTCondor's own program would. */
export function complain(run: Pick<Run, "host" | "progress">, text: string): void {
  run.progress.clear();
  run.host.out(text.replace(PASSWORD, "$1...@"));
}
