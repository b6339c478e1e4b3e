/** One boot of an instance that need not come to an end, and what can be said of every boot. */

import type { Machine } from "../../tests/servers/machine.ts";
import { CONFIGURATION } from "./annex_boot.ts";
import { BOOT_ENV, BOOT_PROGRAM, powerOffs, type Stage } from "./annex_stage.ts";

/** How a boot ended. */
export interface Ended {
  /** Exit status; undefined where it was stopped, for it would have waited on. */
  readonly code: number | undefined;
  readonly seconds: number;
}

/** An instance after its first boot. */
export interface Booted {
  readonly stage: Stage;
  readonly machine: Machine;
  /** The annex that it is to be part of. */
  readonly annexName: string;
  readonly ended: Ended;
}

/** How a circumstance was met. */
export interface Outcome {
  /** Whether the instance is what its owner wants. */
  readonly good: boolean;
  readonly text: string;
}

/** When a program is stopped that does not come to an end. */
export interface Patience {
  /** Where it says that it waits. */
  readonly log: string;
  /** Seconds for a program that says so. */
  readonly waiting: number;
  /** Seconds for any. */
  readonly any: number;
}

/** What the original writes, its progress too. */
const LOG = "/etc/condor/config.d/49ec2-instance.config";
const PATIENCE: Patience = { log: LOG, waiting: 20, any: 120 };
/** Exit status of {@linkcode watched} for a program that it has stopped. */
export const STOPPED = 124;

/** The words that run a program, and stop it together with the commands that it waits by. */
export function watched(words: readonly string[], { log, waiting, any }: Patience): string[] {
  const script = `set -m
log=$1 waiting=$2 any=$3
shift 3
"$@" & child=$!
while kill -0 $child 2>/dev/null; do
  if (( SECONDS > waiting )) && grep -qs "failed, sleeping" "$log" || (( SECONDS > any )); then
    kill -KILL -- -$child
    exit ${STOPPED}
  fi
  sleep 0.05
done
wait $child`;
  return ["/bin/bash", "-c", script, "bash", log, `${waiting}`, `${any}`, ...words];
}

/** Boots an instance, or boots it again. */
export async function boot(machine: Machine): Promise<Ended> {
  const began = performance.now();
  const { code } = await machine.run(watched([BOOT_PROGRAM, "start"], PATIENCE), {
    env: BOOT_ENV,
    seconds: PATIENCE.any + 60,
  });
  const seconds = (performance.now() - began) / 1000;
  return { code: code === STOPPED ? undefined : code, seconds };
}

/** Whether an instance is part of its annex, and stays on. */
export async function lookAtBoot(
  { machine, annexName, ended }: Pick<Booted, "annexName" | "ended"> & {
    readonly machine: Pick<Machine, "read">;
  },
): Promise<Outcome> {
  const found = /^AnnexName = "(.*)"$/m.exec(await machine.read(CONFIGURATION))?.[1];
  const log = await machine.read(LOG);
  const asked = /# Failed to download \S*\/(\S+)\.\.\./.exec(log)?.[1];
  const step = [...log.matchAll(/^# (\w+)\(\)/gm)].at(-1)?.[1];
  const off = await powerOffs(machine) !== "";
  const facts = [endText(ended)];
  if (ended.code === undefined) {
    if (asked !== undefined) facts.push(`for \`${asked}\``);
    else if (step !== undefined) facts.push(`in \`${step}\``);
  } else if (found === undefined) facts.push("not configured");
  else facts.push(found === annexName ? "configured" : `configured as "${found}"`);
  if (off) facts.push("switched off");
  return { good: ended.code === 0 && found === annexName && !off, text: facts.join(", ") };
}

/** How a boot ended, in words. */
export function endText({ code, seconds }: Ended): string {
  if (code === undefined) return `still waiting after ${Math.floor(seconds)} s`;
  return `exit status ${code} after ${seconds.toFixed(1)} s`;
}
