/** The files that a plug-in is asked to remove. */
import { errorText } from "../errors.ts";
import { CleanupFailure } from "./failure.ts";
import { quote } from "./location.ts";
import type { Request } from "./plugin_options.ts";

/** Most bytes of a list: ten million names. */
const LONGEST_LIST = 1 << 30;

/** The names, as bytes. */
export async function namesOf({ name }: Request): Promise<readonly Uint8Array[]> {
  if (typeof name === "string") {
    // The runtime turns arguments into text, and what is none into this character.
    if (name.includes("\ufffd")) {
      throw new CleanupFailure(
        "NotDeleted",
        `Cannot remove ${quote(name)}: names that are no UTF-8 have to be in a -delete-list`,
      );
    }
    return [new TextEncoder().encode(name)];
  }
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
