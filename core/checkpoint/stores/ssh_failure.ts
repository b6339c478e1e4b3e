/** What `ssh` says when it does not get through, as failures of a clean-up. */
import { CleanupFailure, type CleanupFailureKind } from "../failure.ts";
import { quote } from "../location.ts";
import { SftpProtocolError } from "./sftp_packets.ts";

/** Exit status of `ssh` for errors of its own (ssh(1), Exit Status). */
const OWN_ERROR = 255;

interface Reason {
  readonly pattern: RegExp;
  readonly kind: CleanupFailureKind;
  /** What to do about it. */
  readonly advice?: string;
}

/** In the order of what tells most: what comes later may be a consequence. */
const REASONS: readonly Reason[] = [
  {
    pattern: /^.*HOST IDENTIFICATION HAS CHANGED.*$/im,
    kind: "StoreUnavailable",
    advice: "the server's key is not the one in known_hosts",
  },
  {
    pattern: /^.*(?:Host key verification failed|host key is known for).*$/im,
    kind: "StoreUnavailable",
    advice: "the server's key has to be in known_hosts, or in the file of -known-hosts",
  },
  {
    pattern: /^.*subsystem request failed.*$/im,
    kind: "StoreUnavailable",
    advice: "no SFTP there",
  },
  {
    pattern:
      /^.*(?:Unable to negotiate with|Bad (?:configuration|owner|permissions)|Can't open).*$/im,
    kind: "StoreUnavailable",
  },
  {
    pattern:
      /^.*(?:Permission denied \(|Too many authentication failures|no authentication methods).*$/im,
    kind: "Credentials",
    advice: "name a key with -key-file, or let an agent have one",
  },
  {
    pattern:
      /^.*(?:Could not resolve|Connection (?:refused|reset|closed|timed out)|closed by remote|not responding|No route to host|unreachable|timed out|Broken pipe).*$/im,
    kind: "Transient",
  },
];

/** How `ssh` ended. */
export interface SshEnd {
  /** Exit status, or undefined when it was killed. */
  readonly status: number | undefined;
  /** The beginning of what it wrote to standard error. */
  readonly output: string;
  /** The error of the conversation. */
  readonly error: Error;
}

/** The failure behind the end of a connection. */
export function sshFailure(host: string, { status, output, error }: SshEnd): CleanupFailure {
  const action = `Cannot clean up at ${quote(host)}`;
  for (const { pattern, kind, advice } of REASONS) {
    const line = pattern.exec(output)?.[0].replace(/^[\s@]+|[\s@.]+$/g, "");
    if (line === undefined) continue;
    return new CleanupFailure(
      kind,
      `${action}: ssh says ${quote(line)}${advice === undefined ? "" : ` (${advice})`}`,
    );
  }
  if (error instanceof SftpProtocolError) {
    return new CleanupFailure(
      "StoreUnavailable",
      `${action}: not SFTP: ${error.message} (does the login shell print something?)`,
    );
  }
  const last = output.trimEnd().split("\n").at(-1)!.trim();
  const said = last === "" ? error.message : `ssh says ${quote(last)}`;
  const passing = status === undefined || status === 0 || status === OWN_ERROR;
  return new CleanupFailure(passing ? "Transient" : "StoreUnavailable", `${action}: ${said}`);
}
