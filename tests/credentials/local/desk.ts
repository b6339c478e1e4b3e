/** A local issuer for a test: a configuration, keys and a credential directory of its own. */
import { fromFileUrl, join } from "@std/path";
import { type Config, type Knobs, readConfig } from "../../../core/config/mod.ts";
import { generateKey } from "../../../core/keys/mod.ts";
import { CredentialStore, type ListedCredential } from "../../../core/credentials/store/mod.ts";
import type { Tended } from "../../../core/credentials/monitor.ts";
import { localKnobs, NAME_KNOBS } from "../../../core/credentials/local/knobs.ts";
import type { LocalMonitor } from "../../../core/credentials/local/monitor.ts";
import { providerNames } from "../../../core/credentials/local/names.ts";
import { type LocalIssuer, openLocal } from "../../../core/credentials/local/open.ts";
import type { LocalProvider } from "../../../core/credentials/local/provider.ts";

/** Where captured samples are. */
export const TESTDATA: string = fromFileUrl(new URL("testdata", import.meta.url));

/** Text of a sample. */
export function sample(name: string): string {
  return Deno.readTextFileSync(join(TESTDATA, name));
}

/** Unix time in milliseconds at which most tests begin. */
export const NOW: number = Date.UTC(2026, 10, 26, 12);

/** What the samples were made with; @DIR@ is the test's directory. */
export const SAMPLE_CONFIG: readonly string[] = [
  "LOCAL_CREDMON_PROVIDER_NAMES = scitokens",
  "LOCAL_CREDMON_ISSUER = https://issuer.example.org/scitokens",
  "LOCAL_CREDMON_KEY_ID = abc0",
  "LOCAL_CREDMON_PRIVATE_KEY = @DIR@/private.pem",
  "LOCAL_CREDMON_PUBLIC_KEY = @DIR@/public.pem",
  "LOCAL_CREDMON_TOKEN_AUDIENCE = https://example.com https://anotherserver.edu",
  "LOCAL_CREDMON_TOKEN_LIFETIME = 1200",
  "LOCAL_CREDMON_AUTHZ_TEMPLATE = read:/user/{username} write:/user/{username}",
  "LOCAL_CREDMON_AUTHZ_GROUP_TEMPLATE = read:/groups/{groupname} write:/groups/{groupname}",
  "LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE = @DIR@/group_map",
];

let rsa: Promise<{ privatePem: string; publicPem: string }> | undefined;

/** An RSA key, made once: that takes long. */
export function rsaKey(): Promise<{ privatePem: string; publicPem: string }> {
  return rsa ??= generateKey("RS256");
}

/** A directory with keys, a map, a configuration, and a credential directory. */
export class Desk implements Disposable {
  /** Lines that were said about what was left out. */
  readonly notes: string[] = [];
  readonly #store: CredentialStore;

  private constructor(readonly path: string) {
    const place = join(path, "creds");
    Deno.mkdirSync(place);
    Deno.chmodSync(place, 0o770);
    const { uid = 0, gid = 0 } = { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 };
    this.#store = CredentialStore.open(place, {
      condor: { uid, gid },
      note: (line) => this.notes.push(line),
    });
    this.write("private.pem", sample("issuer-private.pem"), 0o600);
    this.write("public.pem", sample("issuer-public.pem"));
    this.write("group_map", sample("group_map"));
  }

  static make(): Desk {
    return new Desk(Deno.makeTempDirSync({ prefix: "pinion-local-" }));
  }

  get store(): CredentialStore {
    return this.#store;
  }

  /** Path of a file of the directory. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file of the directory; its path. */
  write(name: string, content: string | Uint8Array, mode = 0o644): string {
    const path = this.at(name);
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    Deno.chmodSync(path, mode);
    return path;
  }

  /** Reads a configuration of these lines, in which @DIR@ stands for the directory. */
  async config(lines: readonly string[]): Promise<Config<Knobs>> {
    const text = `${lines.join("\n")}\n`.replaceAll("@DIR@", this.path);
    const environment = { CONDOR_CONFIG: this.write("condor.conf", text) };
    const names = await readConfig(NAME_KNOBS, { environment, tool: false });
    const knobs = localKnobs(providerNames(names).names);
    return await readConfig(knobs, { environment, tool: false });
  }

  /** Opens the issuer of a configuration. */
  async open(lines: readonly string[], previous?: LocalMonitor): Promise<LocalIssuer> {
    return await openLocal(await this.config(lines), {
      hostname: "ap.example.org",
      note: (line) => this.notes.push(line),
      ...(previous !== undefined && { previous }),
    });
  }

  /** The only provider of a configuration. */
  async provider(lines: readonly string[]): Promise<LocalProvider> {
    const { providers, problems } = await this.open(lines);
    const [provider] = providers;
    if (provider === undefined) throw new Error(problems.map(({ text }) => text).join("\n"));
    return provider;
  }

  /** Asks for a credential, as the credd does. */
  ask(user: string, name: string, top: string | Uint8Array = `${user}@foo`): void {
    const directory = this.at(`creds/${user}`);
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${name}.top`);
    if (typeof top === "string") Deno.writeTextFileSync(path, top);
    else Deno.writeFileSync(path, top);
    Deno.chmodSync(path, 0o600);
  }

  /** A credential as it is listed now. */
  listed(user: string, name: string): ListedCredential {
    const found = [...this.#store.list()].find((one) => one.user === user && one.name === name);
    if (found === undefined) throw new Error(`${user}/${name} is not listed`);
    return found;
  }

  /** Begins a scan in which a credential is looked at. */
  async look(
    monitor: LocalMonitor,
    user: string,
    name: string,
    { now = NOW, signal = new AbortController().signal }: {
      now?: number;
      signal?: AbortSignal;
    } = {},
  ): Promise<Tended> {
    monitor.begin();
    return await monitor.tend(this.listed(user, name), { store: this.#store, now, signal });
  }

  /** Text of a credential's `.use`. */
  use(user: string, name: string): string {
    return Deno.readTextFileSync(this.at(`creds/${user}/${name}.use`));
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Header and claims of a token. */
export function decodeToken(token: string): {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
} {
  const [header = "", claims = ""] = token.split(".");
  const read = (text: string) =>
    JSON.parse(
      new TextDecoder().decode(Uint8Array.fromBase64(text, { alphabet: "base64url" })),
    ) as Record<string, unknown>;
  return { header: read(header), claims: read(claims) };
}

/** The token of a `.use`. */
export function tokenOf(use: string): string {
  return use.startsWith("{")
    ? (JSON.parse(use) as { access_token: string }).access_token
    : use.trimEnd();
}
