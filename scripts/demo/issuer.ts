/** The demonstration of the local issuer: a key, tokens for jobs, and a server that wants one. */

import { join } from "@std/path";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { type Ended, runProgram } from "./program.ts";
import {
  AUDIENCE,
  type IssuerScene,
  makeIssuerScene,
  OUTSIDER,
  publishedKeys,
  USER,
} from "./issuer_scene.ts";
import type { Paint } from "./table.ts";

/** Columns of what is printed. */
const WIDTH = 80;
const CONTENT = "Only for those whom the issuer vouches for.\n";

/** Settings of {@linkcode runIssuer}. */
export interface IssuerOptions {
  /** Directory with the executables. */
  readonly dist: string;
  readonly paint: Paint;
  /** Takes what is to be shown. */
  readonly print: (text: string) => void;
  /** Change the token on its way to the server, which has to be noticed. @default {false} */
  readonly tampered?: boolean;
}

/** Starts one of the executables; `shown` is what is printed of the command. */
type Start = (
  shown: string,
  args: readonly string[],
  options?: { readonly env?: Readonly<Record<string, string>>; readonly quiet?: boolean },
) => Promise<Ended>;

/**
 * Makes a key, lets `condor_credmon_local` issue tokens, and fetches a file with one of them.
 *
 * @returns what was not as it has to be, one line each
 */
export async function runIssuer(options: IssuerOptions): Promise<string[]> {
  const { dist, paint, print, tampered = false } = options;
  const scene = await makeIssuerScene();
  try {
    const wrong: string[] = [];
    const expect = (isSo: boolean, otherwise: string) => {
      if (!isSo) wrong.push(`condor_credmon_local: ${otherwise}`);
    };
    const start: Start = async (shown, args, { env = {}, quiet = false } = {}) => {
      const [program = ""] = shown.split(" ");
      print(paint.title(`\n$ ${shown}`));
      const began = performance.now();
      const ended = await runProgram(join(dist, program), args, { ...scene.environment, ...env });
      const seconds = ((performance.now() - began) / 1000).toFixed(2);
      for (const line of quiet ? [] : saying(ended, scene)) print(`  ${line}`);
      print(`  exit status ${ended.code}, ${seconds} s`);
      return ended;
    };

    print(paint.title("\nThree users have jobs that want a token; one of them is a planted link"));
    const made = await start(
      "scitokens-admin-create-key --create-keys --ec --issuer … --well-known …",
      scene.keyArguments,
    );
    expect(made.code === 0, `no key was made: exit status ${made.code}`);
    await start("condor_credmon_local -once -verbose", ["-once", "-verbose"]);
    const token = tokenIn(await scene.tokenFile(USER));
    expect(token !== "", `no token for ${USER}`);
    expect(tokenIn(await scene.tokenFile(OUTSIDER)) === "", `a token for ${OUTSIDER}`);
    expect((await scene.elsewhere()).join() === "scitokens.top", "a link was followed");

    const keys = await publishedKeys(scene);
    const use = join(scene.credentials, USER, "scitokens.use");
    const verified = await start(
      "scitokens-verify-token --jwks … --token-file alice/scitokens.use",
      ["--jwks", keys, "--token-file", use, "--audience", AUDIENCE],
    );
    expect(verified.code === 0, "the token cannot be verified");

    const served = await fetchWithToken({ scene, keys, tampered, start });
    if (served !== "") print(`  "${served.trim()}"`);
    expect(served === CONTENT, "the server did not take the token");
    const second = await start("condor_credmon_local -once -verbose", ["-once", "-verbose"]);
    expect(second.code === 0, `exit status ${second.code}, not 0, with nothing due`);
    expect(tokenIn(await scene.tokenFile(USER)) === token, "a token was replaced too early");
    return wrong;
  } finally {
    await scene.remove();
  }
}

/** Has the transfer plug-in fetch a file, as a job does, from a server that checks the token. */
async function fetchWithToken({ scene, keys, tampered, start }: {
  readonly scene: IssuerScene;
  readonly keys: string;
  readonly tampered: boolean;
  readonly start: Start;
}): Promise<string> {
  const keySet = createLocalJWKSet(JSON.parse(await Deno.readTextFile(keys)) as JSONWebKeySet);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const bearer = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
      // The last character of a signature of 64 octets has bits to spare.
      const received = tampered ? bearer.replace(/.{4}$/, "AAAA") : bearer;
      const { payload } = await jwtVerify(received, keySet, { audience: AUDIENCE })
        .catch(() => ({ payload: {} as { scope?: unknown } }));
      const isGood = `${payload.scope}`.split(" ").includes("read:/groups/astro");
      return isGood ? new Response(CONTENT) : new Response(null, { status: 401 });
    },
  );
  const output = join(scene.folder, "fetched");
  const url = `scitokens+http://127.0.0.1:${server.addr.port}/groups/astro/data`;
  await start("curl_plugin scitokens+http://…/groups/astro/data", [url, output], {
    env: { _CONDOR_CREDS: join(scene.credentials, USER) },
    quiet: true,
  });
  return await Deno.readTextFile(output).catch(() => "");
}

/** The token in a file for jobs; empty when it has none. */
function tokenIn(file: string): string {
  if (file === "") return "";
  return (JSON.parse(file) as { readonly access_token: string }).access_token;
}

/** What a program said, without the temporary directory's long name. */
function saying({ stdout, stderr }: Ended, { folder }: IssuerScene): string[] {
  return `${stdout}${stderr}`.split("\n").filter((line) => line !== "")
    .map((line) => line.replaceAll(folder, ""))
    .map((line) => line.length > WIDTH - 2 ? `${line.slice(0, WIDTH - 3)}…` : line);
}
