import { assertEquals, assertStringIncludes } from "@std/assert";
import { firewall } from "../../core/annex/firewall_command.ts";
import { TestHost } from "./test_host.ts";
import { allTools, probed } from "./firewall/fake_tools.ts";

const EC2 = { "/sys/devices/virtual/dmi/id/sys_vendor": "Amazon EC2\n" };
const SETTINGS = "/etc/condor/annex-ec2.conf";

Deno.test("firewall() installs the firewall at boot on EC2, and by hand anywhere", async () => {
  for (const [boot, files] of [[true, EC2], [false, {}]] as const) {
    const { tools, nft } = allTools();
    using host = new TestHost({ tools, boot, files });
    assertEquals([await firewall(host), nft.loads], [0, 1]);
    assertStringIncludes(host.notes.join("\n"), "backend=nft verified=true");
  }
});

Deno.test("firewall() does nothing at boot elsewhere, and ends well", async () => {
  const { tools } = allTools();
  using host = new TestHost({ tools, boot: true });
  assertEquals([await firewall(host), host.started], [0, []]);
});

Deno.test("firewall() fails where there is no firewall, unless that is allowed", async () => {
  const leak = { ...allTools().tools, self: probed({ "169.254.169.254": "connected" }) };
  for (const tools of [{}, leak]) {
    using host = new TestHost({ tools, boot: true, files: EC2 });
    assertEquals(await firewall(host), 1);
    using lax = new TestHost({
      tools,
      boot: true,
      files: { ...EC2, [SETTINGS]: "firewall_required = false\n" },
    });
    assertEquals(await firewall(lax), 0);
    assertEquals(lax.notes.length > 0, true);
  }
});
