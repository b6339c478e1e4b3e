/** A job's directory of tokens. */
import { join } from "@std/path";

/** In a test. */
export interface Tokens extends Disposable {
  readonly path: string;
  /** Puts a file there as HTCondor does: under another name first. */
  put(name: string, content: string | Uint8Array): void;
  /** What is in a file, and its permission bits. */
  read(name: string): string;
  mode(name: string): number;
  names(): string[];
}

/** Makes one that holds some files. */
export function makeTokens(files: Readonly<Record<string, string | Uint8Array>> = {}): Tokens {
  const path = Deno.makeTempDirSync({ prefix: "pinion-tokens-" });
  Deno.chmodSync(path, 0o755);
  const put = (name: string, content: string | Uint8Array) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(join(path, `${name}.new`), bytes, { mode: 0o600 });
    Deno.renameSync(join(path, `${name}.new`), join(path, name));
  };
  for (const [name, content] of Object.entries(files)) put(name, content);
  return {
    path,
    put,
    read: (name) => Deno.readTextFileSync(join(path, name)),
    mode: (name) => (Deno.statSync(join(path, name)).mode ?? 0) & 0o7777,
    names: () => [...Deno.readDirSync(path)].map(({ name }) => name).sort(),
    [Symbol.dispose]: () => {
      Deno.chmodSync(path, 0o755);
      Deno.removeSync(path, { recursive: true });
    },
  };
}

/** A file of a token as the local issuer writes it. */
export function json(token: string): string {
  return `{"access_token": ${JSON.stringify(token)}, "expires_in": 1200}`;
}
