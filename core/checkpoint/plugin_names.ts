/** The files that a plug-in is asked to remove. */
import { errorText } from "../errors.ts";
import { CleanupFailure } from "./failure.ts";
import { quote } from "./location.ts";
import type { Request } from "./plugin_options.ts";

/** Most bytes of a list: ten million names. */
const LONGEST_LIST = 1 << 30;

/** The names, as bytes. */
export async function namesOf({ name }: Request): Promise<readonly Uint8Array[]> {
  // The runtime refuses arguments that are no UTF-8 before the program begins.
  if (typeof name === "string") return [new TextEncoder().encode(name)];
  const { parseDeleteList } = await import("./delete_list.ts");
  const path = name.list;
  const cannot = (why: string) =>
    new CleanupFailure("Usage", `Cannot read the list ${quote(path)}: ${why}`);
  try {
    const { size } = await Deno.stat(path);
    if (size > LONGEST_LIST) throw cannot(`${size} bytes, more than ${LONGEST_LIST}`);
    return parseDeleteList(await Deno.readFile(path));
  } catch (error) {
    throw error instanceof CleanupFailure ? error : cannot(errorText(error));
  }
}
