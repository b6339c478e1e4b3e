/** `scitokens_credential_producer`: what condor_submit hands to the credential daemon. */
import { parseOptions } from "../../cli/parse.ts";
import type { Program, Role } from "../../cli/program.ts";
import { CONFIG_VARIABLES } from "../../config/environment.ts";
import { type Config, ConfigError, readConfig } from "../../config/mod.ts";
import { UsageError } from "../../errors.ts";
import { PINION_VERSION } from "../../version.ts";
import { PRODUCER_KNOBS } from "./knobs.ts";

/** What HTCondor 8.8 stored for a user who wants a token. */
const REQUEST = "SciTokens credential request\n";

/** Providers as configuration can name them. */
const PROVIDER = /^[A-Za-z0-9-]{1,64}$/;

/** The release from which a credential directory is for OAuth2 or for Kerberos, not for both. */
const SUCCEEDED = [8, 9, 7] as const;

const PROGRAM = {
  name: "scitokens_credential_producer",
  version: PINION_VERSION,
  summary: "Print the request for a token that condor_submit hands to the credential daemon",
  usage: ["[-provider NAME]"],
  description: [
    "HTCondor runs it where SEC_CREDENTIAL_PRODUCER names it. It prints one line that asks for a " +
    "token, as HTCondor 8.8 wants it.",
    "Later releases take that line for a Kerberos credential. What they understand is " +
    "LOCAL:provider without a line break: -provider and LOCAL_CREDMON_PRODUCER_MODE = local print " +
    "that. But the job then also gets SendCredential = true, and does not start where " +
    "SEC_CREDENTIAL_DIRECTORY_KRB is not configured.",
    "Since HTCondor 8.9.7 it is better to leave SEC_CREDENTIAL_PRODUCER unset: set " +
    "LOCAL_CREDMON_PROVIDER_NAMES, which makes access points ask for the token by themselves, and " +
    "give it to jobs by use_oauth_services or by a job transform, as in the example. A line on " +
    "standard error says so.",
  ],
  options: [
    {
      name: "provider",
      value: "NAME",
      text: "Print LOCAL:NAME, the request for a token of this local provider.",
    },
  ],
  configuration: Object.entries(PRODUCER_KNOBS).map(([name, { text }]) => ({ name, text })),
  environment: CONFIG_VARIABLES,
  exitStatus: [
    { name: "0", text: "Printed." },
    { name: "1", text: "Nothing was printed: wrong usage, or an unusable configuration." },
  ],
  examples: [
    {
      name: "LOCAL_CREDMON_PROVIDER_NAMES = scitokens\n" +
        "JOB_TRANSFORM_AddSciToken @=end\n" +
        "   REQUIREMENTS JobUniverse == 5 || JobUniverse == 12\n" +
        '   EVALSET OAuthServicesNeeded strcat("scitokens ", OAuthServicesNeeded ?: "")\n' +
        "@end\n" +
        "JOB_TRANSFORM_NAMES = $(JOB_TRANSFORM_NAMES) AddSciToken",
      text: "Configuration of an access point that needs no producer.",
    },
  ],
  seeAlso: ["condor_credmon_local(1)", "condor_submit(1)"],
} as const satisfies Program;

/** What the producer needs of its surroundings. */
export interface ProducerHost {
  out(text: string): void;
  note(line: string): void;
  /** @throws {ConfigError} */
  config(): Promise<Config<typeof PRODUCER_KNOBS>>;
}

const encoder = new TextEncoder();

/** The role. */
export const scitokensCredentialProducer: Role = {
  program: PROGRAM,
  permissions: { read: true, env: true, run: true, sys: ["hostname"] },
  main: (args) =>
    runProducer(args, {
      out: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
      note: (line) => void Deno.stderr.writeSync(encoder.encode(`${line}\n`)),
      config: () =>
        readConfig(PRODUCER_KNOBS, { environment: Deno.env.toObject(), subsystem: "SUBMIT" }),
    }),
};

/**
 * Runs the program.
 *
 * condor_submit looks only at what was printed, not at the exit status: on failure nothing is.
 *
 * @param args the arguments after its name
 * @returns the exit status
 * @throws {UsageError}
 */
export async function runProducer(args: readonly string[], host: ProducerHost): Promise<number> {
  const parsed = parseOptions(PROGRAM, args);
  if (parsed.kind === "print") {
    host.out(`${parsed.text}\n`);
    return 0;
  }
  const { provider } = parsed.values;
  if (provider !== undefined && !PROVIDER.test(provider)) {
    throw new UsageError(`${PROGRAM.name}: option "-provider" needs a provider's name (see -help)`);
  }
  try {
    const config = await host.config();
    const answer = provider === undefined ? requestOf(config) : `LOCAL:${provider}`;
    if (isSucceeded(config.get("CONDOR_VERSION"))) host.note(HINT);
    host.out(answer);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // What was asked for by name needs no configuration.
    if (provider !== undefined) {
      host.out(`LOCAL:${provider}`);
      return 0;
    }
    host.note(`${PROGRAM.name}: ${error.message}`);
    return 1;
  }
}

const HINT =
  `${PROGRAM.name}: SEC_CREDENTIAL_PRODUCER is no longer the way to a token: unset it, ` +
  "and set LOCAL_CREDMON_PROVIDER_NAMES and a job transform (see -help and the manual page)";

function requestOf(config: Config<typeof PRODUCER_KNOBS>): string {
  const mode = config.get("LOCAL_CREDMON_PRODUCER_MODE");
  switch (mode?.toLowerCase()) {
    case undefined:
    case "request":
      return REQUEST;
    case "local": {
      const names = config.get("LOCAL_CREDMON_PROVIDER_NAMES") ?? [];
      const name = names[0] ?? config.get("LOCAL_CREDMON_PROVIDER_NAME");
      if (!PROVIDER.test(name)) {
        const knob = names.length > 0
          ? "LOCAL_CREDMON_PROVIDER_NAMES"
          : "LOCAL_CREDMON_PROVIDER_NAME";
        throw new ConfigError(
          `Cannot use ${knob}: "${shown(name)}" is no provider's name`,
          config.origin(knob),
        );
      }
      return `LOCAL:${name}`;
    }
    default:
      throw new ConfigError(
        `Cannot use LOCAL_CREDMON_PRODUCER_MODE = "${shown(mode ?? "")}": not request or local`,
        config.origin("LOCAL_CREDMON_PRODUCER_MODE"),
      );
  }
}

function shown(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e]/g, "?");
}

/** Whether this HTCondor has better ways; unknown where HTCondor is not installed. */
function isSucceeded(version: string | undefined): boolean {
  const numbers = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(version ?? "")?.slice(1).map(Number);
  if (numbers === undefined) return false;
  const i = SUCCEEDED.findIndex((part, at) => part !== numbers[at]);
  return i < 0 || numbers[i]! > SUCCEEDED[i]!;
}
