/**
 * The npm linker: makes one executable file of a bundled program and the `deno` binary that npm
 * carries, by adding one segment to the ELF file. When the process starts, a stub in that segment
 * puts `run FLAGS data:… PROGRAM` before the user's arguments, so nothing is unpacked and nothing is read
 * but the file itself.
 */

import { placeSegment, readElf, replaceNote } from "./elf.ts";
import { makeInjection } from "./program_image.ts";
import type { Program } from "./program_image.ts";
import { ENTRY, makeSegment } from "./segment.ts";

/**
 * Writes an executable.
 *
 * @param program what it is to run
 * @param options.output path of the executable to make; replaced if it exists
 * @param options.base path of the `deno` binary
 * @throws {ElfError} if the base is not an executable this linker knows
 */
export async function linkWithNpmDeno(
  program: Program,
  { output, base }: { output: string; base: string },
): Promise<void> {
  const file = await Deno.readFile(base);
  const elf = readElf(file);
  const place = placeSegment(elf, file.length);
  const segment = makeSegment(makeInjection(program), { elf, place });
  const head = replaceNote(file, { elf, place, size: segment.length, entry: ENTRY });

  // The copy is made by the kernel, which shares the blocks where the file system can.
  const draft = `${output}.part`;
  await Deno.copyFile(base, draft);
  try {
    await Deno.chmod(draft, 0o755);
    using out = await Deno.open(draft, { write: true });
    await writeAt(out, 0, head);
    await writeAt(out, place.offset, segment);
  } catch (error) {
    await Deno.remove(draft);
    throw error;
  }
  await Deno.rename(draft, output);
}

async function writeAt(file: Deno.FsFile, offset: number, data: Uint8Array): Promise<void> {
  await file.seek(offset, Deno.SeekMode.Start);
  for (let done = 0; done < data.length;) done += await file.write(data.subarray(done));
}
