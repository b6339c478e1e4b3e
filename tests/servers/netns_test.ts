import { assertEquals } from "@std/assert";
import { IMDS_ADDRESSES, makeNetwork, missing, type Network, type Place } from "./netns.ts";

const ignore = missing !== "";
const suffix = ignore ? ` (ignored: needs ${missing})` : "";

function networkTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${suffix}`, ignore, fn });
}

/** A TCP server outside the namespaces that says the same to everybody. */
function greeter(text: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    for await (const connection of listener) {
      await connection.write(new TextEncoder().encode(text));
      connection.close();
    }
  })();
  const { port } = listener.addr;
  return {
    address: { hostname: "127.0.0.1", port },
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
    },
  };
}

/** What a client in a namespace reads from port 80 of an address; nothing when it is not let in. */
async function read(network: Network, place: Place, address: string, uid = 0): Promise<string> {
  const script = `exec 3<>"/dev/tcp/${address}/80" && cat <&3`;
  const words = ["/usr/bin/timeout", "3", "/bin/bash", "-c", script];
  return (await network.run(place, words, { uid })).stdout;
}

networkTest("makeNetwork() lets instance and container reach both metadata addresses", async () => {
  await using server = greeter("hello");
  await using network = await makeNetwork();
  const at = Object.values(IMDS_ADDRESSES).map((hostname) => ({ hostname, port: 80 }));
  await network.expose("imds", at, server.address);
  for (const place of ["inst", "cont", "imds"] as const) {
    for (const { hostname } of at) {
      assertEquals([place, hostname, await read(network, place, hostname)], [
        place,
        hostname,
        "hello",
      ]);
    }
  }
  assertEquals(await read(network, "inst", IMDS_ADDRESSES.ipv4, 65534), "hello");
});

networkTest("makeNetwork() makes networks of one family", async () => {
  await using server = greeter("hello");
  for (const family of ["ipv4", "ipv6"] as const) {
    await using network = await makeNetwork({ ipv4: family === "ipv4", ipv6: family === "ipv6" });
    await network.expose("imds", [{ hostname: IMDS_ADDRESSES[family], port: 80 }], server.address);
    const seen = await Promise.all(
      (["ipv4", "ipv6"] as const).map((one) => read(network, "inst", IMDS_ADDRESSES[one])),
    );
    assertEquals(seen, family === "ipv4" ? ["hello", ""] : ["", "hello"]);
  }
});

networkTest(
  "makeNetwork() leaves no namespace behind, also when what it is for fails",
  async () => {
    const before = await namespaces();
    await Promise.resolve().then(async () => {
      await using network = await makeNetwork();
      assertEquals((await namespaces()).length, before.length + 3);
      await network.must("inst", ["/bin/false"]);
    }).catch(() => {});
    assertEquals(await namespaces(), before);
  },
);

networkTest("run() kills what does not end", async () => {
  await using network = await makeNetwork();
  const { code } = await network.run("cont", ["/bin/sleep", "60"], { seconds: 0.1 });
  assertEquals(code === 0, false);
});

networkTest("run() does not wait for what a program left behind", async () => {
  await using network = await makeNetwork();
  const words = ["/bin/sh", "-c", "echo begun; sleep 5 & exec sleep 5"];
  const start = performance.now();
  const { code, stdout } = await network.run("cont", words, { seconds: 0.3 });
  assertEquals([code === 0, stdout, performance.now() - start < 4000], [false, "begun\n", true]);
});

/** The network namespaces that processes of this machine are in, below this process. */
async function namespaces(): Promise<string[]> {
  const { stdout } = await new Deno.Command("/usr/bin/pgrep", {
    args: ["-P", `${Deno.pid}`],
    stdout: "piped",
  }).output();
  const pids = new TextDecoder().decode(stdout).split("\n").filter((pid) => pid !== "");
  const links = await Promise.all(
    pids.map((pid) => Deno.readLink(`/proc/${pid}/ns/net`).catch(() => "")),
  );
  return [...new Set(links.filter((link) => link !== ""))].toSorted();
}
