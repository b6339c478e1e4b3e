/** `bearer_token_env`: becomes a command that finds its token in a file. */
import { parseOptions } from "../../cli/parse.ts";
import type { Role } from "../../cli/program.ts";
import { errorText, UsageError } from "../../errors.ts";
import { redact } from "../../log/redact.ts";
import { chooseToken } from "./choose.ts";
import { systemHost, type TokenEnvHost } from "./host.ts";
import { keepToken } from "./keeper.ts";
import { BEARER_TOKEN_ENV } from "./program.ts";
import { bareFile, readUse, writeBare } from "./token_file.ts";

const NAME = BEARER_TOKEN_ENV.name;
/** As env(1) ends where the command is not there, and where it cannot be started. */
const [NOT_THERE, NOT_STARTED] = [127, 126];
/** Seconds. */
const [USUAL_INTERVAL, LONGEST_INTERVAL] = [1, 3600];
const MOST_PROBLEM = 1000;

/** The role. Becoming another program takes calls into the C library. */
export const bearerTokenEnv: Role = {
  program: BEARER_TOKEN_ENV,
  permissions: { read: true, write: true, env: true, ffi: true, run: ["/bin/sh"] },
  main: (args) => runBearerTokenEnv(args, systemHost()),
};

/**
 * Runs the program.
 *
 * @param args the arguments after its name
 * @returns the exit status, when there is no command to become
 * @throws {UsageError} for what is wrong with the arguments before the command
 */
export async function runBearerTokenEnv(
  args: readonly string[],
  host: TokenEnvHost,
): Promise<number> {
  // A process that this program starts may be one of many roles, and is told which.
  const words = args[0] === NAME && args[1] === "-keep" ? args.slice(1) : args;
  const parsed = parseOptions(BEARER_TOKEN_ENV, words);
  if (parsed.kind === "print") {
    host.out(parsed.text);
    return 0;
  }
  const { token, keep } = parsed.values;
  const interval = seconds(parsed.values.interval);
  if (keep !== undefined) {
    const chosen = { name: token ?? "", directory: parsed.operands[0]! };
    const isRunning = await host.watch(keep);
    await keepToken(chosen, { clock: host.clock, interval: interval * 1000, isRunning });
    return 0;
  }
  const variables = await provide({ asked: token, interval }, host);
  return await start(parsed.operands, variables, host);
}

/** Sees to the token; whatever is wrong with it does not keep the command from running. */
async function provide(
  { asked, interval }: { asked: string | undefined; interval: number },
  host: TokenEnvHost,
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  const problems: string[] = [];
  try {
    const chosen = chooseToken({ env: host.env, asked });
    if (chosen === undefined) return {};
    const text = readUse(chosen);
    if (text === "") problems.push(`the token "${chosen.name}" is empty, its issuer gave none`);
    writeBare(chosen, text);
    variables["BEARER_TOKEN_FILE"] = bareFile(chosen);
    const identity = await host.identity();
    if (identity === undefined) throw new Error("no new one will come: /proc is not there");
    const words = ["-keep", identity, "-token", chosen.name, "-interval", `${interval}`];
    host.startKeeper([NAME, ...words, "--", chosen.directory]);
  } catch (error) {
    problems.push(errorText(error));
  }
  if (problems.length > 0) {
    const state = "BEARER_TOKEN_FILE" in variables ? "its token may not last" : "it has no token";
    host.note(`${NAME}: The command runs, but ${state}: ${line(problems.join("; "))}`);
  }
  return variables;
}

async function start(
  argv: readonly string[],
  variables: Readonly<Record<string, string>>,
  host: TokenEnvHost,
): Promise<number> {
  try {
    return await host.become(argv, variables);
  } catch (error) {
    const text = errorText(error).replace(/\s*[\r\n]+\s*/g, " ").slice(0, MOST_PROBLEM);
    host.note(`${NAME}: ${text}`);
    reportToStarter(text, host);
    return (error as { code?: unknown }).code === "ENOENT" ? NOT_THERE : NOT_STARTED;
  }
}

/** A wrapper that cannot start its job leaves the reason there (manual, USER_JOB_WRAPPER). */
function reportToStarter(text: string, host: TokenEnvHost): void {
  const path = host.env("_CONDOR_WRAPPER_ERROR_FILE");
  if (!path) return;
  try {
    Deno.writeTextFileSync(path, `${text}\n`);
  } catch (error) {
    host.note(`${NAME}: Cannot write the reason into "${path}": ${line(errorText(error))}`);
  }
}

function seconds(text: string | undefined): number {
  if (text === undefined) return USUAL_INTERVAL;
  const value = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= LONGEST_INTERVAL) return value;
  throw new UsageError(
    `${NAME}: option "-interval" needs a number of seconds up to ${LONGEST_INTERVAL} (see -help)`,
  );
}

function line(text: string): string {
  return redact(text.replace(/\s*[\r\n]+\s*/g, " ")).slice(0, MOST_PROBLEM);
}
