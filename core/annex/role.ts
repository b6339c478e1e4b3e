/** `condor-annex-ec2`: from its arguments to the work. */
import { invokedName } from "../cli/invoked_name.ts";
import { parseOptions } from "../cli/parse.ts";
import type { Role } from "../cli/program.ts";
import { UsageError } from "../errors.ts";
import type { Metadata } from "./contracts.ts";
import { ANNEX_SETUP } from "./files/mod.ts";
import { probe, PROBE_COMMAND } from "./firewall/probe.ts";
import type { AnnexHost } from "./host.ts";
import { CONDOR_ANNEX_EC2, UNSUPPORTED } from "./program.ts";
import { systemHost } from "./system_host.ts";
import { TOOL_PATHS } from "./tools.ts";

/** What a run of the program needs. */
export interface AnnexRun {
  /** @param boot whether nothing in the environment is believed */
  host(boot: boolean): AnnexHost;
  invokedName(): Promise<string>;
}

/**
 * The role. It calls nothing of the C library; what the runtime refuses to open below `/sys` and
 * `/proc` without every permission is read through cat(1).
 */
export const condorAnnexEc2: Role = {
  program: CONDOR_ANNEX_EC2,
  system: ANNEX_SETUP,
  permissions: {
    read: true,
    write: true,
    net: true,
    env: true,
    run: TOOL_PATHS,
    sys: ["gid", "uid", "umask"],
  },
  async main(args) {
    // Whatever mode is asked for, what others may do is asked for as well.
    Deno.umask(0o077);
    const stop = new AbortController();
    for (const name of ["SIGTERM", "SIGINT"] as const) {
      Deno.addSignalListener(name, () => stop.abort(new Error(`Stopped by ${name}`)));
    }
    const { name } = CONDOR_ANNEX_EC2;
    const host = (boot: boolean) => systemHost({ boot, signal: stop.signal, name });
    return await runCondorAnnexEc2(args, { host, invokedName });
  },
};

/**
 * Runs the program.
 *
 * @param args the arguments after its name
 * @returns the exit status
 */
export async function runCondorAnnexEc2(args: readonly string[], run: AnnexRun): Promise<number> {
  // A process that this one starts may be one of many roles, and is told which.
  const words = args[0] === CONDOR_ANNEX_EC2.name ? args.slice(1) : args;
  const [first] = words;
  if (first !== undefined && UNSUPPORTED.includes(first)) return 3;
  if (first === PROBE_COMMAND) {
    run.host(true).out(await probe());
    return 0;
  }
  const isOption = first !== undefined && /^-./.test(first);
  if (!isOption && !CONDOR_ANNEX_EC2.commands.some(({ name }) => name === first)) {
    run.host(true).out(`Usage: ${await run.invokedName()} {start}\n`);
    return 2;
  }
  try {
    return await runCommand(words, run);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    run.host(true).note(error.message);
    return 2;
  }
}

async function runCommand(args: readonly string[], run: AnnexRun): Promise<number> {
  const parsed = parseOptions(CONDOR_ANNEX_EC2, args);
  if (parsed.kind === "print") {
    run.host(true).out(parsed.text.replace(/\n*$/, "\n"));
    return 0;
  }
  const host = run.host(parsed.values.boot);
  switch (parsed.command) {
    case "start": {
      const { start } = await import("./start.ts");
      const { BOOT_STEPS } = await import("./steps.ts");
      return await start(host, BOOT_STEPS);
    }
    case "is-ec2": {
      const { findEc2 } = await import("./is_ec2.ts");
      const { isEc2, reason } = await findEc2(host);
      host.note(reason, { ec2: isEc2 });
      return isEc2 ? 0 : 1;
    }
    case "firewall": {
      const { firewall } = await import("./firewall_command.ts");
      return await firewall(host);
    }
    case "check": {
      const { check } = await import("./check.ts");
      const { isIntact, readState } = await import("./state.ts");
      const { verifyFirewall } = await import("./firewall/verify.ts");
      return await check(host, { readState, isIntact, verifyFirewall }, parsed.values);
    }
    case "status": {
      const { status } = await import("./status.ts");
      const { isIntact, readState } = await import("./state.ts");
      return await status(host, { readState, isIntact }, parsed.values);
    }
    case "spot-watch": {
      const { spotWatch } = await import("./spot_command.ts");
      return await spotWatch(host);
    }
    case "master-shutdown": {
      const { masterShutdown } = await import("./master_shutdown.ts");
      const { readState } = await import("./state.ts");
      const { openMetadata } = await import("./services.ts");
      const { readSettings } = await import("./settings.ts");
      const { findEc2 } = await import("./is_ec2.ts");
      // Asked for at need: nothing that is wrong with it keeps an idle machine on.
      const metadata: Metadata = {
        get: async (path, signal) =>
          await openMetadata(host, await readSettings(host)).get(path, signal),
      };
      const isEc2 = async () => (await findEc2(host)).isEc2;
      return await masterShutdown(host, { readState, metadata, isEc2 });
    }
    case "print-file": {
      const { annexFile, annexFileNames } = await import("./files/mod.ts");
      const [name] = parsed.operands;
      const text = name === undefined ? `${annexFileNames().join("\n")}\n` : annexFile(name);
      if (text === undefined) {
        const names = annexFileNames().join(", ");
        throw new UsageError(`no file is called "${name}": there are ${names}`);
      }
      host.out(text);
      return 0;
    }
  }
}
