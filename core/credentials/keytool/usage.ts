/** Wrong use of the key tools, which ends with exit status 2 as in the tools of SciTokens. */
import { helpText } from "../../cli/help.ts";
import type { Program } from "../../cli/program.ts";
import { UsageError } from "../../errors.ts";
import { redact } from "../../log/redact.ts";
import type { KeytoolHost } from "./host.ts";

/** The exit status for wrong arguments. */
const WRONG_USE = 2;

/** Wrong use for which the usage lines say more than a sentence. */
export class WrongCombination extends UsageError {}

/**
 * Does a program's work, and says on standard error what was wrong with its arguments.
 *
 * @returns its exit status
 */
export async function withUsage(
  program: Program,
  host: Pick<KeytoolHost, "note">,
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    if (error instanceof WrongCombination) host.note(helpText(program).split("\n\n", 1)[0]!);
    const { message } = error;
    host.note(redact(message.startsWith(program.name) ? message : `${program.name}: ${message}`));
    return WRONG_USE;
  }
}
