import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AnnexError } from "../../../core/annex/errors.ts";
import { installFirewall } from "../../../core/annex/firewall/install.ts";
import { FirewallKeeper } from "../../../core/annex/firewall/keep.ts";
import { type AnnexSettings, DEFAULT_SETTINGS } from "../../../core/annex/settings.ts";
import { ends, TestHost } from "../test_host.ts";
import { allTools, probed } from "./fake_tools.ts";

function settings(some: Partial<AnnexSettings> = {}): AnnexSettings {
  return { ...DEFAULT_SETTINGS, ...some };
}

Deno.test("installFirewall() prefers nftables, and tries the rules after they are there", async () => {
  const { nft, ipv4, tools } = allTools();
  using host = new TestHost({ tools });
  const report = await installFirewall(host, settings());
  assertEquals([report.backend, report.verified], ["nft", true]);
  assertEquals(Object.keys(report.counters).toSorted(), [
    "forward-ipv4",
    "forward-ipv6",
    "output-ipv4",
    "output-ipv6",
  ]);
  assertEquals([nft.loads, ipv4.chains["OUTPUT"]], [1, []]);
  assertEquals(host.started.map(({ tool }) => tool), ["nft", "self", "nft"]);
});

Deno.test("installFirewall() falls back to iptables where nftables does not work or is missing", async () => {
  const { tools, ipv4, ipv6 } = allTools();
  using broken = new TestHost({ tools: { ...tools, nft: ends(1, "", "no such protocol") } });
  assertEquals((await installFirewall(broken, settings())).backend, "iptables");
  assertEquals([ipv4.chains["FORWARD"]?.length, ipv6.chains["OUTPUT"]?.length], [1, 1]);
  assertStringIncludes(broken.notes.join("\n"), "Falling back to iptables");
  const { nft: _, ...rest } = allTools().tools;
  using without = new TestHost({ tools: rest });
  const report = await installFirewall(without, settings());
  assertEquals([report.backend, report.counters["output-ipv4"]], ["iptables", 1]);
});

Deno.test("installFirewall() fails where no firewall tool is there, or none works", async () => {
  using none = new TestHost({ tools: { self: probed() } });
  const error = await assertRejects(() => installFirewall(none, settings()), AnnexError);
  assertEquals([error.code, error.retryable], ["no-tool", false]);
  assertStringIncludes(error.message, "there is no nft; iptables: ");
  const tools = { ...allTools().tools, nft: ends(1), iptables: ends(1) };
  using broken = new TestHost({ tools });
  assertEquals(
    (await assertRejects(() => installFirewall(broken, settings()), AnnexError)).code,
    "firewall-tool",
  );
});

Deno.test("installFirewall() takes no other backend than the one that was asked for", async () => {
  const { tools, nft, ipv4 } = allTools();
  using host = new TestHost({ tools });
  assertEquals(
    (await installFirewall(host, settings({ firewall: "iptables" }))).backend,
    "iptables",
  );
  assertEquals([nft.loads, ipv4.chains["OUTPUT"]?.length], [0, 1]);
  using broken = new TestHost({ tools: { ...allTools().tools, nft: ends(1) } });
  await assertRejects(() => installFirewall(broken, settings({ firewall: "nft" })), AnnexError);
  assertEquals(broken.started.map(({ tool }) => tool), ["nft"]);
});

Deno.test("installFirewall() fails, and removes nothing, when a probe gets through", async () => {
  const { tools, nft } = allTools();
  using host = new TestHost({
    tools: { ...tools, self: probed({ "fd00:ec2::254": "connected" }) },
  });
  const error = await assertRejects(() => installFirewall(host, settings()), AnnexError);
  assertEquals([error.code, nft.table === undefined], ["firewall-leak", false]);
});

Deno.test("installFirewall() goes without a firewall only when that is asked for twice", async () => {
  using host = new TestHost({ tools: allTools().tools });
  const off = settings({ firewall: "off" });
  const error = await assertRejects(() => installFirewall(host, off), AnnexError);
  assertEquals(error.code, "firewall-off");
  const report = await installFirewall(host, { ...off, firewall_required: false });
  assertEquals([report, host.started], [{ backend: "off", verified: false, counters: {} }, []]);
  assertStringIncludes(host.notes.join("\n"), "There is no firewall");
});

Deno.test("installFirewall() lets the listed users pass and probes as another", async () => {
  const { tools, nft } = allTools();
  using host = new TestHost({ tools });
  await installFirewall(host, settings({ firewall_allow_uids: [65534] }));
  assertStringIncludes(nft.table ?? "", "skuid { 0, 65534 } accept");
  assertEquals(host.started.find(({ tool }) => tool === "self")?.uid, 65533);
});

Deno.test("installFirewall() does without counters that cannot be read", async () => {
  const { tools, nft } = allTools();
  using host = new TestHost({
    tools: {
      ...tools,
      nft: (options) =>
        options.args[0] === "list" ? { code: 1, stdout: "", stderr: "" } : nft.run(options),
    },
  });
  assertEquals((await installFirewall(host, settings())).counters, {});
});

Deno.test("FirewallKeeper.check() leaves rules alone that are as they were", async () => {
  const { tools, nft } = allTools();
  using host = new TestHost({ tools });
  const keeper = new FirewallKeeper(host, settings());
  assertEquals([await keeper.check(), await keeper.check(), await keeper.check()], [
    false,
    false,
    false,
  ]);
  assertEquals([nft.loads, host.notes], [1, []]);
});

Deno.test("FirewallKeeper.check() puts back what was flushed or changed", async () => {
  const { tools, nft } = allTools();
  using host = new TestHost({ tools });
  const keeper = new FirewallKeeper(host, settings());
  await keeper.check();
  nft.table = undefined;
  assertEquals([await keeper.check(), nft.table !== undefined, nft.loads], [true, true, 2]);
  nft.table = (nft.table ?? "").replace("{ 0 }", "{ 0, 65534 }");
  assertEquals([await keeper.check(), await keeper.check(), nft.loads], [true, false, 3]);
  assertEquals(host.notes.length, 2);
});

Deno.test("FirewallKeeper.check() puts iptables' rules back in front", async () => {
  const { tools, ipv4 } = allTools();
  using host = new TestHost({ tools });
  const keeper = new FirewallKeeper(host, settings({ firewall: "iptables" }));
  await keeper.check();
  const [own] = ipv4.chains["FORWARD"]!;
  ipv4.chains["FORWARD"]!.unshift("-j DOCKER-USER");
  assertEquals([await keeper.check(), ipv4.chains["FORWARD"]?.[0]], [true, own]);
  ipv4.chains["OUTPUT"]!.length = 0;
  assertEquals([await keeper.check(), await keeper.check()], [true, false]);
});

Deno.test("FirewallKeeper.check() loads the rules again when a probe gets through, and fails if one still does", async () => {
  const { tools, nft } = allTools();
  let outcome = "refused";
  const self = (options: Parameters<ReturnType<typeof probed>>[0]) =>
    probed({ "169.254.169.254": outcome })(options);
  using host = new TestHost({ tools: { ...tools, self } });
  const keeper = new FirewallKeeper(host, settings());
  await keeper.check();
  outcome = "connected";
  await assertRejects(() => keeper.check(), AnnexError, "user 65534 reached 169.254.169.254");
  assertEquals(nft.loads, 2);
});

Deno.test("FirewallKeeper.check() does nothing where the firewall is off", async () => {
  using host = new TestHost({ tools: {} });
  const keeper = new FirewallKeeper(
    host,
    settings({ firewall: "off", firewall_required: false }),
  );
  assertEquals([await keeper.check(), await keeper.check(), host.started], [false, false, []]);
});
