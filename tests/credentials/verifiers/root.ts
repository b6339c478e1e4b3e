/** Other programs that read keys and tokens, run inside the pool root. */
import { join } from "@std/path";
import { poolRoot, whyNoPool } from "../../../scripts/pool/root.ts";
import { missing as missingCa } from "../../servers/ca.ts";
import { missing as missingNginx } from "../../servers/nginx.ts";
import { joinMissing, missingPackages } from "../../servers/process.ts";

const ROOT = poolRoot();
const noPool = await whyNoPool();
const PYTHON = `${ROOT}/usr/lib/python3/dist-packages`;

const inRoot = (files: Readonly<Record<string, string>>) => {
  const missing = missingPackages(files);
  return missing === "" ? "" : `${missing} in the pool root`;
};

/** Why a test is not run, for its name; empty when it is. */
function reason(missing: string): string {
  const why = noPool ?? (missing === "" ? undefined : `${missing} is missing`);
  return why === undefined ? "" : ` (${why})`;
}

/** What keeps PyJWT from being asked. */
export const WITHOUT_PYJWT: string = reason(inRoot({
  "python3-jwt": `${PYTHON}/jwt/__init__.py`,
  "python3-cryptography": `${PYTHON}/cryptography/__init__.py`,
}));

/** What keeps scitokens-cpp from being asked, and keys from being served to it. */
export const WITHOUT_CPP: string = reason(joinMissing(
  inRoot({ "scitokens-cpp": `${ROOT}/usr/bin/scitokens-verify` }),
  missingCa,
  missingNginx,
));

/** A directory inside the root, for files that both sides see; removed with `using`. */
export class Shared implements Disposable {
  /** As it is called inside. */
  readonly inside: string;
  /** As it is called here. */
  readonly outside: string;

  constructor() {
    this.outside = Deno.makeTempDirSync({ dir: join(ROOT, "tmp"), prefix: "pinion-verify-" });
    this.inside = this.outside.slice(ROOT.length);
  }
  /** Writes a file, and returns its path inside. */
  write(name: string, text: string): string {
    Deno.writeTextFileSync(join(this.outside, name), text);
    return join(this.inside, name);
  }
  read(name: string): string {
    return Deno.readTextFileSync(join(this.outside, name));
  }
  [Symbol.dispose](): void {
    Deno.removeSync(this.outside, { recursive: true });
  }
}

/** What a program left. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the root, with a text on its standard input. */
export async function inChroot(words: readonly string[], input = ""): Promise<Outcome> {
  const child = new Deno.Command("chroot", {
    args: [ROOT, ...words],
    clearEnv: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/**
 * Runs a script of this directory with the root's Python.
 *
 * @param script its name in testdata/
 * @param question what it reads from standard input, as JSON
 * @returns what it printed, from JSON
 */
export async function ask<T>(script: string, question: unknown): Promise<T> {
  const program = await Deno.readTextFile(new URL(`testdata/${script}`, import.meta.url));
  const words = ["/usr/bin/python3", "-I", "-c", program];
  const { code, stdout, stderr } = await inChroot(words, JSON.stringify(question));
  if (code !== 0) throw new Error(`Cannot ask ${script}: ${stderr}`);
  return JSON.parse(stdout);
}
