import { assertEquals, assertRejects } from "@std/assert";
import { AnnexError } from "../../../core/annex/errors.ts";
import {
  countIptables,
  ensureIptables,
  parseListing,
} from "../../../core/annex/firewall/iptables.ts";
import { ends, TestHost } from "../test_host.ts";
import { allTools } from "./fake_tools.ts";

const OUTPUT4 =
  "-d 169.254.169.254/32 -m owner ! --uid-owner 0 -j REJECT --reject-with icmp-port-unreachable";
const FORWARD4 = "-d 169.254.169.254/32 -j REJECT --reject-with icmp-port-unreachable";
const OUTPUT6 =
  "-d fd00:ec2::254/128 -m owner ! --uid-owner 0 -j REJECT --reject-with icmp6-port-unreachable";
const FORWARD6 = "-d fd00:ec2::254/128 -j REJECT --reject-with icmp6-port-unreachable";
const GLOBAL = "fd000ec2000000000000000000000002 04 40 00 82     eth0\n";

Deno.test("ensureIptables() inserts each rule once, of both families, however often it runs", async () => {
  const { ipv4, ipv6, tools } = allTools();
  using host = new TestHost({ tools });
  const changes = [];
  for (let run = 0; run < 5; run++) changes.push(await ensureIptables(host, []));
  assertEquals(changes, [4, 0, 0, 0, 0]);
  assertEquals(ipv4.chains, { OUTPUT: [OUTPUT4], FORWARD: [FORWARD4] });
  assertEquals(ipv6.chains, { OUTPUT: [OUTPUT6], FORWARD: [FORWARD6] });
});

Deno.test("ensureIptables() puts its rules before those that others inserted since", async () => {
  const { ipv4, tools } = allTools();
  using host = new TestHost({ tools });
  await ensureIptables(host, []);
  ipv4.chains["FORWARD"]!.unshift("-i docker0 ! -o docker0 -j ACCEPT");
  assertEquals(await ensureIptables(host, []), 1);
  assertEquals(ipv4.chains["FORWARD"], [FORWARD4, "-i docker0 ! -o docker0 -j ACCEPT"]);
  assertEquals(await ensureIptables(host, []), 0);
});

Deno.test("ensureIptables() takes away the copies that an earlier script appended", async () => {
  const { ipv4, tools } = allTools();
  using host = new TestHost({ tools });
  ipv4.chains["OUTPUT"]!.push("-p tcp -j LOG", ...Array(5).fill(OUTPUT4));
  await ensureIptables(host, []);
  assertEquals(ipv4.chains["OUTPUT"], [OUTPUT4, "-p tcp -j LOG"]);
});

Deno.test("ensureIptables() replaces the rule for other users when the users change", async () => {
  const { ipv4, tools } = allTools();
  using host = new TestHost({ tools });
  const rule = (uids: readonly number[]) =>
    OUTPUT4.replace(
      "-m owner ! --uid-owner 0",
      uids.map((uid) => `-m owner ! --uid-owner ${uid}`).join(" "),
    );
  await ensureIptables(host, [1000, 7]);
  assertEquals(ipv4.chains["OUTPUT"], [rule([0, 7, 1000])]);
  await ensureIptables(host, []);
  assertEquals(ipv4.chains["OUTPUT"], [rule([0])]);
});

Deno.test("ensureIptables() needs ip6tables only where the machine speaks IPv6", async (t) => {
  const route = (device: string) =>
    `${"0".repeat(32)} 00 ${"0".repeat(32)} 00 fd00${"0".repeat(27)}1 00000400 00000002 ` +
    `00000000 00000003     ${device}\n`;
  const linkLocal = "fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n";
  const cases = [
    ["nothing", {}, true],
    ["an address of the link alone", { "/proc/net/if_inet6": linkLocal }, true],
    ["the route that refuses", { "/proc/net/ipv6_route": route("lo") }, true],
    ["a global address", { "/proc/net/if_inet6": linkLocal + GLOBAL }, false],
    ["a default route", { "/proc/net/ipv6_route": route("lo") + route("eth0") }, false],
  ] as const;
  for (const [name, files, works] of cases) {
    await t.step(name, async () => {
      const { ip6tables: _, ...tools } = allTools().tools;
      using host = new TestHost({ tools, files });
      if (works) return void assertEquals(await ensureIptables(host, []), 2);
      const error = await assertRejects(() => ensureIptables(host, []), AnnexError);
      assertEquals([error.code, error.message], [
        "no-tool",
        "Cannot install the firewall: there is no ip6tables",
      ]);
    });
    await t.step(`${name}, where ip6tables has no tables`, async () => {
      const tools = { ...allTools().tools, ip6tables: ends(3, "", "can't initialize") };
      using host = new TestHost({ tools, files });
      if (works) return void assertEquals(await ensureIptables(host, []), 2);
      const error = await assertRejects(() => ensureIptables(host, []), AnnexError);
      assertEquals(error.code, "firewall-tool");
    });
  }
});

Deno.test("ensureIptables() fails where a rule cannot be inserted or moved", async () => {
  const { tools, ipv4 } = allTools();
  using broken = new TestHost({
    tools: {
      ...tools,
      iptables: (options) =>
        options.args.includes("-I")
          ? { code: 4, stdout: "", stderr: "Another app holds the lock" }
          : ipv4.run(options),
    },
  });
  const error = await assertRejects(() => ensureIptables(broken, []), AnnexError, "status 4");
  assertEquals(error.code, "firewall-tool");

  const more = allTools();
  more.ipv4.chains["OUTPUT"]!.push("-j ACCEPT", OUTPUT4);
  using stuck = new TestHost({ tools: { ...more.tools, "iptables-restore": ends(2) } });
  await assertRejects(() => ensureIptables(stuck, []), AnnexError, "iptables-restore");
  assertEquals(more.ipv4.chains["OUTPUT"], ["-j ACCEPT", OUTPUT4]);

  using none = new TestHost({ tools: {} });
  await assertRejects(() => ensureIptables(none, []), AnnexError, "there is no iptables");
});

Deno.test("parseListing() finds its own rules and nobody else's", () => {
  const lines = [
    "# Warning: iptables-legacy tables present, use iptables-legacy to see them",
    "-P OUTPUT ACCEPT -c 9 9",
    "-A OUTPUT -d 169.254.169.254/32 -c 1 1 -j ACCEPT",
    "-A OUTPUT -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -c 1 1 -j REJECT",
    "-A OUTPUT -d 169.254.169.254/32 -m owner --uid-owner 5 -c 1 1 -j REJECT",
    '-A OUTPUT -d 169.254.169.254/32 -m comment --comment "-j REJECT" -c 1 1 -j LOG',
    "-A OUTPUT -d 169.254.0.0/16 -c 1 1 -j REJECT --reject-with icmp-port-unreachable",
    "-A OUTPUT -d 169.254.169.254/32 -m owner ! --uid-owner 0 -c 12 720 -j REJECT --reject-with icmp-port-unreachable",
    "",
  ];
  assertEquals(parseListing(lines.join("\n"), "ipv4"), [
    { index: 5, words: OUTPUT4.split(" "), packets: 12 },
  ]);
  assertEquals(parseListing(lines.join("\n"), "ipv6"), []);
});

Deno.test("countIptables() names chain and family", async () => {
  const { tools } = allTools();
  using host = new TestHost({ tools });
  await ensureIptables(host, []);
  assertEquals(await countIptables(host), {
    "output-ipv4": 1,
    "forward-ipv4": 1,
    "output-ipv6": 1,
    "forward-ipv6": 1,
  });
});
