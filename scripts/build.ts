/** Builds the executables: `deno task build [ROLE...]`. */

import { join, resolve } from "@std/path";
import { ensureDir } from "@std/fs";
import { parseOptions } from "../core/cli/mod.ts";
import type { Program } from "../core/cli/mod.ts";
import { UsageError } from "../core/errors.ts";
import { hashFile } from "./build/base.ts";
import { hasDenort } from "./build/denort.ts";
import { buildExecutable } from "./build/executable.ts";
import type { Linker, Source } from "./build/executable.ts";
import { describePermissions } from "./build/flags.ts";
import { DENO_PACKAGES, DENO_VERSION } from "./build/pin.ts";
import type { Target } from "./build/pin.ts";
import { ROOT } from "./build/run_deno.ts";
import { listExecutables, loadSource } from "./build/sources.ts";

const PROGRAM = {
  name: "build",
  summary: "Build Pinion's executables",
  version: DENO_VERSION,
  usage: ["[-target TARGET] [-out DIR] [-unconfined] [ROLE...]"],
  description: ["Makes one self-contained executable for each role, or for the roles named."],
  options: [
    {
      name: "target",
      value: "TARGET",
      text: `Platform to build for: ${Object.keys(DENO_PACKAGES).join(" or ")}; default this one.`,
    },
    { name: "out", value: "DIR", text: "Directory for the executables; default dist." },
    {
      name: "unconfined",
      text: "Grant everything instead of what each role needs: for scratch directories below /dev.",
    },
  ],
  operands: { min: 0, max: Infinity },
  exitStatus: [],
} as const satisfies Program;

const encoder = new TextEncoder();

async function main(args: readonly string[]): Promise<void> {
  const parsed = parseOptions(PROGRAM, args);
  if (parsed.kind === "print") return print(`${parsed.text}\n`);
  if (Deno.version.deno !== DENO_VERSION) {
    throw new Error(`Cannot build: this is Deno ${Deno.version.deno}, not ${DENO_VERSION}`);
  }
  const target = parsed.values.target ?? Deno.build.target;
  if (!isTarget(target)) throw new UsageError(`Cannot build for "${target}": unknown target`);
  const chosen = await chooseSources(parsed.operands);
  const sources = parsed.values.unconfined ? chosen.map(unconfined) : chosen;
  const out = resolve(parsed.values.out ?? join(ROOT, "dist"));
  await ensureDir(out);

  const linker: Linker = await hasDenort(target, { denort: Deno.env.get("DENORT_BIN") })
    ? "deno compile"
    : "npm linker";
  print(`Linking for ${target} with: ${linker}\n`);
  for (const source of sources) {
    const { name } = source.role.program;
    const output = join(out, name);
    await buildExecutable(source, { output, target, linker });
    const megabytes = ((await Deno.stat(output)).size / 1e6).toFixed(1);
    const may = describePermissions(source.role.permissions);
    print(`${name.padEnd(20)} ${megabytes.padStart(6)} MB  ${linker}  may: ${may}\n`);
  }
  await writeSums(out, sources.map(({ role }) => role.program.name));
}

function unconfined(source: Source): Source {
  return { ...source, role: { ...source.role, permissions: { all: true } } };
}

function isTarget(target: string): target is Target {
  return Object.hasOwn(DENO_PACKAGES, target);
}

async function chooseSources(wanted: readonly string[]): Promise<Source[]> {
  const names = await listExecutables();
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown) throw new UsageError(`Cannot build "${unknown}": there is no such role`);
  return await Promise.all((wanted.length > 0 ? wanted : names).map(loadSource));
}

/** Writes the sums of all that was built into a directory, now and before. */
async function writeSums(out: string, built: readonly string[]): Promise<void> {
  const path = join(out, "SHA256SUMS");
  const sums = new Map<string, string>();
  const old = await Deno.readTextFile(path).catch(() => "");
  for (const [, sum, name] of old.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)) {
    if (sum && name) sums.set(name, sum);
  }
  for (const name of built) sums.set(name, await hashFile(join(out, name)));
  const lines = [...sums].toSorted().map(([name, sum]) => `${sum}  ${name}\n`);
  await Deno.writeTextFile(path, lines.join(""));
}

function print(text: string): void {
  Deno.stdout.writeSync(encoder.encode(text));
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    Deno.stderr.writeSync(encoder.encode(`build: ${(error as Error).message}\n`));
    Deno.exit(1);
  }
}
