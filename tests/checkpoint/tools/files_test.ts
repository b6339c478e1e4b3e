import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { setupFiles } from "../../../core/checkpoint/tools/files.ts";
import { run } from "../../build/probe.ts";

Deno.test("setupFiles() lets the service and the wrapper start the program that printed them", () => {
  const files = setupFiles("/usr/libexec/condor/pinion/condor_manifest");
  const sweep =
    /^(?:ExecStart=)?\/usr\/libexec\/condor\/pinion\/condor_manifest condor_manifest sweep /m;
  assertMatch(files.get("condor-manifest-sweep.service")!, sweep);
  assertMatch(files.get("condor_preen_with_sweep")!, sweep);
  assertMatch(files.get("condor_preen_with_sweep")!, /^#!\/bin\/sh\n/);
  assertEquals(files.get("condor-manifest-sweep.timer")!.match(/^\[.*\]$/gm), [
    "[Unit]",
    "[Timer]",
    "[Install]",
  ]);
});

Deno.test("setupFiles() refuses paths that units or shells would take apart", () => {
  for (const path of ["/opt/my tools/pinion", "/opt/100%/pinion", "/opt/$HOME/pinion", "pinion"]) {
    assertThrows(() => setupFiles(path), Error, "in a file of the set-up: move it");
  }
});

const ANALYZE = "/usr/bin/systemd-analyze";
const hasAnalyze = await exists(ANALYZE);

Deno.test({
  name: `the units are such that systemd takes them${
    hasAnalyze ? "" : " (systemd-analyze needed)"
  }`,
  ignore: !hasAnalyze,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "pinion-units-" });
    try {
      const paths = [];
      for (const [name, text] of setupFiles("/bin/true")) {
        if (!name.startsWith("condor-manifest-sweep.")) continue;
        paths.push(join(folder, name));
        await Deno.writeTextFile(paths.at(-1)!, text);
      }
      const { code, stderr } = await run(ANALYZE, ["verify", "--man=no", ...paths]);
      // Other units of the machine may have faults.
      assertEquals(stderr.split("\n").filter((line) => line.includes("condor-manifest")), []);
      assertEquals([code, paths.length], [0, 2]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("the wrapper sweeps, whatever comes of it, and becomes condor_preen with its arguments", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pinion-preen-" });
  try {
    const [sweep, preen, wrapper] = ["condor_manifest", "preen", "wrapper"].map((name) =>
      join(folder, name)
    ) as [string, string, string];
    const files = new Map([
      [sweep, '#!/bin/sh\necho "sweep: $*"; exit 1\n'],
      [preen, '#!/bin/sh\nfor a; do echo "<$a>"; done; exit 3\n'],
      [
        wrapper,
        setupFiles(sweep).get("condor_preen_with_sweep")!
          .replace("/usr/sbin/condor_preen", preen),
      ],
    ]);
    for (const [path, text] of files) {
      await Deno.writeTextFile(path, text);
      await Deno.chmod(path, 0o755);
    }
    const { code, stdout } = await run(wrapper, ["-m", "-r", "two words"]);
    assertEquals(stdout, "sweep: condor_manifest sweep -older-than 5m\n<-m>\n<-r>\n<two words>\n");
    assertEquals(code, 3);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
