/** Small executables for tests of the linker itself, and how to run any executable. */

import { fromFileUrl, join } from "@std/path";
import type { Permissions } from "../../core/cli/program.ts";
import { INJECTED_VARIABLES } from "../../scripts/build/environment.ts";
import { buildExecutable } from "../../scripts/build/executable.ts";
import type { Source } from "../../scripts/build/executable.ts";
import { hostTarget } from "./built.ts";
import { role } from "./testdata/probe.ts";

/** The probe role with given permissions. */
export function probeSource(permissions: Permissions): Source {
  const path = fromFileUrl(new URL("testdata/probe.ts", import.meta.url));
  return { path, role: { ...role, permissions } };
}

/** An executable in a directory of its own, which is removed with `await using`. */
export interface Linked extends AsyncDisposable {
  /** Path of the directory. */
  readonly folder: string;
  /** Path of the executable. */
  readonly path: string;
}

/**
 * Links a probe.
 *
 * @param permissions what it may do
 */
export function probe(permissions: Permissions): Promise<Linked> {
  return link(probeSource(permissions));
}

/**
 * Links anything.
 *
 * @param source what
 */
export async function link(source: Source): Promise<Linked> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-test-" });
  await Deno.chmod(folder, 0o755);
  const path = join(folder, "probe");
  await buildExecutable(source, {
    output: path,
    target: hostTarget(),
    linker: "npm linker",
  });
  return {
    folder,
    path,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** How a program ended. */
export interface Outcome {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Surroundings of a program. */
export interface Surroundings {
  /** The whole environment; default empty. */
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** What it reads from standard input; default nothing. */
  readonly stdin?: string;
  /** User and group to run as. */
  readonly uid?: number;
}

/**
 * Runs a program to its end.
 *
 * @param path the program
 * @param args its arguments
 * @param surroundings what it finds around it
 */
export async function run(
  path: string,
  args: readonly string[],
  { env = {}, cwd, stdin, uid }: Surroundings = {},
): Promise<Outcome> {
  const child = new Deno.Command(path, {
    args: [...args],
    clearEnv: true,
    env,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid, gid: uid }),
  }).spawn();
  // Read while writing: a program may answer before it has read all.
  const [{ code, signal, stdout, stderr }] = await Promise.all([
    child.output(),
    stdin === undefined ? undefined : new Blob([stdin]).stream().pipeTo(child.stdin),
  ]);
  const text = new TextDecoder();
  return { code, signal, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** What the probe's `show` command prints. */
export interface Shown {
  readonly args: readonly string[];
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a probe's `show` command. */
export async function show(
  path: string,
  args: readonly string[],
  surroundings?: Surroundings,
): Promise<Shown> {
  const { stdout, stderr } = await run(path, ["show", ...args], surroundings);
  if (stderr) throw new Error(`Cannot run probe: ${stderr}`);
  return JSON.parse(stdout) as Shown;
}

/** The variables that every executable is given, as an environment. */
export function injectedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    INJECTED_VARIABLES.map((one) => [one.slice(0, one.indexOf("=")), one.replace(/^[^=]*=/, "")]),
  );
}
