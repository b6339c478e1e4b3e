/** The attempt to reach the metadata service, made in a process of another user. */
import { METADATA_ADDRESSES } from "./rules.ts";

/** How an attempt went: only `connected` and `unknown` are bad. */
export type Outcome = "connected" | "refused" | "unreachable" | "no-answer" | "unknown";

/** What a probe tells: by whom it was made, and the outcome for each address. */
export interface ProbeReport {
  readonly uid: number;
  readonly gid: number;
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

/** The word that starts a probe; nobody else is meant to use it. */
export const PROBE_COMMAND = "probe";

/** Longest attempt, in milliseconds. */
export const PROBE_LIMIT_MS = 2000;

const PORT = 80;
/** What the system says of packets that the firewall or a router refused (connect(2)). */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "refused",
  // The answer of IPv6 to what is administratively prohibited.
  EACCES: "refused",
  EPERM: "refused",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  // There is no address of this family to come from, or no family.
  EADDRNOTAVAIL: "unreachable",
  EAFNOSUPPORT: "unreachable",
  ETIMEDOUT: "no-answer",
};

/** Makes a connection and closes it. */
export type Connect = (hostname: string, signal: AbortSignal) => Promise<void>;

/**
 * Tries to connect to both addresses of the metadata service.
 *
 * @param connect how; over TCP unless given
 * @returns one line of JSON, a {@linkcode ProbeReport}
 */
export async function probe(connect: Connect = connectTcp): Promise<string> {
  const outcomes = await Promise.all(
    Object.values(METADATA_ADDRESSES).map(async (address) =>
      [address, await attempt(address, connect)] as const
    ),
  );
  const report: ProbeReport = {
    uid: Deno.uid() ?? -1,
    gid: Deno.gid() ?? -1,
    outcomes: Object.fromEntries(outcomes),
  };
  return `${JSON.stringify(report)}\n`;
}

async function attempt(address: string, connect: Connect): Promise<Outcome> {
  const signal = AbortSignal.timeout(PROBE_LIMIT_MS);
  try {
    await connect(address, signal);
    return "connected";
  } catch (error) {
    if (signal.aborted) return "no-answer";
    // Anything else, such as a permission that is missing, says nothing about the firewall.
    return OUTCOMES[codeOf(error)] ?? "unknown";
  }
}

async function connectTcp(hostname: string, signal: AbortSignal): Promise<void> {
  const connection = await Deno.connect({ hostname, port: PORT, signal });
  connection.close();
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "";
}
