import { assertEquals, assertRejects } from "@std/assert";
import { AnnexError } from "../../../core/annex/errors.ts";
import { countNft, listNft, loadNft, parseNftCounters } from "../../../core/annex/firewall/nft.ts";
import { nftRuleset } from "../../../core/annex/firewall/rules.ts";
import { ends, TestHost } from "../test_host.ts";
import { FakeNft } from "./fake_tools.ts";

/** As nft 1.0.6 prints it. */
const LISTING = `table inet htcondor_annex {
	set imds4 {
		type ipv4_addr
		elements = { 169.254.169.254 }
	}

	chain output {
		type filter hook output priority filter - 10; policy accept;
		ip daddr @imds4 meta skuid { 0, 1000 } accept
		ip daddr @imds4 meta l4proto tcp counter packets 3 bytes 180 reject with tcp reset
		ip6 daddr @imds6 meta l4proto tcp counter packets 0 bytes 0 reject with tcp reset
		ip daddr @imds4 counter packets 2 bytes 10 reject with icmpx admin-prohibited
		ip6 daddr @imds6 counter packets 7 bytes 0 reject with icmpx admin-prohibited
	}

	chain forward {
		type filter hook forward priority filter - 10; policy accept;
		ip daddr @imds4 meta l4proto tcp counter packets 11 bytes 180 reject with tcp reset
	}
}
`;

Deno.test("parseNftCounters() sums what each chain refused, by family", () => {
  assertEquals(parseNftCounters(LISTING), {
    "output-ipv4": 5,
    "output-ipv6": 7,
    "forward-ipv4": 11,
  });
  assertEquals(parseNftCounters(""), {});
});

Deno.test("loadNft() sends the rules on standard input and never on the command line", async () => {
  const nft = new FakeNft();
  using host = new TestHost({ tools: { nft: nft.run } });
  await loadNft(host, [7]);
  const [started] = host.started;
  assertEquals([started?.args, started?.stdin, started?.timeoutMs], [
    ["-f", "-"],
    nftRuleset([7]),
    15_000,
  ]);
});

Deno.test("loadNft() says in one line what nft said", async () => {
  using host = new TestHost({ tools: { nft: ends(1, "", "Error: no\nsuch\tkernel\n") } });
  const error = await assertRejects(() => loadNft(host, []), AnnexError);
  assertEquals([error.code, error.message], [
    "firewall-tool",
    'Cannot run "nft -f -": status 1, Error: no such kernel',
  ]);
  using slow = new TestHost({ tools: { nft: ends(124) } });
  await assertRejects(() => loadNft(slow, []), AnnexError, '"nft -f -": not done after 15 s');
});

Deno.test("listNft() lists the same for the same rules, whatever was refused meanwhile", async () => {
  const nft = new FakeNft();
  using host = new TestHost({ tools: { nft: nft.run } });
  assertEquals(await listNft(host), undefined);
  await assertRejects(() => countNft(host), AnnexError, "nftables does not list them");
  await loadNft(host, []);
  const first = await listNft(host);
  assertEquals(await listNft(host), first);
  nft.table = nft.table?.replace("{ 0 }", "{ 0, 65534 }");
  assertEquals(await listNft(host) === first, false);
});
