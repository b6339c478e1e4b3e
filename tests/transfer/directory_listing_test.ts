import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DirectoryListing } from "../../core/transfer/directory_listing.ts";

Deno.test("DirectoryListing sees the same whether it asks for names or reads the directory", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(directory, "file"), "");
    await Deno.symlink("nowhere", join(directory, "link"));
    const listing = new DirectoryListing();
    for (let i = 0; i < 100; i++) {
      assertEquals(listing.look(join(directory, `missing${i}`)), undefined);
      assertEquals(listing.look(join(directory, "file"))?.isFile, true);
      assertEquals(listing.look(join(directory, "link"))?.isSymlink, true);
    }
    assertEquals([listing.has(directory), listing.has(join(directory, "x"))], [true, false]);
    assertEquals(listing.look(join(directory, "x", "y")), undefined);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
