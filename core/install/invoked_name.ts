/** The name a process was started under. */

/** Where an executable made by the npm linker leaves the name, before the program starts. */
const LINKED_NAME = Symbol.for("pinion.name");

/**
 * Finds the name this process was started under: as typed, so links keep their own name.
 *
 * @returns e.g. `./curl_plugin`
 */
export async function invokedName(): Promise<string> {
  const linked = (globalThis as { [LINKED_NAME]?: unknown })[LINKED_NAME];
  if (typeof linked === "string") return linked;
  // Loading node:process takes longer than everything else here, so it is the second choice.
  return (await import("node:process")).default.argv0;
}
