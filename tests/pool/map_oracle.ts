/** HTCondor's own condor_manifest inside the pool's root, asked which plug-in it would start. */

import { join } from "@std/path";
import { missingForOracle, poolRoot } from "./classad_oracle.ts";

/** A map file, the files beside it, and where a job's checkpoints lie. */
export interface MapCase {
  readonly map: string;
  /** By name; folders are made as needed. */
  readonly files: Readonly<Record<string, string>>;
  /** A checkpoint's base without its number, which is {@link NUMBER}. */
  readonly location: string;
}

/** Nothing, a program that is missing, or the arguments that {@link PROGRAM} got. */
export type MapAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "missing"; readonly program: string }
  | { readonly kind: "run"; readonly args: readonly string[] };

/** The checkpoint that is cleaned. */
export const NUMBER = "0000";
/** The one plug-in that is not missing. */
export const PROGRAM = "/TOP/plugin";
/** Where plug-ins without a path are looked for. */
export const LIBEXEC = "/TOP/libexec";

const SCRIPT = String.raw`
import json, os, re, subprocess, sys, tempfile
os.umask(0)
def answer(case, top, folder):
    os.makedirs(folder + "/job")
    for name, text in dict(case["files"], map=case["map"]).items():
        os.makedirs(os.path.dirname(folder + "/" + name), exist_ok=True)
        with open(folder + "/" + name, "wb") as f:
            f.write(text.replace("/TOP", top).encode())
    stem = folder + "/job/_condor_checkpoint_MANIFEST"
    with open(stem + ".${NUMBER}", "w") as f:
        f.write("0 *f\n0 *_condor_checkpoint_MANIFEST.${NUMBER}\n")
    log = top + "/arguments"
    if os.path.exists(log):
        os.unlink(log)
    done = subprocess.run(
        ["/usr/bin/condor_manifest", "deleteFilesStoredAt", case["location"], stem, "0", "0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        user=65534, group=65534, extra_groups=[],
        env={"CONDOR_CONFIG": "ONLY_ENV", "_CONDOR_LIBEXEC": top + "/libexec",
             "_CONDOR_CHECKPOINT_DESTINATION_MAPFILE": folder + "/map"})
    output = done.stdout.decode().replace(top, "/TOP")
    if os.path.exists(log):
        with open(log, "rb") as f:
            words = f.read().decode().replace(top, "/TOP").split("\0")
        return {"kind": "run", "args": words[:words.index("-from")]}
    missing = re.search(r"^Clean-up plug-in for '.*?' \((.*)\) does not exist, aborting$", output, re.M | re.S)
    if missing:
        return {"kind": "missing", "program": missing[1]}
    return {"kind": "none"} if "Failed to find checkpoint destination" in output else None
with tempfile.TemporaryDirectory() as top:
    os.chmod(top, 0o777)
    with open(top + "/plugin", "w") as f:
        f.write("#!/bin/sh\nprintf '%s\\0' \"$@\" > \"$" + "{0%/*}/arguments\"\n")
    os.chmod(top + "/plugin", 0o755)
    json.dump([answer(case, top, top + "/" + str(i)) for i, case in enumerate(json.load(sys.stdin))],
              sys.stdout)
`;

/** What is missing to ask; undefined when all is there. */
export function missingForMaps(): string | undefined {
  const missing = missingForOracle();
  if (missing !== undefined) return missing;
  try {
    Deno.statSync(join(poolRoot(), "usr/bin/condor_manifest"));
    return undefined;
  } catch {
    return "condor_manifest in the pool root";
  }
}

/** Asks all cases; an answer is undefined where condor_manifest crashed on the map. */
export async function askForPlugins(
  cases: readonly MapCase[],
): Promise<readonly (MapAnswer | undefined)[]> {
  const child = new Deno.Command("chroot", {
    args: [poolRoot(), "/usr/bin/python3", "-c", SCRIPT],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    env: { LC_ALL: "C.UTF-8" },
  }).spawn();
  const feeding = new Blob([JSON.stringify(cases)]).stream().pipeTo(child.stdin);
  const output = await new Response(child.stdout).text();
  await feeding;
  await child.status;
  return JSON.parse(output, (_, value) => value ?? undefined);
}
