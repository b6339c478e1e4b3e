/** Credential monitors: both look after the same users' tokens. */

import { join } from "@std/path";
import { generateKey } from "../../core/keys/mod.ts";
import { run } from "../pool/command.ts";
import type { Area, Contender } from "./area.ts";
import type { CredentialCase } from "./cases.ts";
import type { Start, Workload } from "./measure.ts";

/** HTCondor's own, inside the pool root. */
export const UPSTREAM_MONITOR = "/usr/sbin/condor_credmon_oauth";

/** More than a user's directory and two files take. */
const BYTES_PER_USER = 3 * 4096;

const PROVIDER = "scitokens";

/**
 * HTCondor's own signs with Python's library of SciTokens, which Debian has not. What it uses of it is
 * little, and signs by the same parts: PyJWT and cryptography.
 */
const STAND_IN = `import time, uuid, jwt

class SciToken:
    def __init__(self, algorithm, key, key_id):
        self.how = {"key": key, "algorithm": algorithm, "headers": {"kid": key_id}}
        self.claims = {}

    def update_claims(self, claims):
        self.claims.update(claims)

    def serialize(self, issuer, lifetime):
        now = int(time.time())
        times = {"iss": issuer, "exp": now + lifetime, "iat": now, "nbf": now}
        return jwt.encode({**self.claims, **times, "jti": str(uuid.uuid4())}, **self.how)
`;

/** What is where in the folder of a run. */
function placesIn(folder: string) {
  return {
    directory: join(folder, "oauth"),
    config: join(folder, "condor_config"),
    key: join(folder, "private.pem"),
    publicKey: join(folder, "public.pem"),
    log: join(folder, "CredMonOAuthLog"),
    python: join(folder, "python"),
  };
}

/** Users whose tokens are due, or were made just now. */
export class Credentials implements Workload {
  readonly bytes: number;
  readonly #area: Area;
  readonly #work: Pick<CredentialCase, "users" | "how">;

  constructor(work: Pick<CredentialCase, "users" | "how">, area: Area) {
    this.bytes = work.users * BYTES_PER_USER;
    this.#area = area;
    this.#work = work;
  }

  /** Makes the credential directory as condor_credd leaves it, a key and a configuration. */
  async prepare(contender: Contender, folder: string): Promise<Start> {
    const outside = placesIn(this.#area.outside(folder));
    const inside = placesIn(join(this.#area.inside, folder));
    await Deno.mkdir(outside.directory, { recursive: true });
    await Deno.mkdir(outside.python);
    for (let i = 0; i < this.#work.users; i++) {
      const user = join(outside.directory, `user${i}`);
      Deno.mkdirSync(user);
      Deno.chmodSync(user, 0o2700);
      Deno.writeTextFileSync(join(user, `${PROVIDER}.top`), `user${i}@x`, { mode: 0o600 });
    }
    await run(["chroot", this.#area.root, "chgrp", "condor", inside.directory]);
    await Deno.chmod(outside.directory, 0o2770);
    const { privatePem, publicPem } = await generateKey("ES256");
    await Deno.writeTextFile(outside.key, privatePem, { mode: 0o600 });
    await Deno.writeTextFile(outside.publicKey, publicPem);
    await Deno.writeTextFile(join(outside.python, "scitokens.py"), STAND_IN);
    await Deno.writeTextFile(outside.config, configuration(inside));
    const program = contender === "upstream"
      ? UPSTREAM_MONITOR
      : this.#area.executable("condor_credmon_local");
    return {
      words: [program],
      env: { CONDOR_CONFIG: inside.config, PYTHONPATH: inside.python },
      daemon: {
        complete: join(outside.directory, "CREDMON_COMPLETE"),
        again: this.#work.how === "idle",
        isDone: this.#allServed(outside.directory),
      },
    };
  }

  /** What tells whether everybody has a token; it does not look again at those who had one. */
  #allServed(directory: string): () => boolean {
    let served = 0;
    return () => {
      while (served < this.#work.users) {
        try {
          Deno.statSync(join(directory, `user${served}`, `${PROVIDER}.use`));
        } catch (error) {
          if (error instanceof Deno.errors.NotFound) return false;
          throw error;
        }
        served++;
      }
      return true;
    };
  }

  /** Makes sure that everybody has a token. */
  check(folder: string): Promise<void> {
    const { directory } = placesIn(this.#area.outside(folder));
    for (let i = 0; i < this.#work.users; i++) {
      const { size } = Deno.statSync(join(directory, `user${i}`, `${PROVIDER}.use`));
      if (size < 300) throw new Error(`Cannot measure: user${i} has no token`);
    }
    return Promise.resolve();
  }

  /** There is nothing to end. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function configuration(inside: ReturnType<typeof placesIn>): string {
  return `RELEASE_DIR = /usr
LOCAL_DIR = ${join(inside.config, "..")}
LOG = $(LOCAL_DIR)
LIBEXEC = /usr/libexec/condor
LOCAL_CONFIG_FILE =
REQUIRE_LOCAL_CONFIG_FILE = false
LOCAL_CONFIG_DIR =
SEC_CREDENTIAL_DIRECTORY_OAUTH = ${inside.directory}
CREDMON_OAUTH_LOG = ${inside.log}
MAX_CREDMON_OAUTH_LOG = 100 Mb
LOCAL_CREDMON_PROVIDER_NAMES = ${PROVIDER}
LOCAL_CREDMON_PRIVATE_KEY = ${inside.key}
LOCAL_CREDMON_PUBLIC_KEY = ${inside.publicKey}
LOCAL_CREDMON_ISSUER = https://issuer.example
LOCAL_CREDMON_KEY_ID = bench
LOCAL_CREDMON_TOKEN_AUDIENCE = https://storage.example
`;
}
