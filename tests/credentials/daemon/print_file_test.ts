import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { setupFiles } from "../../../core/credentials/daemon/print_file.ts";

Deno.test("setupFiles() has a service that runs once, and its timer", () => {
  const files = setupFiles("/usr/libexec/condor/pinion/pinion");
  assertEquals([...files.keys()], ["condor-credmon-local.service", "condor-credmon-local.timer"]);
  const service = files.get("condor-credmon-local.service")!;
  assertMatch(
    service,
    /^ExecStart=\/usr\/libexec\/condor\/pinion\/pinion condor_credmon_local -once$/m,
  );
  for (const text of files.values()) {
    assert(text.split("\n").every((line) => /^(?:|#.*|\[\w+\]|\w+=.+)$/.test(line)));
  }
});

Deno.test("setupFiles() names no path that a unit would read in another way", () => {
  for (const path of ["relative", "/a b", "/a%n", "/a$b", '/a"b', "/a\nb", ""]) {
    assertThrows(() => setupFiles(path), Error, "move it");
  }
});
