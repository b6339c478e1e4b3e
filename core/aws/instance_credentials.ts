/** A role's credentials from the metadata service (IAM roles for Amazon EC2). */
import type { AwsCredentials } from "./credentials.ts";
import { ImdsError } from "./imds.ts";
import type { CredentialSource } from "./session.ts";

/** Where items are read. */
interface Items {
  get(path: string, signal: AbortSignal): Promise<string | undefined>;
}

/** The instance has no role, or its credentials are not there; never with anything of them. */
export class RoleError extends Error {
  override readonly name = "RoleError";
  /** `no-role` is final: the instance was started without a profile, or it was taken away. */
  readonly code: "no-role" | "no-credentials";

  constructor(code: "no-role" | "no-credentials", message: string) {
    super(message);
    this.code = code;
  }

  /** Whether the same may be answered later. */
  get retryable(): boolean {
    return this.code === "no-credentials";
  }
}

/** How credentials are read. */
export interface InstanceCredentialsOptions {
  readonly items: Items;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Is told of each secret, so that logs can hide it. */
  hide?(secret: string): void;
}

const ROLES = "meta-data/iam/security-credentials/";
/** Credentials that end sooner are as good as none, in milliseconds. */
const MARGIN = 60_000;
/** What IAM allows for names (API reference, `RoleName`). */
const NAME = /^[\w+=,.@-]{1,64}$/;
const VISIBLE = /^[\x21-\x7e]{1,8192}$/;

/** Reads the role's name, and its credentials each time they are needed anew. */
export class InstanceCredentials implements CredentialSource {
  readonly #options: InstanceCredentialsOptions;
  #role: Promise<string> | undefined;

  constructor(options: InstanceCredentialsOptions) {
    this.#options = options;
  }

  /**
   * The role's name, or rather, as the service has it, the name that its credentials are under.
   *
   * @throws {RoleError} `no-role`; {ImdsError}
   */
  role(signal: AbortSignal): Promise<string> {
    const asked = this.#role ??= this.#readRole(signal);
    asked.catch(() => this.#role = undefined);
    return asked;
  }

  /**
   * The credentials; they are asked for each time, for callers keep them.
   *
   * @throws {RoleError}; {ImdsError}
   */
  async get(_stale: AwsCredentials | undefined, signal: AbortSignal): Promise<AwsCredentials> {
    const { items, now, hide } = this.#options;
    const text = await items.get(ROLES + await this.role(signal), signal);
    if (text === undefined) {
      throw new RoleError("no-credentials", "Cannot get the role's credentials: not there yet");
    }
    const { credentials, expiration } = readInstanceCredentials(text);
    for (const secret of Object.values(credentials)) hide?.(secret);
    const time = now();
    if (expiration <= time + MARGIN) {
      const [end, here] = [expiration, time].map((one) => new Date(one).toISOString());
      throw new RoleError(
        "no-credentials",
        `Cannot use the role's credentials: they end at ${end}, and this machine's clock says ${here}`,
      );
    }
    return credentials;
  }

  async #readRole(signal: AbortSignal): Promise<string> {
    const { items } = this.#options;
    const [name] = (await items.get(ROLES, signal) ?? "").split("\n").map((line) => line.trim())
      .filter((line) => line !== "");
    if (name !== undefined) {
      if (NAME.test(name)) return name;
      throw new ImdsError("bad-answer", "Cannot use the role's name: IAM allows no such name");
    }
    // A profile without a role has information but no credentials, for a while after the start.
    if (await items.get("meta-data/iam/info", signal) === undefined) {
      throw new RoleError("no-role", "Cannot find a role: the instance has no instance profile");
    }
    throw new RoleError("no-credentials", "Cannot get the role's credentials: no role is listed");
  }
}

/**
 * Reads the credentials out of the service's JSON.
 *
 * @returns with `expiration` in milliseconds since the epoch
 * @throws {RoleError} `no-credentials` when it says something else than `Success`; {ImdsError}
 */
export function readInstanceCredentials(
  text: string,
): { credentials: Required<AwsCredentials>; expiration: number } {
  const found = readObject(text, "the role's credentials");
  if (found["Code"] !== "Success") {
    const code = String(found["Code"]).slice(0, 60);
    const state = /^[A-Za-z]+$/.test(code) ? `the service says "${code}"` : "no success is said";
    throw new RoleError("no-credentials", `Cannot use the role's credentials: ${state}`);
  }
  const field = (name: string): string => {
    const value = found[name];
    if (typeof value === "string" && VISIBLE.test(value)) return value;
    throw bad("the role's credentials", `"${name}" is not one word of visible ASCII`);
  };
  const expiration = Date.parse(field("Expiration"));
  if (Number.isNaN(expiration)) throw bad("the role's credentials", '"Expiration" is no time');
  return {
    credentials: {
      accessKeyId: field("AccessKeyId"),
      secretAccessKey: field("SecretAccessKey"),
      sessionToken: field("Token"),
    },
    expiration,
  };
}

/**
 * The object that a text in JSON is.
 *
 * @param what for the message
 * @throws {ImdsError} `bad-answer`; nothing of the text is in it
 */
export function readObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw bad(what, "it is no JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw bad(what, "it is no object");
}

function bad(what: string, state: string): ImdsError {
  return new ImdsError("bad-answer", `Cannot use ${what}: ${state}`);
}
