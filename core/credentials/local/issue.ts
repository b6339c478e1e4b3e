/** Makes the content of a `.use` for a user, and the line that says so. */
import { BUILD_TIME } from "./build_date.ts";
import { dueTime } from "./due.ts";
import { type Denial, type Grant, GrantError } from "./grant.ts";
import type { LocalProvider } from "./provider.ts";
import { type SignOptions, signToken } from "./token.ts";
import { printUse } from "./use_file.ts";

/** A `.use` that is to be put into its place. */
export interface Issued {
  /** A secret. */
  readonly text: string;
  /** One line for the log: enough to find the token by, and nothing that is secret. */
  readonly line: string;
  /** Unix time in milliseconds; nothing for an empty token. */
  readonly expires?: number;
  /** When it is to be replaced, likewise. */
  readonly due?: number;
}

/** For whom a token is made, and why. */
export interface IssueOptions extends SignOptions {
  readonly user: string;
  /** Name of the credential. */
  readonly name: string;
  readonly reason: string;
}

/**
 * Signs a token, or makes an empty one for a user who is not in the required group: so that neither
 * submission nor jobs fail for that, as HTCondor's own does.
 *
 * @throws {GrantError} while the clock cannot be right
 */
export async function issue(
  provider: LocalProvider,
  grant: Grant | Denial,
  options: IssueOptions,
): Promise<Issued> {
  const { user, name, reason, now } = options;
  if (now < BUILD_TIME) {
    const clock = new Date(now).toISOString();
    throw new GrantError("clock", `the clock says ${clock}, which is before this release`);
  }
  if ("missingGroup" in grant) {
    const line = `User ${user} is not in group "${grant.missingGroup}", which is required: ` +
      `an empty token was issued (${name}, ${reason})`;
    return { text: printUse("", provider), line };
  }
  const { token, id, expires } = await signToken(provider, grant, options);
  const facts = [
    name,
    `jti ${id}`,
    `sub ${grant.subject}`,
    ...(grant.audience.length > 0 ? [`aud ${grant.audience.join(" ")}`] : []),
    `scope sha256 ${await scopeHash(grant.scope)}`,
    `expires ${isoTime(expires)}`,
    reason,
  ];
  return {
    text: printUse(token, provider),
    line: `Successfully renewed SciToken for user: ${user} (${facts.join(", ")})`,
    expires: expires * 1000,
    due: dueTime(provider, expires),
  };
}

/** What a scope is known by in the log: the first 12 hexadecimal digits of its SHA-256. */
async function scopeHash(scope: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(scope));
  return new Uint8Array(hash, 0, 6).toHex();
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}
