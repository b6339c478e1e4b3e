/** What the program was asked to do. */
import { parseOptions, type Print } from "../../cli/parse.ts";
import { UsageError } from "../../errors.ts";
import { isCredentialName, isUserName, showName } from "../names.ts";
import { DEFAULT_NAME, isDaemonName } from "./knobs.ts";
import { CONDOR_CREDMON_LOCAL } from "./program.ts";

/** What all ways to use it share. */
export interface CommonOptions {
  /** The daemon's name. */
  readonly name: string;
  /** Absolute path of the credential directory, unless the configuration says it. */
  readonly directory?: string;
  /** Absolute path of the log, unless the configuration says it. */
  readonly logFile?: string;
  readonly debug: boolean;
  readonly verbose: boolean;
  /** Absolute path of a file that gets the status too. */
  readonly jsonStatus?: string;
}

/** Which credentials. */
export interface Selection {
  readonly user?: string;
  /** All unless there are some. */
  readonly providers: readonly string[];
}

/** One way to use the program. */
export type Request =
  & CommonOptions
  & (
    | { readonly mode: "daemon" }
    | { readonly mode: "once"; readonly select: Selection; readonly createKey: boolean }
    | {
      readonly mode: "users";
      readonly map: string;
      readonly select: Selection;
      readonly createKey: boolean;
    }
    | { readonly mode: "stdout"; readonly user: string; readonly provider: string }
    | { readonly mode: "status"; readonly json: boolean; readonly user?: string }
    | { readonly mode: "check"; readonly json: boolean; readonly offline: boolean }
    | { readonly mode: "file"; readonly file: string }
  );

/** Options that say what is to be done; at most one of them. */
const MODES = [
  "once",
  "stdout",
  "for-all-users-of",
  "status",
  "check-config",
  "print-file",
] as const;

/** Which other options go with which of these. */
const NEEDS: readonly (readonly [string, readonly string[]])[] = [
  ["user", ["once", "stdout", "status"]],
  ["provider", ["once", "stdout", "for-all-users-of"]],
  ["create-key", ["once", "for-all-users-of"]],
  ["offline", ["check-config"]],
  ["json", ["status", "check-config"]],
];

/**
 * Reads the arguments.
 *
 * @param cwd where relative paths start
 * @throws {UsageError}
 */
export function readRequest(args: readonly string[], cwd: () => string): Print | Request {
  const parsed = parseOptions(CONDOR_CREDMON_LOCAL, args);
  if (parsed.kind === "print") return parsed;
  const { values, operands } = parsed;
  const isGiven = (option: string) => {
    const value = values[option as keyof typeof values];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  };
  const modes = MODES.filter(isGiven);
  if (modes.length > 1) throw wrong(`-${modes[0]} does not go with -${modes[1]}`);
  for (const [option, needed] of NEEDS) {
    if (!isGiven(option) || needed.includes(modes[0] ?? "")) continue;
    throw wrong(`-${option} needs ${needed.map((one) => `-${one}`).join(" or ")}`);
  }
  const absolute = (path: string) => path.startsWith("/") ? path : `${cwd()}/${path}`;
  if (values["cred-dir"] !== undefined && operands.length > 0) {
    throw wrong("the credential directory is given twice");
  }
  const directory = values["cred-dir"] ?? operands[0];
  const name = values.name ?? DEFAULT_NAME;
  if (!isDaemonName(name)) throw wrong(`${showName(name)} is no name of a daemon`);
  const { user, provider: providers } = values;
  if (user !== undefined && !isUserName(user)) throw wrong("what -user has is no user's name");
  if (!providers.every(isCredentialName)) throw wrong("what -provider has is no provider's name");
  const common: CommonOptions = {
    name,
    ...(directory === undefined ? {} : { directory: absolute(directory) }),
    ...(values["log-file"] === undefined ? {} : { logFile: absolute(values["log-file"]) }),
    ...(values["json-status"] === undefined ? {} : { jsonStatus: absolute(values["json-status"]) }),
    debug: values.debug,
    verbose: values.verbose,
  };
  const select = { providers, ...(user === undefined ? {} : { user }) };
  const createKey = values["create-key"];
  switch (modes[0]) {
    case "once":
      return { ...common, mode: "once", select, createKey };
    case "for-all-users-of":
      return {
        ...common,
        mode: "users",
        map: absolute(values["for-all-users-of"]!),
        select,
        createKey,
      };
    case "stdout": {
      const [provider, ...more] = providers;
      if (user === undefined || provider === undefined || more.length > 0) {
        throw wrong("-stdout needs -user and one -provider");
      }
      return { ...common, mode: "stdout", user, provider };
    }
    case "status":
      return {
        ...common,
        mode: "status",
        json: values.json,
        ...(user === undefined ? {} : { user }),
      };
    case "check-config":
      return { ...common, mode: "check", json: values.json, offline: values.offline };
    case "print-file":
      return { ...common, mode: "file", file: values["print-file"]! };
    default:
      return { ...common, mode: "daemon" };
  }
}

function wrong(text: string): UsageError {
  return new UsageError(`${CONDOR_CREDMON_LOCAL.name}: ${text} (see -help)`);
}
