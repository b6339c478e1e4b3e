/** `explain` and `check-map`. */
import type { ToolHost } from "./host.ts";

/** Placeholder. */
export async function explainCommand(
  _u: string,
  _v: { json: boolean },
  _h: ToolHost,
): Promise<number> {
  return await Promise.resolve(1);
}
/** Placeholder. */
export async function checkMapCommand(
  _u: string | undefined,
  _v: { json: boolean },
  _h: ToolHost,
): Promise<number> {
  return await Promise.resolve(1);
}
