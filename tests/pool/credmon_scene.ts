/** The pool's credential monitor: its directory, its log, its process and its tokens. */

import { assert, assertEquals } from "@std/assert";
import { createLocalJWKSet, type JWTPayload, jwtVerify } from "jose";
import { jwkSet, readPublicKey } from "../../core/keys/mod.ts";
import { condor, insidePath } from "../../scripts/pool/instance.ts";
import { JOB_USER } from "../../scripts/pool/root.ts";
import { until } from "./ads.ts";
import type { Pool } from "./harness.ts";
import { untilWritten } from "./user_log.ts";

export const ISSUER = "https://issuer.example/scitokens";
export const AUDIENCE = "https://storage.example";
const KEY_ID = "abc0";

/** An access point with a local issuer that gives every job a token (HTCondor manual). */
export const LOCAL_ISSUER: readonly string[] = [
  "LOCAL_CREDMON_PROVIDER_NAMES = scitokens",
  `LOCAL_CREDMON_ISSUER = ${ISSUER}`,
  `LOCAL_CREDMON_KEY_ID = ${KEY_ID}`,
  `LOCAL_CREDMON_TOKEN_AUDIENCE = ${AUDIENCE}`,
  "JOB_TRANSFORM_AddSciToken @=end",
  "   REQUIREMENTS JobUniverse == 5 || JobUniverse == 12",
  '   EVALSET OAuthServicesNeeded strcat("scitokens ", OAuthServicesNeeded ?: "")',
  "@end",
  "JOB_TRANSFORM_NAMES = $(JOB_TRANSFORM_NAMES) AddSciToken",
];

/** Seconds for what the monitor does at once. */
const SOON = 20;

let round = 0;

/** The pool's monitor. */
export class CredmonScene {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Puts lines of configuration in force, also for the monitor, which is running; what users had is
   * gone.
   */
  static async open(pool: Pool, lines: readonly string[]): Promise<CredmonScene> {
    const scene = new CredmonScene(pool);
    await scene.forgetUsers();
    await scene.configure(lines);
    return scene;
  }

  /** The same for other lines, users staying as they are. */
  async configure(lines: readonly string[]): Promise<void> {
    const pid = await this.pid();
    const before = count(await this.log(), READ_AGAIN);
    // So that it differs from what the test before has left.
    await this.#pool.configure([...lines, `PinionRound = ${++round}`]);
    await this.logged((text) => count(text, READ_AGAIN) > before || undefined);
    assertEquals(await this.pid(), pid, "the monitor was restarted");
  }

  /** A path in the credential directory. */
  path(...rest: string[]): string {
    return this.#pool.path("oauth", ...rest);
  }

  /** Removes all users' credentials. */
  async forgetUsers(): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(this.path())) {
      const isMark = name.endsWith(".mark");
      if (isDirectory || isMark) await Deno.remove(this.path(name), { recursive: true });
    }
  }

  /** The monitor's process, as it says itself. */
  async pid(): Promise<number> {
    return await until("the monitor's pid", async () => {
      const text = await Deno.readTextFile(this.path("pid")).catch(() => "");
      return /^\d+$/.test(text) ? Number(text) : undefined;
    }, { seconds: SOON });
  }

  /** All processes of the pool's that run the monitor. */
  async processes(): Promise<number[]> {
    const program = this.#pool.path("libexec", "condor_credmon_local");
    const found: number[] = [];
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const file = await Deno.readLink(`/proc/${name}/exe`).catch(() => "");
      if (file === program) found.push(Number(name));
    }
    return found;
  }

  /** What it has logged so far. */
  async log(): Promise<string> {
    return await Deno.readTextFile(this.#pool.path("log", "CredMonOAuthLog"));
  }

  /** Waits for what it logs. */
  logged<T>(find: (text: string) => T | undefined): Promise<T> {
    return untilWritten(this.#pool.path("log", "CredMonOAuthLog"), find, SOON);
  }

  /** A user's file of a token, once it is there. */
  async use(user: string = JOB_USER, name = "scitokens"): Promise<string> {
    return await until(
      `${user}/${name}.use`,
      () => Deno.readTextFile(this.path(user, `${name}.use`)).catch(() => undefined),
      { seconds: SOON },
    );
  }

  /** Checks a file of a token, with the key that the monitor has published. */
  async verify(text: string, issuer = ISSUER): Promise<JWTPayload> {
    const { access_token: token } = JSON.parse(text) as { access_token: string };
    return await this.verifyToken(token, issuer);
  }

  /** The same for a bare token. */
  async verifyToken(token: string, issuer = ISSUER): Promise<JWTPayload> {
    const pem = await Deno.readTextFile(this.#pool.path("credmon", "public.pem"));
    const { publicJwk } = await readPublicKey(pem);
    const keys = JSON.parse(jwkSet([{ jwk: publicJwk, kid: KEY_ID }]));
    const options = { issuer, audience: AUDIENCE, algorithms: ["ES256"] };
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys), options);
    assertEquals(protectedHeader.kid, KEY_ID);
    return payload;
  }

  /** Has condor_credd asked for new users' tokens, all at once: the seconds that each waited. */
  async askFor(users: readonly string[]): Promise<number[]> {
    const { instance } = this.#pool;
    const script = insidePath(instance, "ask.py");
    await Deno.writeTextFile(instance.root + script, ASK);
    const words = ["python3", script, ...users];
    const { stdout } = await condor(instance, words, { seconds: 120 });
    const answers = stdout.trim().split("\n").map((line) => line.split(" "));
    assertEquals(answers.filter(([, , code]) => code !== "0"), []);
    assertEquals(answers.map(([user]) => user).sort(), [...users].sort());
    return answers.map(([, seconds]) => Number(seconds));
  }
}

const READ_AGAIN = "Read the configuration again";

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/**
 * What condor_submit asks of condor_credd, for users that this machine need not have: one process
 * each, as they would be. The bindings' own method of this name refuses every request (25.14.1).
 */
const ASK = `import os, sys, time, classad2, htcondor2
from htcondor2._credd import _credd_do_check_oauth_creds
credd = htcondor2.Credd()
mode = credd._GENERIC_CONFIG | htcondor2.CredType.OAuth
children = []
for user in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        ad = classad2.ClassAd({"Service": "scitokens", "Username": user})
        start = time.time()
        code, text = _credd_do_check_oauth_creds(credd._addr, user, mode, [ad])
        line = f"{user} {time.time() - start:.3f} {code} {text}\\n"
        os.write(1, line.encode())
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
`;

/** Asserts that no part of a token is in any log of the pool. */
export async function assertNotLogged(pool: Pool, token: string): Promise<void> {
  const secret = token.split(".")[2] ?? "";
  assert(secret.length > 40);
  for await (const { name, isFile } of Deno.readDir(pool.path("log"))) {
    if (!isFile) continue;
    const text = await Deno.readTextFile(pool.path("log", name)).catch(() => "");
    assert(!text.includes(secret), `a token is in ${name}`);
  }
}
