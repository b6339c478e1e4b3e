/** The rules in a real kernel, between namespaces that play instance, metadata service, container. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { AnnexError } from "../../../core/annex/errors.ts";
import { installFirewall } from "../../../core/annex/firewall/install.ts";
import { FirewallKeeper } from "../../../core/annex/firewall/keep.ts";
import { METADATA_ADDRESSES } from "../../../core/annex/firewall/rules.ts";
import { type AnnexSettings, DEFAULT_SETTINGS } from "../../../core/annex/settings.ts";
import type { Tool } from "../../../core/annex/tools.ts";
import { finish, makeNetwork, missing as noNetwork, type Network } from "../../servers/netns.ts";
import { joinMissing, missingPackages } from "../../servers/process.ts";
import { type FakeTool, TestHost } from "../test_host.ts";

const { ipv4: V4, ipv6: V6 } = METADATA_ADDRESSES;
const NOBODY = 65534;
const FIREWALL_TOOLS = [
  "nft",
  "iptables",
  "iptables-restore",
  "ip6tables",
  "ip6tables-restore",
] as const satisfies readonly Tool[];

const missing = joinMissing(
  noNetwork,
  missingPackages({ nftables: "/usr/sbin/nft", iptables: "/usr/sbin/iptables" }),
);

function firewallTest(name: string, fn: (scene: Scene) => Promise<void>, more = ""): void {
  const lacks = joinMissing(missing, more);
  const ignore = lacks !== "";
  Deno.test({
    name: ignore ? `${name} (ignored: needs ${lacks})` : name,
    ignore,
    fn: async () => {
      await using scene = await makeScene();
      await fn(scene);
    },
  });
}

interface Scene extends AsyncDisposable {
  readonly network: Network;
  /** The instance, with the kernel's tools; without those that are named. */
  host(without?: readonly Tool[]): TestHost;
  /** The instance with the iptables of before nftables, as older systems have it. */
  legacyHost(): TestHost;
  /** Who gets an answer from the metadata service, as `who address` each. */
  reached(): Promise<string[]>;
}

async function makeScene(): Promise<Scene> {
  await using made = new AsyncDisposableStack();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    return new Response("i-0123456789abcdef0");
  });
  made.defer(() => server.shutdown());
  const network = made.use(await makeNetwork());
  const at = [V4, V6].map((hostname) => ({ hostname, port: 80 }));
  await network.expose("imds", at, { hostname: "127.0.0.1", port: server.addr.port });

  const dir = await Deno.makeTempDir({ prefix: "pinion-firewall-" });
  made.defer(() => Deno.remove(dir, { recursive: true }));
  const self = await publicRuntime(dir);
  const main = new URL("testdata/probe_main.ts", import.meta.url).pathname;

  const runIn = (words: readonly string[]): FakeTool => ({ args, stdin, uid }) =>
    network.run("inst", [...words, ...args], {
      ...(stdin !== undefined && { stdin }),
      ...(uid !== undefined && { uid }),
      env: { DENO_DIR: join(dir, "cache") },
    });
  const hosts = made.adopt<TestHost[]>([], (all) => {
    for (const host of all) host[Symbol.dispose]();
  });
  const makeHost = (programs: Readonly<Record<string, string>>) => {
    const tools: Partial<Record<Tool, FakeTool>> = Object.fromEntries(
      Object.entries(programs).map(([tool, name]) => [tool, runIn([`/usr/sbin/${name}`])]),
    );
    tools.self = ({ args: _, ...options }) =>
      runIn([self, "run", "--no-config", "--no-lock", "--allow-net", "--allow-sys", main])({
        ...options,
        args: [],
      });
    const one = new TestHost({ tools });
    one.readSystem = async (path) => {
      const { code, stdout } = await network.run("inst", ["/bin/cat", path]);
      return code === 0 ? stdout : undefined;
    };
    hosts.push(one);
    return one;
  };
  const host = (without: readonly Tool[] = []) =>
    makeHost(Object.fromEntries(
      FIREWALL_TOOLS.filter((tool) => !without.includes(tool)).map((tool) => [tool, tool]),
    ));
  const legacyHost = () =>
    makeHost(Object.fromEntries(
      FIREWALL_TOOLS.filter((tool) => tool !== "nft")
        .map((tool) => [tool, tool.replace("tables", "tables-legacy")]),
    ));
  const reached = async () => {
    const who = [["root", "inst", 0], ["nobody", "inst", NOBODY], [
      "container",
      "cont",
      0,
    ]] as const;
    const all = await Promise.all(
      who.flatMap(([name, place, uid]) =>
        [V4, V6].map(async (address) => {
          const get =
            `exec 3<>"/dev/tcp/${address}/80" && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;
          const words = ["/usr/bin/timeout", "5", "/bin/bash", "-c", get];
          const { stdout } = await network.run(place, words, { uid });
          return stdout.includes("i-0123456789abcdef0") ? [`${name} ${address}`] : [];
        })
      ),
    );
    return all.flat();
  };
  const kept = made.move();
  return { network, host, legacyHost, reached, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Newer kernels can be built without the tables of before nftables. */
async function whyNoLegacy(): Promise<string> {
  const programs = ["/usr/sbin/iptables-legacy", "/usr/sbin/ip6tables-legacy"];
  const results = await Promise.all(
    programs.map((program) =>
      finish(["/usr/bin/unshare", "--net", "--", program, "-S"], {}).catch(() => ({ code: 1 }))
    ),
  );
  return results.every(({ code }) => code === 0) ? "" : "a kernel with iptables' own tables";
}

/** The runtime where everybody may start it: it may lie in root's home. */
async function publicRuntime(dir: string): Promise<string> {
  await Deno.chmod(dir, 0o755);
  await Deno.mkdir(join(dir, "cache"));
  await Deno.chmod(join(dir, "cache"), 0o777);
  const path = join(dir, "runtime");
  const own = await Deno.realPath(Deno.execPath());
  await Deno.link(own, path).catch(() => Deno.copyFile(own, path));
  return path;
}

function settings(some: Partial<AnnexSettings> = {}): AnnexSettings {
  return { ...DEFAULT_SETTINGS, ...some };
}

const ALL = ["root", "nobody", "container"].flatMap((who) => [V4, V6].map((at) => `${who} ${at}`));
const ROOT_ALONE = [`root ${V4}`, `root ${V6}`];

firewallTest("without a firewall everybody reaches the metadata service", async ({ reached }) => {
  assertEquals(await reached(), ALL);
});

for (const backend of ["nft", "iptables"] as const) {
  firewallTest(
    `installFirewall() with ${backend} leaves root alone and keeps out users and containers, on IPv4 and IPv6`,
    async ({ host, reached }) => {
      const report = await installFirewall(host(), settings({ firewall: backend }));
      assertEquals([report.backend, report.verified], [backend, true]);
      assertEquals(await reached(), ROOT_ALONE);
      const { counters } = await installFirewall(host(), settings({ firewall: backend }));
      assertEquals(Object.keys(counters).toSorted(), [
        "forward-ipv4",
        "forward-ipv6",
        "output-ipv4",
        "output-ipv6",
      ]);
    },
  );

  firewallTest(
    `installFirewall() with ${backend} run five times leaves the rules of one run`,
    async ({ host, network, reached }) => {
      const seen: string[] = [];
      for (let run = 0; run < 5; run++) {
        await installFirewall(host(), settings({ firewall: backend }));
        const [nft, v4, v6] = await Promise.all([
          network.must("inst", ["/usr/sbin/nft", "list", "tables"]),
          network.must("inst", ["/usr/sbin/iptables", "-S"]),
          network.must("inst", ["/usr/sbin/ip6tables", "-S"]),
        ]);
        seen.push(
          backend === "nft"
            ? nft
            : [v4, v6].join("").split("\n").filter((line) => line.startsWith("-A")).join("\n"),
        );
      }
      assertEquals(new Set(seen).size, 1);
      assertEquals(seen[0]!.trim().split("\n").length, backend === "nft" ? 1 : 4);
      assertEquals(await reached(), ROOT_ALONE);
    },
  );

  firewallTest(
    `installFirewall() with ${backend} lets the listed users pass, and takes that back`,
    async ({ host, reached }) => {
      const allowed = settings({ firewall: backend, firewall_allow_uids: [1000, NOBODY] });
      assertEquals((await installFirewall(host(), allowed)).verified, true);
      assertEquals(await reached(), [...ROOT_ALONE, `nobody ${V4}`, `nobody ${V6}`]);
      await installFirewall(host(), settings({ firewall: backend }));
      assertEquals(await reached(), ROOT_ALONE);
    },
  );
}

firewallTest("installFirewall() works in the way that is left", async ({ host, reached }) => {
  const report = await installFirewall(host(["nft"]), settings());
  assertEquals(report.backend, "iptables");
  assertEquals(await reached(), ROOT_ALONE);
});

const noLegacy = missing === "" ? await whyNoLegacy() : "";

firewallTest(
  "installFirewall() works with the iptables of before nftables, and stays in front there",
  async ({ legacyHost, network, reached }) => {
    const keeper = new FirewallKeeper(legacyHost(), settings({ firewall_allow_uids: [7] }));
    assertEquals([await keeper.check(), await keeper.check()], [false, false]);
    assertEquals(await reached(), ROOT_ALONE);
    const accept = ["-I", "FORWARD", "1", "-i", "cont0", "-j", "ACCEPT"];
    await network.must("inst", ["/usr/sbin/iptables-legacy", ...accept]);
    assertEquals([await keeper.check(), await keeper.check()], [true, false]);
    assertEquals(await reached(), ROOT_ALONE);
  },
  noLegacy,
);

firewallTest(
  "installFirewall() fails without ip6tables on a machine that speaks IPv6",
  async ({ host }) => {
    const error = await assertRejects(
      () => installFirewall(host(["nft", "ip6tables"]), settings()),
      AnnexError,
    );
    assertEquals(error.code, "no-tool");
  },
);

firewallTest(
  "installFirewall() sees by its probe that other rules let jobs pass",
  async ({ host, network, reached }) => {
    // As the rules of the shell script that this replaces: IPv4 alone.
    await network.must("inst", [
      ..."/usr/sbin/iptables -A OUTPUT -m owner --destination 169.254.169.254".split(" "),
      ..."! --uid-owner 0 -j REJECT".split(" "),
    ]);
    assertEquals(await reached(), [
      ...ROOT_ALONE,
      `nobody ${V6}`,
      `container ${V4}`,
      `container ${V6}`,
    ]);
    const fake = host();
    const nothing: FakeTool = () => ({ code: 0, stdout: "", stderr: "" });
    const pretending = new TestHost({
      tools: { nft: nothing, self: (options) => fake.run("self", options) },
    });
    using _ = pretending;
    const error = await assertRejects(() => installFirewall(pretending, settings()), AnnexError);
    assertEquals([error.code, error.message.endsWith(`reached ${V6}`)], ["firewall-leak", true]);
  },
);

firewallTest(
  "FirewallKeeper.check() repairs what a service of the system flushed",
  async ({ host, network, reached }) => {
    const keeper = new FirewallKeeper(host(), settings());
    assertEquals([await keeper.check(), await keeper.check()], [false, false]);
    await network.must("inst", ["/usr/sbin/nft", "flush", "ruleset"]);
    assertEquals(await reached(), ALL);
    assertEquals([await keeper.check(), await keeper.check()], [true, false]);
    assertEquals(await reached(), ROOT_ALONE);
    await network.must("inst", [
      "/usr/sbin/nft",
      "flush",
      "chain",
      "inet",
      "htcondor_annex",
      "forward",
    ]);
    assertEquals(await keeper.check(), true);
    assertEquals(await reached(), ROOT_ALONE);
  },
);

firewallTest(
  "FirewallKeeper.check() goes before what a container engine inserts into iptables",
  async ({ host, network, reached }) => {
    const keeper = new FirewallKeeper(host(), settings({ firewall: "iptables" }));
    await keeper.check();
    for (const tool of ["iptables", "ip6tables"]) {
      const words = [`/usr/sbin/${tool}`, "-I", "FORWARD", "1", "-i", "cont0", "-j", "ACCEPT"];
      await network.must("inst", words);
    }
    assertEquals(await reached(), [...ROOT_ALONE, `container ${V4}`, `container ${V6}`]);
    assertEquals([await keeper.check(), await keeper.check()], [true, false]);
    assertEquals(await reached(), ROOT_ALONE);
  },
);

firewallTest("a refused user is told at once", async ({ host, network }) => {
  await installFirewall(host(), settings());
  for (const address of [V4, V6]) {
    const words = ["/bin/bash", "-c", `exec 3<>/dev/tcp/${address}/80`];
    const { stderr } = await network.run("inst", words, { uid: NOBODY, seconds: 10 });
    assertEquals([address, /refused/.test(stderr)], [address, true]);
  }
});
