/** `condor_manifest`: HTCondor's functions as they are, and the commands that it lacks. */
import { parseOptions } from "../../cli/parse.ts";
import type { Role } from "../../cli/program.ts";
import { UsageError } from "../../errors.ts";
import type { Printout } from "../manifest/files.ts";
import { CONDOR_MANIFEST, FUNCTIONS } from "./program.ts";
import { printableLines } from "./printable.ts";
import { systemHost, type ToolHost } from "./host.ts";

/** Most files that `verify` reads at once. */
const MOST_JOBS = 256;

/** Seconds for a job's clean-up in a sweep: those of others are to have their turn. */
const SWEEP_BUDGET = 3600;

/** The role. It may do much: plug-ins of all kinds do their work in it, or are started by it. */
export const condorManifest: Role = {
  program: CONDOR_MANIFEST,
  permissions: {
    read: true,
    write: true,
    net: true,
    env: true,
    ffi: true,
    run: true,
    sys: ["hostname", "uid"],
  },
  main: (args) => runCondorManifest(args, systemHost()),
};

/**
 * Runs the program.
 *
 * @param args the arguments after its name
 * @returns the exit status
 * @throws {UsageError} for what is wrong with the arguments of our own commands
 */
export async function runCondorManifest(args: readonly string[], host: ToolHost): Promise<number> {
  // A process that `sweep` starts may be one of many roles, and is told which.
  const words = args[0] === CONDOR_MANIFEST.name ? args.slice(1) : args;
  const [first, ...rest] = words;
  const called = FUNCTIONS.find(({ name }) => name === first);
  if (called !== undefined) {
    // Names may look like options, and HTCondor's functions know none.
    if (rest.length !== called.operands.min) return await usage(host);
    if (called.name === "deleteFilesStoredAt") {
      const { deleteFilesStoredAt } = await import("./clean.ts");
      return await deleteFilesStoredAt(rest, host);
    }
    const { callFunction } = await import("./functions.ts");
    return await callFunction(called.name, rest[0]!, host);
  }
  const isCommand = CONDOR_MANIFEST.commands.some(({ name }) => name === first);
  const isOption = first !== undefined && /^-./.test(first) && !/^(-h|--help)$/.test(first);
  if (!isCommand && !isOption) return await usage(host);
  return await runCommand(words, host);
}

/** What HTCondor's own program says to everything that it does not understand. */
async function usage(host: ToolHost): Promise<number> {
  const shown = FUNCTIONS.map(({ name }) => name)
    .filter((name) => name !== "createManifestFor" && name !== "deleteFilesStoredAt");
  host.note(`${await host.invokedName()}: [function] [argument]`);
  host.note("where [function] is one of:");
  for (const name of shown) host.note(`  ${name}`);
  return 1;
}

async function runCommand(args: readonly string[], host: ToolHost): Promise<number> {
  const parsed = parseOptions(CONDOR_MANIFEST, args);
  if (parsed.kind === "print") {
    host.out(parsed.text.replace(/\n$/, ""));
    return 0;
  }
  switch (parsed.command) {
    case "list": {
      const { listManifest } = await import("../manifest/list.ts");
      return print(await listManifest(parsed.operands[0]!, parsed.values), host);
    }
    case "verify": {
      const { verifyManifest } = await import("../manifest/verify.ts");
      const { parseCount } = await import("./durations.ts");
      const { dir, jobs, json, "keep-going": keepGoing } = parsed.values;
      return print(
        await verifyManifest(parsed.operands[0]!, {
          dir: dir ?? ".",
          jobs: jobs === undefined ? 4 : parseCount(jobs, "-jobs", MOST_JOBS),
          keepGoing,
          json,
        }),
        host,
      );
    }
    case "plan":
    case "clean": {
      const { cleanDirectory } = await import("./clean.ts");
      const { parseDuration } = await import("./durations.ts");
      const values = parsed.command === "clean" ? parsed.values : undefined;
      return await cleanDirectory(parsed.operands[0]!, {
        dryRun: values?.["dry-run"] ?? true,
        budget: values?.budget === undefined ? 0 : parseDuration(values.budget, "-budget"),
        asRoot: values?.["as-root"] ?? false,
      }, host);
    }
    case "sweep": {
      const { settleIn } = await import("./identity.ts");
      const { absolute, settingsFor } = await import("./clean.ts");
      const { sweep } = await import("./sweep.ts");
      const { parseCount, parseDuration } = await import("./durations.ts");
      const { spool, jobs, budget, json, "older-than": olderThan } = parsed.values;
      const options = {
        olderThan: olderThan === undefined ? 0 : parseDuration(olderThan, "-older-than"),
        jobs: jobs === undefined ? 4 : parseCount(jobs, "-jobs", MOST_JOBS),
        budget: budget === undefined ? SWEEP_BUDGET : parseDuration(budget, "-budget"),
        json,
      };
      settleIn();
      const settings = await settingsFor(host);
      return await sweep({
        ...options,
        spools: [settings.spool, ...spool].map(absolute),
        dryRun: parsed.values["dry-run"] || settings.dryRun,
      }, host);
    }
    case "status": {
      const { absolute, settingsFor } = await import("./clean.ts");
      const { status } = await import("./status.ts");
      const { spool, json } = parsed.values;
      const spools = [(await settingsFor(host)).spool, ...spool].map(absolute);
      return await status({ spools, json }, host);
    }
    case "explain": {
      const { explainCommand } = await import("./map_commands.ts");
      return await explainCommand(parsed.operands[0]!, parsed.values, host);
    }
    case "check-map": {
      const { checkMapCommand } = await import("./map_commands.ts");
      return await checkMapCommand(parsed.operands[0], parsed.values, host);
    }
    case "print-file": {
      const { setupFiles } = await import("./files.ts");
      const [name] = parsed.operands;
      const files = setupFiles(host.executable);
      const text = name === undefined ? [...files.keys()].join("\n") : files.get(name);
      if (text === undefined) {
        throw new UsageError(
          `condor_manifest print-file: no file is called "${name}": there are ` +
            [...files.keys()].join(", "),
        );
      }
      host.out(text.replace(/\n$/, ""));
      return 0;
    }
    default:
      // A function after an option of the program's own, which they do not go with.
      return await usage(host);
  }
}

function print({ lines, status }: Printout, host: ToolHost): number {
  // A write for each line of a long list takes longer than making the list.
  if (lines.length > 0) host.out(printableLines(lines.join("\n")));
  return status;
}
