import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { setupFiles } from "../../../core/checkpoint/tools/files.ts";

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
