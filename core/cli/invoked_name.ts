/** The name a process was started under. */

/** Where an executable made by the npm linker leaves the name, before the program starts. */
const LINKED_NAME = Symbol.for("pinion.name");

/**
 * Finds the name this process was started under: as typed, so links keep their own name.
 *
 * @returns e.g. `./curl_plugin`
 */
export async function invokedName(): Promise<string> {
  // Loading node:process takes longer than everything else here, so it is the second choice.
  return linkedName() ?? (await import("node:process")).default.argv0;
}

/** The name that the linker's start code was told, where there is such code. */
export function linkedName(): string | undefined {
  const linked = (globalThis as { [LINKED_NAME]?: unknown })[LINKED_NAME];
  return typeof linked === "string" ? linked : undefined;
}
