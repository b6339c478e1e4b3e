/** The outermost frame of every executable: exit status, and one clear line for what went wrong. */

import { redact } from "../log/redact.ts";
import type { Role } from "./program.ts";

/**
 * Runs a role and ends the process with its exit status.
 *
 * Whatever is thrown becomes one line on standard error and exit status 1; with `PINION_STACK` set
 * in the environment (and permission to read it) the stack follows.
 *
 * @param role what to run
 */
export async function startRole(role: Role): Promise<never> {
  const fail = (error: unknown): never => {
    report(role.program.name, error);
    Deno.exit(1);
  };
  // A file that is not there is an error object too, and its stack costs more than the question.
  if (!wantsStack()) Error.stackTraceLimit = 0;
  // What nobody awaited must end the process as clearly as what main() throws.
  addEventListener("unhandledrejection", (event) => fail(event.reason));
  addEventListener("error", (event) => fail(event.error));
  // Should main() wait for something that never comes, the process ends by itself, and not well.
  Deno.exitCode = 1;
  try {
    Deno.exit(await role.main(Deno.args));
  } catch (error) {
    return fail(error);
  }
}

function report(name: string, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  // Complaints about the arguments start with the program's name already.
  const title = message.startsWith(name) ? "" : `${name}: `;
  const line = `${title}${redact(message.replaceAll(/\s*[\r\n]+\s*/g, " "))}\n`;
  const stack = wantsStack() && error instanceof Error
    ? `${(error.stack ?? "").split("\n").map(redact).join("\n")}\n`
    : "";
  Deno.stderr.writeSync(new TextEncoder().encode(line + stack));
}

function wantsStack(): boolean {
  try {
    return Deno.env.has("PINION_STACK");
  } catch {
    return false;
  }
}
