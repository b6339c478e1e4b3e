/** Whether this machine is one of EC2's, told without any network (EC2 User Guide, "Identify EC2 Linux instances"). */
import { INSTANCE_ID } from "../aws/ids.ts";
import type { AnnexHost } from "./host.ts";

/** What there is to see. */
export interface Ec2Evidence {
  readonly isEc2: boolean;
  /** Why, for people. */
  readonly reason: string;
  /** The instance's id, where the board itself tells it (Nitro). */
  readonly boardId?: string;
}

const DMI = "/sys/devices/virtual/dmi/id";

/** Looks at what the hypervisor says of itself. */
export async function findEc2(host: AnnexHost): Promise<Ec2Evidence> {
  const read = async (path: string) => (await host.readSystem(path) ?? "").trim();
  const [hypervisor, vendor, product, board] = await Promise.all([
    read("/sys/hypervisor/uuid"),
    read(`${DMI}/sys_vendor`),
    read(`${DMI}/product_uuid`),
    read(`${DMI}/board_asset_tag`),
  ]);
  const reason = /^ec2/i.test(hypervisor)
    ? "the hypervisor's id begins with ec2"
    : vendor === "Amazon EC2"
    ? "the system's vendor is Amazon EC2"
    : /^ec2/i.test(product)
    ? "the product's id begins with ec2"
    : undefined;
  if (reason === undefined) {
    const state = [hypervisor, vendor, product].every((one) => one === "")
      ? "the machine does not say what it is"
      : "neither hypervisor, vendor nor product is EC2's";
    return { isEc2: false, reason: state };
  }
  return { isEc2: true, reason, ...(INSTANCE_ID.test(board) && { boardId: board }) };
}
