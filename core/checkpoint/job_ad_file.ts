/** The copy of the job's ad that a plug-in is told about with `-jobad`. */
import type { ClassAd } from "../classad/ad.ts";
import { CleanupFailure } from "./failure.ts";
import { type Base, quote } from "./location.ts";

/** Most bytes of an ad. */
const LARGEST = 16 << 20;

/** A file that may hold the job's ad, or a directory that may have it as `.job.ad`. */
export class JobAdFile {
  /** The text, read once; undefined when there is none: the shadow names a directory without. */
  readonly text: Uint8Array | undefined;

  constructor(path: string) {
    this.text = path === "" ? undefined : read(path) ?? read(`${path}/.job.ad`);
  }

  /** The job's id as locations have it, found without parsing the rest. */
  get gid(): string | undefined {
    if (this.text === undefined) return undefined;
    const text = new TextDecoder().decode(this.text);
    const id = /^[ \t]*GlobalJobId[ \t]*=[ \t]*"([^"\r\n]*)"/im.exec(text)?.[1];
    return id?.replaceAll("#", "_");
  }

  /** The ad; attributes that cannot be read are left out. */
  async parse(): Promise<ClassAd | undefined> {
    if (this.text === undefined) return undefined;
    const { parseOldAd } = await import("../classad/mod.ts");
    return parseOldAd(this.text, { onBadLine: () => {} });
  }
}

/**
 * Makes sure that a checkpoint is one of the job's, where there is an ad to tell.
 *
 * @throws {CleanupFailure} `Unsafe`
 */
export function checkJob({ gid, text }: Base, ad: JobAdFile): void {
  const wanted = ad.gid;
  if (wanted === undefined || wanted === gid) return;
  throw new CleanupFailure("Unsafe", `Refused ${quote(text)}: the job's ad is of ${quote(wanted)}`);
}

/** Cluster and proc as `C.P`, from a job's id as locations have it. */
export function jobOf(gid: string): string | undefined {
  const found = /_(\d{1,10})\.(\d{1,10})_\d+$/.exec(gid);
  return found === null ? undefined : `${found[1]}.${found[2]}`;
}

/** Reads a file if it is one; what cannot be read is as good as not there. */
function read(path: string): Uint8Array | undefined {
  try {
    const { isFile, size } = Deno.statSync(path);
    return isFile && size <= LARGEST ? Deno.readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}
