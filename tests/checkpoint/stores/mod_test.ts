import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openOwn, OWN_BACK_ENDS } from "../../../core/checkpoint/stores/mod.ts";
import type { StoreContext } from "../../../core/checkpoint/store.ts";
import { UsageError } from "../../../core/errors.ts";
import { assertFails } from "./contract.ts";

const LOCAL = "cleanup_locally_mounted_checkpoint";
const WORDS = ["-prefix", "x://h/", "-path", "/nonexistent"];

const CONTEXT: StoreContext = {
  env: () => undefined,
  parallel: 1,
  user: undefined,
  jobAd: () => Promise.resolve(undefined),
  verbose: () => {},
};

Deno.test("each back-end is known by the name of its program, which is an executable", async () => {
  const executables = [...Deno.readDirSync(fromFileUrl(new URL("../../../cmd", import.meta.url)))]
    .map(({ name }) => name.replace(/\.ts$/, ""));
  for (const [name, load] of OWN_BACK_ENDS) {
    assertEquals((await load()).program.name, name);
    assertEquals(executables.includes(name), true, name);
  }
  assertEquals(
    [...OWN_BACK_ENDS.keys()].toSorted(),
    executables.filter((name) => name.startsWith("cleanup_")).toSorted(),
  );
});

Deno.test("openOwn() takes a line's words, common options among them", async () => {
  await using store = await openOwn(LOCAL, [...WORDS, "-retries", "5", "-verbose"], CONTEXT);
  assertEquals(typeof store.leftovers, "function");
});

Deno.test("openOwn() refuses what the plug-in would refuse", async () => {
  for (const words of [[], [...WORDS, "-no-such"], [...WORDS, "-retries", "x"], ["-from", "x"]]) {
    await assertRejects(() => openOwn(LOCAL, words, CONTEXT), UsageError);
  }
  await assertRejects(() => openOwn("cleanup_no_such", WORDS, CONTEXT), RangeError);
});

Deno.test("openOwn() opens nothing that a dry run asks for", async () => {
  await assertFails(() => openOwn(LOCAL, [...WORDS, "-dry-run"], CONTEXT), "NotDeleted");
});
