import { assertEquals } from "@std/assert";
import { systemHost } from "../../core/annex/system_host.ts";
import { TestHost } from "./test_host.ts";

const { signal } = new AbortController();

function withRoot(root: string, work: () => void | Promise<void>): Promise<void> {
  Deno.env.set("ANNEX_ROOT", root);
  return Promise.resolve(work()).finally(() => Deno.env.delete("ANNEX_ROOT"));
}

Deno.test("ANNEX_ROOT comes before all paths, but not at boot", async () => {
  await withRoot("/tmp/x///", () => {
    assertEquals(systemHost({ boot: false, signal, name: "x" }).root, "/tmp/x");
    assertEquals(systemHost({ boot: true, signal, name: "x" }).root, "");
  });
  assertEquals(systemHost({ boot: false, signal, name: "x" }).root, "");
});

Deno.test("neither standard output nor the log shows a secret", () => {
  const host = systemHost({ boot: true, signal, name: "x" });
  host.hide("first/secret/access/key");
  const written: string[] = [];
  const streams = [Deno.stdout, Deno.stderr];
  const before = streams.map(({ writeSync }) => writeSync);
  for (const stream of streams) {
    stream.writeSync = (data) => {
      written.push(new TextDecoder().decode(data));
      return data.length;
    };
  }
  try {
    host.out("a first/secret/access/key\n");
    host.note("b", { key: "first/secret/access/key" });
  } finally {
    for (const [index, stream] of streams.entries()) stream.writeSync = before[index]!;
  }
  assertEquals(written, ["a ...\n", "x: b key=...\n"]);
});

Deno.test("system files are read up to 64 KiB, and lists are sorted", async () => {
  using test = new TestHost({
    files: { "/sys/b": "text\n", "/sys/a": "x".repeat(100_000) },
  });
  await withRoot(test.root, async () => {
    const host = systemHost({ boot: false, signal, name: "x" });
    assertEquals(await host.readSystem("/sys/b"), "text\n");
    assertEquals((await host.readSystem("/sys/a"))?.length, 65536);
    assertEquals(await host.readSystem("/sys/none"), undefined);
    assertEquals(await host.listSystem("/sys"), ["a", "b"]);
    assertEquals(await host.listSystem("/none"), []);
  });
});

Deno.test("system files are read with the permissions of the executable, too", async () => {
  const script = `
    import { systemHost } from ${
    JSON.stringify(import.meta.resolve("../../core/annex/system_host.ts"))
  };
    const host = systemHost({ boot: true, signal: new AbortController().signal, name: "x" });
    const text = await host.readSystem("/proc/self/status");
    const names = await host.listSystem("/proc/self");
    const none = await host.readSystem("/proc/none");
    console.log(/^Name:\\tcat$/m.test(text), names.includes("status"), none);
  `;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, script);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-check"],
        ...["--config", new URL("../../deno.json", import.meta.url).pathname],
        ...["--allow-read", "--allow-env", "--allow-run=/usr/bin/cat,/usr/bin/ls", file],
      ],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(
      new TextDecoder().decode(stdout),
      "true true undefined\n",
      new TextDecoder().decode(stderr),
    );
  } finally {
    await Deno.remove(file);
  }
});
