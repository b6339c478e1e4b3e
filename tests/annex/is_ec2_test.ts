import { assertEquals } from "@std/assert";
import { findEc2 } from "../../core/annex/is_ec2.ts";
import { TestHost } from "./test_host.ts";

const DMI = "/sys/devices/virtual/dmi/id";

Deno.test("findEc2() tells an instance by hypervisor, vendor or product", async () => {
  for (
    const [path, text, isEc2] of [
      ["/sys/hypervisor/uuid", "ec2e1916-9099-7caf-fd21-012345abcdef\n", true],
      ["/sys/hypervisor/uuid", "45e12aec-dcd1-b213-94ed-012345abcdef\n", false],
      [`${DMI}/sys_vendor`, "Amazon EC2\n", true],
      [`${DMI}/sys_vendor`, "QEMU\n", false],
      [`${DMI}/sys_vendor`, "Amazon EC2 look-alike\n", false],
      [`${DMI}/product_uuid`, "EC2AB4C1-0000-0000-0000-000000000000\n", true],
      [`${DMI}/product_uuid`, "ec2ab4c1-0000\n", true],
      [`${DMI}/product_uuid`, "0ec2\n", false],
    ] as const
  ) {
    using host = new TestHost({ files: { [path]: text } });
    assertEquals([path, text, (await findEc2(host)).isEc2], [path, text, isEc2]);
  }
});

Deno.test("findEc2() says why, and the id that the board tells", async () => {
  using nothing = new TestHost();
  assertEquals(await findEc2(nothing), {
    isEc2: false,
    reason: "the machine does not say what it is",
  });
  for (const [tag, boardId] of [["i-0123456789abcdef0\n", "i-0123456789abcdef0"], ["x\n"]]) {
    using host = new TestHost({
      files: { [`${DMI}/sys_vendor`]: "Amazon EC2\n", [`${DMI}/board_asset_tag`]: tag! },
    });
    assertEquals(await findEc2(host), {
      isEc2: true,
      reason: "the system's vendor is Amazon EC2",
      ...(boardId !== undefined && { boardId }),
    });
  }
});
