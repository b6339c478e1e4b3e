import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { Config, ConfigError } from "../../../core/config/mod.ts";
import { PRODUCER_KNOBS } from "../../../core/credentials/producer/knobs.ts";
import { runProducer } from "../../../core/credentials/producer/producer.ts";
import { UsageError } from "../../../core/errors.ts";
import { built } from "../../build/built.ts";
import { run } from "../../build/probe.ts";

/** Runs the producer with some knobs set. */
async function produce(
  args: readonly string[],
  settings: Readonly<Record<string, string>> | ConfigError = {},
) {
  let stdout = "";
  const notes: string[] = [];
  const status = await runProducer(args, {
    out: (text) => void (stdout += text),
    note: (line) => void notes.push(line),
    config() {
      if (settings instanceof ConfigError) return Promise.reject(settings);
      const find = (name: string) =>
        Object.hasOwn(settings, name) ? { value: settings[name]!, origin: "a:1" } : undefined;
      return Promise.resolve(new Config(PRODUCER_KNOBS, find));
    },
  });
  return { status, stdout, notes };
}

const REQUEST = "SciTokens credential request\n";

Deno.test("runProducer() prints the bytes of HTCondor 8.8", async () => {
  assertEquals(await produce([]), { status: 0, stdout: REQUEST, notes: [] });
});

const ANSWERS: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{ LOCAL_CREDMON_PRODUCER_MODE: "request" }, REQUEST],
  [{ LOCAL_CREDMON_PRODUCER_MODE: "local" }, "LOCAL:scitokens"],
  [{ LOCAL_CREDMON_PRODUCER_MODE: "Local", LOCAL_CREDMON_PROVIDER_NAME: "mine" }, "LOCAL:mine"],
  [{
    LOCAL_CREDMON_PRODUCER_MODE: "local",
    LOCAL_CREDMON_PROVIDER_NAME: "old",
    LOCAL_CREDMON_PROVIDER_NAMES: "first, second",
  }, "LOCAL:first"],
  [{ LOCAL_CREDMON_PROVIDER_NAMES: "first" }, REQUEST],
];
for (const [settings, stdout] of ANSWERS) {
  Deno.test(`runProducer() prints ${JSON.stringify(stdout)} with ${JSON.stringify(settings)}`, async () => {
    assertEquals(await produce([], settings), { status: 0, stdout, notes: [] });
  });
}

Deno.test("runProducer() prints the provider asked for, whatever the configuration", async () => {
  for (const form of [["-provider", "x-1"], ["--provider=x-1"]]) {
    assertEquals((await produce(form, { LOCAL_CREDMON_PRODUCER_MODE: "?" })).stdout, "LOCAL:x-1");
    assertEquals((await produce(form, new ConfigError("no"))).stdout, "LOCAL:x-1");
  }
});

const NAMES = ["", "a b", "a\nb", "../x", "a_b", "x".repeat(65), "ä", "a\u0000"];
for (const name of NAMES) {
  Deno.test(`runProducer() prints nothing for the provider ${JSON.stringify(name)}`, async () => {
    await assertRejects(() => produce(["-provider", name]), UsageError, "-provider");
    const settings = {
      LOCAL_CREDMON_PRODUCER_MODE: "local",
      LOCAL_CREDMON_PROVIDER_NAME: name,
    };
    const { status, stdout, notes } = await produce([], settings);
    assertEquals([status, stdout, notes.length], [1, "", 1]);
    assertMatch(
      notes[0]!,
      /^scitokens_credential_producer: a:1: Cannot use LOCAL_CREDMON_PROVIDER_NAME: [\x20-\x7e]*$/,
    );
  });
}

Deno.test("runProducer() prints nothing when the configuration cannot be used", async () => {
  const unknown = await produce([], { LOCAL_CREDMON_PRODUCER_MODE: "both" });
  assertEquals([unknown.status, unknown.stdout], [1, ""]);
  assertStringIncludes(unknown.notes[0]!, '"both": not request or local');
  const unread = await produce([], new ConfigError("Cannot read it", "b:2"));
  assertEquals(unread, {
    status: 1,
    stdout: "",
    notes: ["scitokens_credential_producer: b:2: Cannot read it"],
  });
});

const VERSIONS: readonly (readonly [string, boolean])[] = [
  ["8.8.17", false],
  ["8.9.6", false],
  ["8.9.7", true],
  ["8.9.10", true],
  ["8.10.0", true],
  ["9.0.0", true],
  ["25.14.1", true],
  ["7.99.99", false],
  ["", false],
  ["unknown", false],
  ["9", false],
];
for (const [version, isNamed] of VERSIONS) {
  Deno.test(`runProducer() ${isNamed ? "names" : "does not name"} the successor for "${version}"`, async () => {
    const { status, stdout, notes } = await produce([], { CONDOR_VERSION: version });
    assertEquals([status, stdout, notes.length], [0, REQUEST, isNamed ? 1 : 0]);
    if (isNamed) assertStringIncludes(notes[0]!, "LOCAL_CREDMON_PROVIDER_NAMES");
  });
}

Deno.test("runProducer() prints whole answers or nothing, in one way or the other", async () => {
  await fc.assert(fc.asyncProperty(
    fc.record({
      LOCAL_CREDMON_PRODUCER_MODE: fc.oneof(fc.string(), fc.constantFrom("local", "request")),
      LOCAL_CREDMON_PROVIDER_NAMES: fc.string(),
      LOCAL_CREDMON_PROVIDER_NAME: fc.string(),
      CONDOR_VERSION: fc.string(),
    }),
    async (settings) => {
      const { status, stdout } = await produce([], settings);
      if (status === 0) assertMatch(stdout, /^(SciTokens credential request\n|LOCAL:[\w-]+)$/);
      else assertEquals(stdout, "");
    },
  ));
});

Deno.test("scitokens_credential_producer prints the same when it is run", async () => {
  const path = await built("scitokens_credential_producer");
  const env = { CONDOR_CONFIG: "ONLY_ENV" };
  assertEquals((await run(path, [], { env })).stdout, REQUEST);
  const local = { ...env, _CONDOR_LOCAL_CREDMON_PRODUCER_MODE: "local" };
  const { code, stdout, stderr } = await run(path, [], { env: local });
  assertEquals([code, stdout, stderr], [0, "LOCAL:scitokens", ""]);
  const wrong = await run(path, ["-provider", "a/b"], { env });
  assertEquals([wrong.code, wrong.stdout], [1, ""]);
});
