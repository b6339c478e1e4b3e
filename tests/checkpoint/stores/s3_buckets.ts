/** Buckets of moto for tests, filled and looked at without the code under test. */
import { makeAd } from "../../../core/classad/mod.ts";
import type { StoreContext } from "../../../core/checkpoint/store.ts";
import type { Moto } from "../../servers/moto.ts";

const encoder = new TextEncoder();

/** A bucket. */
export class MotoBucket {
  readonly #moto: Moto;
  readonly name: string;

  private constructor(moto: Moto, name: string) {
    this.#moto = moto;
    this.name = name;
  }

  /** Makes a bucket of a new name. */
  static async make(moto: Moto): Promise<MotoBucket> {
    const name = `bucket-${crypto.randomUUID()}`;
    await moto.must(`/${name}`, { method: "PUT" });
    return new MotoBucket(moto, name);
  }

  /** Uploads an object as pre-signed URLs do: each byte of the key encoded, slashes kept. */
  async put(key: string | Uint8Array): Promise<void> {
    const bytes = typeof key === "string" ? encoder.encode(key) : key;
    const path = Array.from(bytes, (byte) => {
      const character = String.fromCharCode(byte);
      return /[\w.~/-]/.test(character)
        ? character
        : `%${byte.toString(16).padStart(2, "0").toUpperCase()}`;
    }).join("");
    await this.#moto.must(`/${this.name}/${path}`, { method: "PUT", body: "x" });
  }

  /** All keys. */
  async keys(): Promise<string[]> {
    const found: string[] = [];
    for (let token = "";;) {
      const query = `list-type=2&encoding-type=url${token && `&continuation-token=${token}`}`;
      const page = await this.#moto.must(`/${this.name}?${query}`);
      found.push(
        ...page.matchAll(/<Key>([^<]*)<\/Key>/g).map(([, key]) => decodeURIComponent(key!)),
      );
      const next = /<NextContinuationToken>([^<]*)</.exec(page)?.[1];
      if (next === undefined) return found;
      token = encodeURIComponent(next);
    }
  }

  /** Keeps former versions from now on. */
  async keepVersions(): Promise<void> {
    await this.#moto.must(`/${this.name}?versioning`, {
      method: "PUT",
      body: "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    });
  }

  /** How many versions and marks of deletion there are, by key. */
  async versions(): Promise<Record<string, number>> {
    const page = await this.#moto.must(`/${this.name}?versions`);
    const keys = page.matchAll(/<Key>([^<]*)<\/Key>/g).map(([, key]) => key!);
    return Object.fromEntries(
      Map.groupBy(keys, (key) => key).entries().map(([key, all]) => [key, all.length]),
    );
  }
}

/** Surroundings of a store. */
export function surroundings(
  { home, ad }: { readonly home?: string; readonly ad?: Readonly<Record<string, string>> } = {},
): StoreContext {
  return {
    env: () => undefined,
    parallel: 16,
    user: home === undefined ? undefined : { name: "alice", home },
    jobAd: () => Promise.resolve(ad && makeAd(ad)),
    verbose: () => {},
  };
}

/** A home directory with keys in it; removed with what it returns. */
export async function homeWithKeys(
  keys: { readonly id?: string; readonly secret?: string; readonly token?: string } = {},
): Promise<{ readonly home: string } & AsyncDisposable> {
  const { id = "AKIDEXAMPLE", secret = "secretexample", token } = keys;
  const home = await Deno.makeTempDir({ prefix: "pinion-s3-" });
  await Deno.mkdir(`${home}/.aws`);
  await Deno.writeTextFile(
    `${home}/.aws/credentials`,
    `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n` +
      (token === undefined ? "" : `aws_session_token = ${token}\n`),
  );
  return { home, [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }) };
}
