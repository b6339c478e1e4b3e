/** Running the `deno` command line. */

import { fromFileUrl } from "@std/path";

/** The project's folder. */
export const ROOT: string = fromFileUrl(new URL("../../", import.meta.url));

/**
 * Runs a sub-command of the running `deno` in the project's folder.
 *
 * @param args e.g. `["info", "--json"]`
 * @param env variables to set for it
 * @returns its standard output
 * @throws {Error} with its standard error if it fails
 */
export async function runDeno(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`Cannot run "deno ${args[0]}": ${text.decode(stderr).trim()}`);
  return text.decode(stdout);
}

/** Where Deno keeps what it has fetched. */
export async function denoInfo(): Promise<{ denoDir: string; npmCache: string }> {
  return JSON.parse(await runDeno(["info", "--json"])) as { denoDir: string; npmCache: string };
}
