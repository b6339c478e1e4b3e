import { assertEquals, assertRejects } from "@std/assert";
import { AnnexError } from "../../../core/annex/errors.ts";
import type { RunOptions, RunResult } from "../../../core/annex/host.ts";
import { probe } from "../../../core/annex/firewall/probe.ts";
import { verifyFirewall } from "../../../core/annex/firewall/verify.ts";
import { TestHost } from "../test_host.ts";
import { probed } from "./fake_tools.ts";

const V4 = "169.254.169.254";
const V6 = "fd00:ec2::254";

function failing(code: string) {
  return () => Promise.reject(Object.assign(new Error(code), { code }));
}

Deno.test("probe() tells a refusal from an address that cannot be reached and from anything else", async (t) => {
  const cases = {
    ECONNREFUSED: "refused",
    EACCES: "refused",
    EHOSTUNREACH: "unreachable",
    ENETUNREACH: "unreachable",
    EAFNOSUPPORT: "unreachable",
    EMFILE: "unknown",
  };
  for (const [code, outcome] of Object.entries(cases)) {
    await t.step(code, async () => {
      const { outcomes } = JSON.parse(await probe(failing(code)));
      assertEquals(outcomes, { [V4]: outcome, [V6]: outcome });
    });
  }
});

Deno.test("probe() takes a missing permission for no refusal", async () => {
  const refused = () => Promise.reject(new Deno.errors.NotCapable("Requires net access"));
  assertEquals(JSON.parse(await probe(refused)).outcomes, { [V4]: "unknown", [V6]: "unknown" });
});

Deno.test("probe() says who it is and to which address it came through", async () => {
  const answer = await probe((address) =>
    address === V6 ? Promise.resolve() : failing("ECONNREFUSED")()
  );
  assertEquals(answer.split("\n").length, 2);
  assertEquals(JSON.parse(answer), {
    uid: Deno.uid(),
    gid: Deno.gid(),
    outcomes: { [V4]: "refused", [V6]: "connected" },
  });
});

Deno.test("verifyFirewall() is content with refusals, silence and addresses out of reach", async () => {
  for (const outcome of ["refused", "unreachable", "no-answer"] as const) {
    using host = new TestHost({ tools: { self: probed({ [V6]: outcome }) } });
    assertEquals(await verifyFirewall(host, []), { [V4]: "refused", [V6]: outcome });
    const [started] = host.started;
    assertEquals([started?.tool, started?.args, started?.uid, started?.gid], [
      "self",
      ["probe"],
      65534,
      65534,
    ]);
  }
});

Deno.test("verifyFirewall() fails when either address was reached", async () => {
  for (const address of [V4, V6]) {
    using host = new TestHost({ tools: { self: probed({ [address]: "connected" }) } });
    const error = await assertRejects(() => verifyFirewall(host, []), AnnexError);
    assertEquals([error.code, error.message], [
      "firewall-leak",
      `Cannot keep jobs from the metadata service: user 65534 reached ${address}`,
    ]);
  }
});

Deno.test("verifyFirewall() probes as a user who may not pass", async () => {
  using host = new TestHost({ tools: { self: probed() } });
  await verifyFirewall(host, [65534, 65533, 1000]);
  assertEquals(host.started.map(({ uid }) => uid), [65532]);
});

Deno.test("verifyFirewall() takes whatever is no clear refusal for a failure", async (t) => {
  const good = { uid: 65534, gid: 65534, outcomes: { [V4]: "refused", [V6]: "refused" } };
  const cases: Record<string, Partial<RunResult>> = {
    "a probe that did not start": { code: 127 },
    "a probe that took too long": { code: 124, stdout: JSON.stringify(good) },
    "no report": { stdout: "" },
    "no JSON": { stdout: "Usage: condor-annex-ec2 {start}\n" },
    "null": { stdout: "null" },
    "a report without outcomes": { stdout: JSON.stringify({ uid: 65534, gid: 65534 }) },
    "outcomes of nothing": { stdout: JSON.stringify({ ...good, outcomes: {} }) },
    "a probe that stayed root": { stdout: JSON.stringify({ ...good, uid: 0 }) },
    "a probe in root's group": { stdout: JSON.stringify({ ...good, gid: 0 }) },
    "an outcome that is new": {
      stdout: JSON.stringify({ ...good, outcomes: { [V4]: "refused", [V6]: "maybe" } }),
    },
    "one address alone": {
      stdout: JSON.stringify({ ...good, outcomes: { [V4]: "refused" } }),
    },
  };
  for (const [name, result] of Object.entries(cases)) {
    await t.step(name, async () => {
      const self = (_: RunOptions) => ({ code: 0, stdout: "", stderr: "", ...result });
      using host = new TestHost({ tools: { self } });
      const error = await assertRejects(() => verifyFirewall(host, []), AnnexError);
      assertEquals(error.code, "firewall-untested");
    });
  }
});
