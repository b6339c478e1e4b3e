/** What the firewall's programs have in common. */
import { AnnexError } from "../errors.ts";
import type { RunResult } from "../host.ts";

/** Longest run of one of them, in milliseconds. */
export const TOOL_LIMIT_MS = 15_000;

/** Most characters of what a program said in a message. */
const MOST_SAID = 300;

/** The failure of a program of the firewall, with what it said. */
export function failedTool(
  program: string,
  args: readonly string[],
  { code, stdout, stderr }: RunResult,
): AnnexError {
  const said = `${stderr} ${stdout}`.trim().replaceAll(/\s+/g, " ").slice(0, MOST_SAID);
  const state = code === 124 ? `not done after ${TOOL_LIMIT_MS / 1000} s` : `status ${code}`;
  const words = [program, ...args].join(" ");
  return new AnnexError(`Cannot run "${words}": ${state}${said === "" ? "" : `, ${said}`}`, {
    code: "firewall-tool",
  });
}
