/** Starts a plug-in as HTCondor's starter does (manual, "File Transfer Plugins"). */

import { join } from "@std/path";
import { ensureDir } from "@std/fs";
import { type ClassAd, parseAds, printValue } from "../../core/classad/mod.ts";
import { type Case, TOKENS } from "./cases.ts";

/** Blanks that HTCondor puts into the out file, so that a full disk leaves room for a report. */
export const RESERVED = 19_264;

/** What a run of a plug-in left. */
export interface Run {
  readonly code: number;
  readonly ads: readonly ClassAd[];
  /** Size of the out file in bytes. */
  readonly outSize: number;
  readonly stderr: string;
}

/** The scratch directory of a job, with its tokens. */
export async function makeScratch(): Promise<string> {
  const scratch = await Deno.makeTempDir({ prefix: "pinion-demo-" });
  const creds = join(scratch, ".condor_creds");
  await ensureDir(creds);
  for (const [name, token] of Object.entries(TOKENS)) {
    const path = join(creds, `${name.replaceAll(".", "_")}.use`);
    await Deno.writeTextFile(path, JSON.stringify({ access_token: token }), { mode: 0o600 });
  }
  await Deno.writeTextFile(join(scratch, ".job.ad"), "ClusterId = 1\nProcId = 0\n");
  await Deno.writeTextFile(join(scratch, ".machine.ad"), 'Name = "slot1@demo"\n');
  return scratch;
}

/**
 * Runs a plug-in over some files and waits for it.
 *
 * @param files what to move
 * @param options.plugin path of the executable
 * @param options.scratch the job's scratch directory
 * @param options.upload whether the files go to their URLs
 */
export async function runPlugin(
  files: readonly Case[],
  { plugin, scratch, upload = false }: { plugin: string; scratch: string; upload?: boolean },
): Promise<Run> {
  const name = plugin.slice(plugin.lastIndexOf("/") + 1);
  const infile = join(scratch, `.${name}.in`);
  const outfile = join(scratch, `.${name}.out`);
  await Deno.writeTextFile(infile, files.map((file) => inputAds(file, scratch)).join(""));
  await Deno.writeTextFile(outfile, " ".repeat(RESERVED));
  const output = await new Deno.Command(plugin, {
    args: ["-infile", infile, "-outfile", outfile, ...(upload ? ["-upload"] : [])],
    cwd: scratch,
    clearEnv: true,
    env: {
      PATH: "/usr/bin:/bin",
      BATCH_SYSTEM: "HTCondor",
      _CONDOR_CREDS: join(scratch, ".condor_creds"),
      _CONDOR_JOB_AD: join(scratch, ".job.ad"),
      _CONDOR_MACHINE_AD: join(scratch, ".machine.ad"),
      _CONDOR_SCRATCH_DIR: scratch,
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const out = await Deno.readFile(outfile);
  return {
    code: output.code,
    ads: [...parseAds(out)],
    outSize: out.length,
    stderr: new TextDecoder().decode(output.stderr),
  };
}

/** The file's ad, and before it the one with its options, which hold for it and what follows. */
function inputAds({ name, url, options }: Case, scratch: string): string {
  const header = options === undefined ? "" : `[ PluginData = ${options} ]`;
  const path = printValue(join(scratch, name));
  return `${header}[ LocalFileName = ${path}; Url = ${printValue(url)} ]`;
}
