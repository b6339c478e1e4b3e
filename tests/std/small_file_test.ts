import { assertEquals, assertThrows } from "@std/assert";
import { readSmallFile, UnusableFile } from "../../core/std/small_file.ts";

/** A folder for one test. */
function inFolder(work: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync({ prefix: "pinion-small-" });
  try {
    work(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("readSmallFile() reads all of a file, through links", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/a`, "\ufeffA\0é\n");
    Deno.symlinkSync("a", `${folder}/b`);
    assertEquals(readSmallFile(`${folder}/b`, { limit: 100 }), "\ufeffA\0é\n");
    Deno.writeFileSync(`${folder}/a`, Uint8Array.of(0x41, 0xff));
    assertEquals(readSmallFile(`${folder}/a`, { limit: 2 }), "A\ufffd");
  }));

Deno.test("readSmallFile() refuses what is too large, strange or not to the caller's mind", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/a`, "123");
    new Deno.Command("mkfifo", { args: [`${folder}/fifo`] }).outputSync();
    const refused = (path: string, objection?: () => string) =>
      assertThrows(
        () => readSmallFile(path, { limit: 2, ...(objection && { objection }) }),
        UnusableFile,
      ).message;
    assertEquals(refused(`${folder}/a`), "3 bytes are more than 2");
    assertEquals(refused(folder), "not a regular file");
    assertEquals(refused(`${folder}/fifo`), "not a regular file");
    Deno.truncateSync(`${folder}/a`, 1);
    assertEquals(refused(`${folder}/a`, () => "not mine"), "not mine");
    assertThrows(() => readSmallFile(`${folder}/none`, { limit: 2 }), Deno.errors.NotFound);
  }));
