/** `condor_credmon_local`: the daemon, and what an administrator asks it for. */
import type { Role } from "../../cli/program.ts";
import { errorText, UsageError } from "../../errors.ts";
import { showName } from "../names.ts";
import { type DaemonHost, systemHost } from "./host.ts";
import { readRequest, type Request } from "./options.ts";
import { CONDOR_CREDMON_LOCAL } from "./program.ts";

const USAGE = 2;

/** The role. Of the network only the check of the configuration makes use. */
export const condorCredmonLocal: Role = {
  program: CONDOR_CREDMON_LOCAL,
  permissions: {
    read: true,
    write: true,
    net: true,
    env: true,
    ffi: true,
    // HTCondor's own tool reads the configuration where it is installed.
    run: true,
    sys: ["hostname", "uid", "umask"],
  },
  main: (args) => runCredmon(args, systemHost()),
};

/**
 * Runs the program.
 *
 * @param args the arguments after its name
 * @returns the exit status
 */
export async function runCredmon(args: readonly string[], host: DaemonHost): Promise<number> {
  // What a unit starts may be one of many roles, and is told which.
  const words = args[0] === CONDOR_CREDMON_LOCAL.name ? args.slice(1) : args;
  try {
    const request = readRequest(words, () => host.cwd());
    if ("kind" in request) {
      host.out(request.text.replace(/\n$/, ""));
      return 0;
    }
    return await run(request, host);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    host.note(errorText(error));
    return USAGE;
  }
}

async function run(request: Request, host: DaemonHost): Promise<number> {
  switch (request.mode) {
    case "daemon": {
      const { runDaemon } = await import("./daemon.ts");
      const { LocalSource } = await import("./local_source.ts");
      return await runDaemon(request, host, new LocalSource());
    }
    case "once": {
      const { runOnce } = await import("./once.ts");
      const { LocalSource } = await import("./local_source.ts");
      return await runOnce(request, host, new LocalSource());
    }
    case "users": {
      const { runForUsers } = await import("./once.ts");
      return await runForUsers(request, host);
    }
    case "stdout": {
      const { runStdout } = await import("./once.ts");
      return await runStdout(request, host);
    }
    case "status": {
      const { runStatus } = await import("./status.ts");
      return await runStatus(request, host);
    }
    case "check": {
      const { runCheck } = await import("./check.ts");
      return await runCheck(request, host);
    }
    case "file":
      return await printFile(request.file, host);
  }
}

async function printFile(name: string, host: DaemonHost): Promise<number> {
  const { setupFiles } = await import("./print_file.ts");
  const files = setupFiles(host.executable);
  const text = files.get(name);
  if (text === undefined) {
    throw new UsageError(
      `${CONDOR_CREDMON_LOCAL.name}: no file is called ${showName(name)}: there are ` +
        [...files.keys()].join(", "),
    );
  }
  host.out(text.replace(/\n$/, ""));
  return 0;
}
