/** Cleaning up the numbers of a job, whatever comes to them meanwhile included. */
import { join } from "@std/path";
import { isStaleTemporary } from "../manifest/writer.ts";
import { cleanNumber } from "./clean_number.ts";
import { filesOf, findFiles, type ManifestFile, namesIn, type Stem } from "./job_directory.ts";
import { complain, type Run } from "./run.ts";

/** Most numbers without MANIFEST that are complained about. */
const MOST_MISSING = 10_000;

/** What is to be cleaned up. */
export interface CleanRequest {
  /** `<destination>/<gid>`. */
  readonly location: string;
  /** `<clean-up directory>/_condor_checkpoint_MANIFEST`. */
  readonly stem: string;
  readonly low: bigint;
  readonly high: bigint;
}

/** How the numbers went together. */
export interface Totals {
  isClean: boolean;
  gone: number;
  failed: number;
}

/** All numbers from low to high that have files, and those above that were forgotten. */
export async function cleanNumbers(run: Run, request: CleanRequest, stem: Stem): Promise<Totals> {
  const totals: Totals = { isClean: true, gone: 0, failed: 0 };
  const { location, low } = request;
  const { strict, missingIsError, dryRun } = run.settings;
  const names = await namesIn(stem.directory) ?? [];
  for (const name of dryRun ? [] : names) {
    if (isStaleTemporary(name)) await Deno.remove(join(stem.directory, name)).catch(() => {});
  }
  const seen = new Set<string>();
  const unseenIn = (names: readonly string[]) =>
    findFiles(stem, names).filter(({ number, path }) => number >= low && !seen.has(path));
  let found = unseenIn(names);
  let todo: Iterable<ManifestFile> = strict || missingIsError
    ? upstreamOrder(run, stem, { found, request })
    : found;
  let [index, of] = [0, found.length];
  do {
    for (const file of todo) {
      if (run.signal.aborted) {
        totals.isClean = false;
        return totals;
      }
      seen.add(file.path);
      const base = `${location}/${file.digits}`;
      const outcome = await cleanNumber(run, base, { file, index: ++index, of });
      totals.isClean &&= outcome.isClean;
      totals.gone += outcome.gone;
      totals.failed += outcome.failed;
    }
    // Whoever was started for what came meanwhile did not wait for long, and left it to this run.
    todo = found = strict ? [] : unseenIn(await namesIn(stem.directory) ?? []);
    of += found.length;
  } while (found.length > 0);
  return totals;
}

/** Every number of the range, whether it has a file or not; then, unless strict, the others. */
function* upstreamOrder(
  run: Run,
  stem: Stem,
  { found, request: { low, high } }: {
    found: readonly ManifestFile[];
    request: CleanRequest;
  },
): Generator<ManifestFile> {
  const { strict } = run.settings;
  const paths = new Set(found.map(({ path }) => path));
  let number = low;
  for (let missing = 0; number <= high && missing < MOST_MISSING; number++) {
    const both = filesOf(stem, number);
    const there = both.filter(({ path }) => paths.has(path));
    // Only one of a number's two files is looked at by upstream; none at all is its error.
    yield* strict ? there.slice(0, 1) : there;
    if (there.length > 0) continue;
    missing++;
    yield both[0]!;
  }
  if (number <= high) complain(run, `Gave up looking for the MANIFESTs up to number ${high}`);
  yield* found.filter((file) => file.number >= number && !(strict && file.number > high));
}
