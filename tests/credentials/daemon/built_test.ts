import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { built, isRoot } from "../../build/built.ts";
import { Site, until } from "./processes.ts";

const NOBODY = 65534;

Deno.test("the executable does all of its work with the permissions that it has", async () => {
  using site = new Site();
  const executable = await built("condor_credmon_local");
  site.ask("alice");
  await using daemon = await site.daemon(["-d"], { executable });
  site.ask("bob");
  daemon.kill("SIGHUP");
  await until("a token for bob", () => site.has("bob/scitokens.use"));
  assertEquals((await daemon.end()).code, 0);
  const commands: readonly (readonly [readonly string[], RegExp])[] = [
    [["-status"], /^2 credentials, 0 failed/],
    [["-check-config", "-offline"], /^Daemon CREDMON_OAUTH\n/],
    [["-once"], /^$/],
    [["-user", "alice", "-provider", "scitokens", "-stdout"], /^\{"access_token": "/],
    [["-print-file", "condor-credmon-local.timer"], /^\[Unit\]\n/],
  ];
  for (const [args, pattern] of commands) {
    const { code, stdout, stderr } = await site.run(args, { executable });
    assertEquals([args, code, stderr], [args, 0, ""]);
    assertMatch(stdout, pattern);
  }
  // The network is asked, and there is nobody: that is a fault of the configuration.
  const { code, stdout } = await site.run(["-check-config"], { executable });
  assertEquals(code, 1);
  assertStringIncludes(stdout, "https://issuer.example");
});

Deno.test({
  name: isRoot()
    ? "whoever is not root may keep a directory of their own"
    : "whoever is not root may keep a directory of their own (needs root, to become another)",
  ignore: !isRoot(),
  async fn() {
    using site = new Site();
    site.ask("alice");
    const paths = ["", "cred", "cred/alice", "cred/alice/scitokens.top", "log"];
    for (const path of paths) Deno.chownSync(join(site.path, path), NOBODY, NOBODY);
    Deno.chmodSync(site.cred, 0o2770);
    const executable = join(site.path, "condor_credmon_local");
    Deno.copyFileSync(await built("condor_credmon_local"), executable);
    const before = [
      "setpriv",
      ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
    ];
    const { code, stderr } = await site.run(["-once", "-create-key"], { executable, before });
    assertEquals([code, stderr], [0, ""]);
    assertEquals([site.mode("alice/scitokens.use"), site.has("pid")], [0o400, false]);
  },
});
