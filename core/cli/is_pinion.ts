/** Telling our executables from other files. */

/** The linker puts this line into each program, which lies at the end of the executable. */
export const MARK = "pinion executable 6f1d0c52-7a1e-4a4e-9d0b-3d5b0f0c8e11";

/** Bytes at the end of a file that are searched: more than any program and what follows it. */
const TAIL = 4 << 20;

/**
 * Says whether a file is an executable made by this project, whatever its version and role.
 *
 * @param path the file; symbolic links are followed
 * @returns false also for what is no file, or is not there
 */
export async function isPinion(path: string): Promise<boolean> {
  const status = await Deno.stat(path).catch(() => undefined);
  if (!status?.isFile) return false;
  using file = await Deno.open(path);
  await file.seek(Math.max(0, status.size - TAIL), Deno.SeekMode.Start);
  const tail = new Uint8Array(Math.min(TAIL, status.size));
  let filled = 0;
  for (let n; (n = await file.read(tail.subarray(filled))) !== null && n > 0;) filled += n;
  // Every byte becomes one character, so nothing in the machine code around it can matter.
  return new TextDecoder("latin1").decode(tail.subarray(0, filled)).includes(MARK);
}
