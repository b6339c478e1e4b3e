/**
 * The functions of `@std/fs` that the project uses, with their signatures: npm's mirror of `@std`
 * lacks that package. Where JSR can be reached, the import map may name the original instead.
 */

/**
 * Makes a directory, and those above it, unless it is there.
 *
 * @param dir its path
 * @throws {Deno.errors.AlreadyExists} if something else is there
 */
export async function ensureDir(dir: string | URL): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
}

/**
 * Says whether there is something at a path; symbolic links are followed.
 *
 * @param path where to look
 */
export async function exists(path: string | URL): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
