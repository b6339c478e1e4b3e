import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { AnnexState, BootSteps } from "../../core/annex/contracts.ts";
import { expectedOwner } from "../../core/annex/fetch.ts";
import { limitedHost } from "../../core/annex/limited_host.ts";
import { refresh } from "../../core/annex/refresh.ts";
import type { Services } from "../../core/annex/services.ts";
import { DEFAULT_SETTINGS } from "../../core/annex/settings.ts";
import { BOOT_STEPS } from "../../core/annex/steps.ts";
import { TestHost } from "./test_host.ts";

const FACTS = {
  instanceId: "i-0123456789abcdef0",
  publicIp: "",
  region: "us-east-1",
  accountId: "123456789012",
  partition: "aws",
  dnsSuffix: "amazonaws.com",
};
const STATE: AnnexState = {
  version: 1,
  program: "x",
  instanceId: FACTS.instanceId,
  annexName: "n",
  nameSource: "tag",
  bucket: "bucket",
  key: "key",
  etag: '"e"',
  sha256: "0".repeat(64),
  files: [],
  firewall: { backend: "nft", verified: true, counters: {} },
  installedAt: "2026-11-01T00:00:00Z",
  startedAt: "2026-11-01T00:00:00Z",
};
const options = {
  facts: FACTS,
  settings: DEFAULT_SETTINGS,
  services: { s3Endpoint: undefined } as Services,
};

/** A download that never ends by itself. */
function stuck(): { steps: BootSteps; begun: Promise<void> } {
  const begun = Promise.withResolvers<void>();
  return {
    begun: begun.promise,
    steps: {
      ...BOOT_STEPS,
      downloadArchive: ({ signal }) =>
        new Promise((_, reject) => {
          begun.resolve();
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    },
  };
}

Deno.test("refresh() keeps what is installed when the question takes too long", async () => {
  using host = new TestHost();
  const { steps } = stuck();
  assertEquals(await refresh(host, steps, { state: STATE, options, limitMs: 20 }), {
    bucket: "bucket",
    key: "key",
    etag: '"e"',
    sha256: STATE.sha256,
    files: [],
  });
  assertMatch(host.notes[0]!, /no answer after 0\.02 s/);
});

Deno.test("refresh() ends with the host's signal", async () => {
  const stop = new AbortController();
  using host = new TestHost({ signal: stop.signal });
  const { steps, begun } = stuck();
  const run = refresh(host, steps, { state: STATE, options });
  await begun;
  stop.abort(new Error("stopped"));
  await assertRejects(() => run, Error, "stopped");
});

Deno.test("refresh() asks with the tag of what is installed, and for its account's bucket", async () => {
  using host = new TestHost();
  const plans: unknown[] = [];
  const steps: BootSteps = {
    ...BOOT_STEPS,
    downloadArchive(_, plan) {
      plans.push(plan);
      return Promise.resolve({ kind: "not-modified" });
    },
  };
  await refresh(host, steps, { state: STATE, options });
  assertEquals(plans, [{
    bucket: "bucket",
    key: "key",
    region: "us-east-1",
    dnsSuffix: "amazonaws.com",
    endpoint: undefined,
    expectedOwner: "123456789012",
    etag: '"e"',
  }]);
});

Deno.test("expectedOwner() is the instance's account, none, or the one that is set", () => {
  for (
    const [setting, owner] of [["auto", "123456789012"], ["off", undefined], [
      "210987654321",
      "210987654321",
    ]]
  ) {
    const settings = { ...DEFAULT_SETTINGS, expected_bucket_owner: setting! };
    assertEquals(expectedOwner(settings, FACTS), owner);
  }
});

Deno.test("limitedHost() is the same machine with one more end", async () => {
  using host = new TestHost({ env: { A: "1" }, files: { "/sys/x": "y" }, tools: {} });
  const limit = new AbortController();
  const limited = limitedHost(host, limit.signal);
  limited.out("a");
  limited.hide("secret-value");
  limited.note("secret-value");
  assertEquals([host.printed, host.notes, limited.env("A")], ["a", ["..."], "1"]);
  assertEquals([await limited.readSystem("/sys/x"), await limited.listSystem("/sys")], ["y", [
    "x",
  ]]);
  assertEquals([limited.root, limited.boot, await limited.hasTool("nft")], [
    host.root,
    false,
    false,
  ]);
  await assertRejects(() => limited.run("nft", { args: [], timeoutMs: 1 }));
  limit.abort();
  assertEquals([limited.signal.aborted, host.signal.aborted], [true, false]);
});
