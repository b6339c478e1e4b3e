/** Cleaning up one checkpoint: the files that one MANIFEST or FAILURE file lists. */
import { basename, dirname } from "@std/path";
import { errorText } from "../../errors.ts";
import { CleanupFailure } from "../failure.ts";
import { type Base, parseBase, quote } from "../location.ts";
import { type Manifest, openManifest, readManifest } from "../manifest/reader.ts";
import { rewriteManifest } from "../manifest/writer.ts";
import { shown } from "../name.ts";
import type { Batch } from "../store.ts";
import { failureText } from "./failure_text.ts";
import type { ManifestFile } from "./job_directory.ts";
import { isWanted } from "./kept.ts";
import type { OpenedStore } from "./open_store.ts";
import { removeOrphans } from "./orphans.ts";
import { asFailure, removeFiles } from "./removal.ts";
import { complain, type Run } from "./run.ts";

/** How a checkpoint went. */
export interface NumberOutcome {
  /** Nothing of it is left that is known of. */
  readonly isClean: boolean;
  readonly gone: number;
  readonly failed: number;
}

/**
 * Removes the files of a checkpoint, then its MANIFEST. What fails is said on standard output and
 * keeps the MANIFEST, with the names that are not gone.
 *
 * @param baseText `<destination>/<gid>/<NNNN>` as HTCondor's own program would pass it on
 * @param file the MANIFEST; it must exist
 */
export async function cleanNumber(
  run: Run,
  baseText: string,
  { file, index, of }: { file: ManifestFile; index: number; of: number },
): Promise<NumberOutcome> {
  const nothing = { isClean: false, gone: 0, failed: 0 };
  let isMissing = false;
  try {
    const bytes = await openManifest(file.path).catch((cause) => {
      isMissing = cause instanceof Deno.errors.NotFound;
      const reason = run.settings.strict ? "" : `\n${errorText(cause)}`;
      throw new CleanupFailure("NotDeleted", `Failed to open MANIFEST, aborting.${reason}`, {
        cause,
      });
    });
    if (await isWanted(dirname(file.path), file.number)) {
      throw new CleanupFailure(
        "Unsafe",
        `Refused ${quote(baseText)}: its SPOOL directory has a MANIFEST by which the job may be ` +
          "restarted from it, or store it now, aborting.",
      );
    }
    const opened = await run.opener.open(baseText);
    const manifest = await readManifest(bytes, {
      fileName: basename(file.path),
      strict: run.settings.strict,
    });
    run.progress.begin({ index, of, files: manifest.count });
    return await cleanManifest(run, { baseText, file, opened, manifest });
  } catch (error) {
    const failure = asFailure(error);
    complain(run, failure.message);
    // A number that has no MANIFEST is no news worth keeping, and there may be thousands.
    if (!isMissing) {
      run.log.write({ event: "failure", job: run.name, base: baseText, message: failure.message });
    }
    return nothing;
  }
}

interface Work {
  readonly baseText: string;
  readonly file: ManifestFile;
  readonly opened: OpenedStore;
  readonly manifest: Manifest;
}

async function cleanManifest(run: Run, work: Work): Promise<NumberOutcome> {
  const { baseText, file, opened, manifest } = work;
  const { strict, dryRun } = run.settings;
  const isDamaged = !strict && manifest.selfHash !== "good";
  if (isDamaged) {
    complain(run, `MANIFEST damaged or cut short: '${file.path}'`);
    run.log.write({ event: "damaged", job: run.name, file: file.path });
  }
  const batch: Batch = {
    // Foreign plug-ins take a base as it is; only our own stores have to make sense of it.
    base: opened.inProcess ? parseBase(baseText) : anyBase(baseText, file),
    ignoreMissing: file.failed,
    // What was uploaded is listed whole; what a shorter list leaves out is gone already.
    whole: manifest.selfHash === "good",
    count: manifest.count,
    name: (index) => manifest.name(index),
  };
  if (dryRun) {
    plan(run, work, batch);
    return { isClean: true, gone: 0, failed: 0 };
  }
  const outcome = await removeFiles(run, opened, {
    batch,
    save: (isGone) => rewriteManifest(file.path, manifest, { keep: (index) => !isGone(index) }),
  });
  if (outcome.first !== undefined) {
    complain(run, failureText(outcome.first, { batch, opened, jobAdPath: run.opener.jobAdPath }));
    if (!strict) {
      complain(
        run,
        `${outcome.failed + outcome.left} of ${manifest.count} files could not be deleted`,
      );
    }
  } else if (outcome.left > 0) {
    complain(run, `Stopped with ${outcome.left} of ${manifest.count} files of '${baseText}' left`);
  }
  const { gone, failed } = outcome;
  if (gone < manifest.count || outcome.first !== undefined) return { isClean: false, gone, failed };
  if (outcome.wasAbsent && manifest.count > 0 && !file.failed) {
    // A file system that is not mounted looks the same, and this is the last that is known of it.
    run.log.write({ event: "absent", job: run.name, base: baseText, files: manifest.count });
  }
  let isClean = true;
  if (isDamaged) {
    // Whatever the lost lines named is found by looking.
    const scan = await removeOrphans(run, opened, {
      location: parseBase(baseText),
      number: file.digits,
    });
    isClean = scan.isClean;
    if (!scan.couldList) {
      complain(run, `Files may be left at '${baseText}', which cannot be listed`);
    }
    if (scan.couldList && !isClean) return { isClean, gone, failed };
  }
  isClean = await forget(run, file.path) && isClean;
  return { isClean, gone, failed };
}

/** Removes a MANIFEST that is done with; whether it is gone. */
async function forget(run: Run, path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      const text = `Failed to remove MANIFEST: ${errorText(error)}`;
      complain(run, text);
      run.log.write({ event: "failure", job: run.name, message: text });
      return false;
    }
  }
  return true;
}

function anyBase(text: string, file: ManifestFile): Base {
  return { destination: text, gid: "", number: file.digits, text };
}

function plan(run: Run, { file, opened, baseText }: Work, batch: Batch): void {
  const how = opened.inProcess ? "in this process" : "by one process for each file";
  run.host.out(`${file.path}: would delete ${batch.count} files at ${baseText}`);
  run.host.out(`  ${opened.origin}: ${opened.command.join(" ")} (${how})`);
  for (let i = 0; i < batch.count; i++) run.host.out(`  ${shown(batch.name(i)).slice(1, -1)}`);
}
