import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { baseOf, type JobLocation } from "../../../core/checkpoint/location.ts";
import { commandBackEnd } from "../../../core/checkpoint/stores/command.ts";
import type { Store } from "../../../core/checkpoint/store.ts";
import { UsageError } from "../../../core/errors.ts";
import { assertFails, contract, GONE, removeFrom } from "./contract.ts";
import { localFixture } from "./local_fixture.ts";
import { sshContext } from "./ssh_fixture.ts";

const LOCATION: JobLocation = { destination: "x://host/d", gid: "ap_1.0_1" };
const BASE = baseOf(LOCATION, "0000");

function open(words: readonly string[]): Promise<Store> {
  return commandBackEnd.open(words, sshContext());
}

/** A command of the shell, with a file's path as `$1`. */
function shell(script: string, ...more: readonly string[]): string[] {
  const words = ["-c", script, "sh", "{path}"].flatMap((word) => ["-arg", word]);
  return ["-command", "sh", ...words, ...more];
}

/** The URLs of the fixture begin with `x://h/vo`, and its directory is another. */
async function fixture(make: (dir: string) => string[]) {
  const local = await localFixture();
  const store = await open(make(`${local.root}/store`));
  return { ...local, store, directories: undefined as never, makeDirectory: undefined as never };
}

contract(
  "CommandStore",
  async () => await fixture((dir) => ["-command", "rm", "-arg", "-f", "-arg", `${dir}{path}`]),
  {
    holdsBytes: true,
  },
);

contract("CommandStore with a list", async () =>
  await fixture((dir) => [
    ...["-command", "rm", "-arg", "-f", "-arg", `${dir}{path}`],
    ...["-batch-command", "sh", "-batch-arg", "-c", "-batch-arg"],
    ...[`cd ${dir} && sed -z s/^/./ "$1" | xargs -0 rm -f --`, "-batch-arg", "sh"],
    ...["-batch-arg", "{list}", "-list-format", "path0"],
  ]), { holdsBytes: true });

Deno.test("CommandStore goes by the exit status and by what is said", async () => {
  const ask = async (script: string, ...more: string[]) =>
    (await removeFrom(await open(shell(script, ...more)), BASE, { names: ["a"] }))[0];
  assertEquals(await ask("exit 0"), GONE);
  assertEquals(await ask("exit 2"), "NotDeleted");
  assertEquals(await ask("exit 75"), "Transient");
  assertEquals(await ask("kill -9 $$"), "NotDeleted");
  assertEquals(await ask("exit 54", "-ok-exit", "7", "-ok-exit", "54"), GONE);
  assertEquals(await ask("echo no such file >&2; exit 1", "-missing-regex", "no.such.file"), GONE);
  assertEquals(await ask("sleep 60", "-command-timeout", "1"), "Transient");
});

Deno.test("CommandStore gives names on as single arguments", async () => {
  const dir = await Deno.makeTempDir({ prefix: "pinion-command-" });
  try {
    const words = ["{url}", "{base}", "{name}", "{gid}", "{number}", "{path}", "{host}", "{x}"];
    const store = await open([
      ...["-command", "sh", "-arg", "-c", "-arg", `printf '%s|' "$@" >${dir}/seen`, "-arg", "sh"],
      ...words.flatMap((word) => ["-arg", `<${word}`]),
    ]);
    assertEquals(await removeFrom(store, BASE, { names: ["a b/$(id)\n"] }), [GONE]);
    assertEquals(
      await Deno.readTextFile(`${dir}/seen`),
      "<x://host/d/ap_1.0_1/0000/a b/$(id)\n|<x://host/d/ap_1.0_1/0000|<a b/$(id)\n|<ap_1.0_1|<0000|" +
        "</d/ap_1.0_1/0000/a b/$(id)\n|<host|<{x}|",
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("CommandStore refuses names that would be options", async () => {
  const store = await open(["-command", "true", "-arg", "{name}"]);
  assertEquals(await removeFrom(store, BASE, { names: ["-rf", "a"] }), ["Unsafe", GONE]);
});

Deno.test("CommandStore says what a list could not hold, and fails as a whole", async () => {
  const list = (program: string) => open(["-batch-command", program, "-batch-arg", "{list}"]);
  const names = ["a", "new\nline"];
  assertEquals(await removeFrom(await list("true"), BASE, { names }), [GONE, "NotDeleted"]);
  const store = await list("false");
  const { message } = await assertFails(() => removeFrom(store, BASE, { names }), "NotDeleted");
  assertStringIncludes(message, "ended with 1");
});

Deno.test("commandBackEnd refuses what makes no command", async () => {
  for (
    const words of [
      [],
      ["-command", "true"],
      ["-arg", "{url}"],
      ["-command", "true", "-arg", "{list}{url}"],
      ["-batch-command", "true"],
      ["-command", "true", "-arg", "{url}", "-ok-exit", "256"],
      ["-command", "true", "-arg", "{url}", "-missing-regex", "(a+)+b"],
      ["-command", "true", "-arg", "{url}", "-missing-regex", "("],
      ["-command", "true", "-arg", "{url}", "-list-format", "lines"],
    ]
  ) assertThrows(() => open(words), UsageError);
  await assertFails(
    async () => await open(["-command", "no-such-program", "-arg", "{url}"]),
    "StoreUnavailable",
  );
  await assertRejects(async () => await open(["-command", "./true", "-arg", "{url}"]));
});
