import { assertEquals, assertMatch } from "@std/assert";
import { exists } from "@std/fs";
import { dirname, join } from "@std/path";
import { poolRoot } from "../../scripts/pool/root.ts";
import { missing, startMachine } from "./machine.ts";
import { finish, makeNetwork } from "./netns.ts";

const ignore = missing !== "";
const suffix = ignore ? ` (ignored: needs ${missing})` : "";

Deno.test({
  name: `startMachine() gives a machine with a name, an address and files of its own${suffix}`,
  ignore,
  fn: async () => {
    await using network = await makeNetwork();
    let root: string;
    {
      await using machine = await startMachine({
        network,
        place: "inst",
        hostname: "ip-10-77-0-2",
        address: "10.77.0.2",
        isEc2: true,
        files: {
          "/etc/condor/config.d/77-x": "X = 1\n",
          "/opt/tool": { text: "#!/bin/sh\necho $(hostname)\n", mode: 0o755 },
        },
        without: ["/usr/sbin/nft"],
      });
      root = machine.path("");
      assertEquals(await machine.must(["/opt/tool"]), "ip-10-77-0-2\n");
      assertEquals(await machine.must(["/usr/bin/condor_config_val", "X"]), "1\n");
      assertEquals(await machine.must(["/usr/bin/id", "-u"], { uid: 65534 }), "65534\n");
      const vendor = "/sys/devices/virtual/dmi/id/sys_vendor";
      assertEquals(await machine.must(["/usr/bin/cat", vendor]), "Amazon EC2\n");
      assertMatch(await machine.must(["/usr/bin/cat", "/proc/net/fib_trie"]), /10\.77\.0\.2/);
      assertEquals(await exists(machine.path("/usr/sbin/nft")), false);
      await machine.start(["/usr/bin/sleep", "1000"]);
      assertMatch(await machine.must(["/usr/bin/ps", "-ef"]), /sleep 1000/);
    }
    assertEquals(await exists(root), false);
    assertEquals(await exists(`${poolRoot()}/etc/condor/config.d/77-x`), false);
    assertEquals(await exists(`${poolRoot()}/usr/sbin/nft`), true);
  },
});

Deno.test({
  name: `startMachine() puts a layer over the pool root, and writes into neither${suffix}`,
  ignore,
  fn: async () => {
    const layer = await Deno.makeTempDir({ dir: dirname(poolRoot()), prefix: "layer-" });
    try {
      await Deno.chmod(layer, 0o755);
      await Deno.mkdir(join(layer, "opt"));
      await Deno.writeTextFile(join(layer, "opt/note"), "from the layer\n");
      await using network = await makeNetwork();
      await using machine = await startMachine({
        ...{ network, place: "inst", hostname: "layered", address: "10.77.0.2", layer },
      });
      assertEquals(await machine.must(["/usr/bin/cat", "/opt/note"]), "from the layer\n");
      await machine.write("/opt/note", "changed\n");
      const [program, ...args] = [...machine.enter, "/usr/bin/cat", "/opt/note"];
      assertEquals((await finish([program, ...args], {})).stdout, "changed\n");
      assertEquals(await Deno.readTextFile(join(layer, "opt/note")), "from the layer\n");
      assertEquals(await exists(`${poolRoot()}/opt/note`), false);
    } finally {
      await Deno.remove(layer, { recursive: true });
    }
  },
});

Deno.test({
  name: `startSystemd() makes a system of a machine, and leaves nothing of it${suffix}`,
  ignore,
  fn: async () => {
    await using network = await makeNetwork();
    {
      await using machine = await startMachine({
        network,
        place: "inst",
        hostname: "ip-10-77-0-2.ec2.internal",
        address: "10.77.0.2",
      });
      await machine.must(["/usr/bin/systemctl", "disable", "condor.service"]);
      await machine.startSystemd();
      assertEquals(await machine.must(["/usr/bin/cat", "/proc/1/comm"]), "systemd\n");
      const { stdout } = await machine.run(["/usr/bin/systemctl", "is-active", "condor.service"]);
      assertEquals(stdout, "inactive\n");
      await machine.write("/var/log/new", "new\n");
      assertEquals(await machine.must(["/usr/bin/cat", "/var/log/new"]), "new\n");
      assertEquals(await machine.must(["/usr/bin/hostname"]), "ip-10-77-0-2.ec2.internal\n");
    }
    const find = `mount -t cgroup2 none /mnt && find /mnt -name 'pinion-machine-${Deno.pid}-*'`;
    const isolated = ["--mount", "--propagation", "private", "--", "/bin/sh", "-c", find];
    const left = await finish(["/usr/bin/unshare", ...isolated], {});
    assertEquals(left.code, 0);
    assertEquals(left.stdout, "");
  },
});
