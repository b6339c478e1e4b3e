/** Looking at what may not be there. */

/**
 * What is at a path, a symbolic link itself; undefined when nothing is.
 *
 * @throws what the runtime throws, but for a path where nothing is
 */
export async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
