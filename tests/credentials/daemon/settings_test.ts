import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError, readConfig } from "../../../core/config/mod.ts";
import { daemonKnobs, isDaemonName } from "../../../core/credentials/daemon/knobs.ts";
import { daemonSettings } from "../../../core/credentials/daemon/settings.ts";

async function settings(
  environment: Readonly<Record<string, string>>,
  name = "CREDMON_OAUTH",
) {
  const config = await readConfig(daemonKnobs(name), {
    environment: { CONDOR_CONFIG: "ONLY_ENV", ...environment },
    subsystem: name.toUpperCase(),
    tool: false,
  });
  return daemonSettings(config, name);
}

Deno.test("daemonSettings() has HTCondor's defaults", async () => {
  assertEquals(await settings({}), {
    log: "/var/log/condor/CredmonOauthLog",
    levels: new Set<never>(),
    categories: false,
    limit: { bytes: 10 * 1024 * 1024 },
    keep: 1,
  });
});

Deno.test("daemonSettings() finds the log by the daemon's name, else by names of old", async () => {
  const cases: readonly (readonly [Record<string, string>, string, string])[] = [
    [{ _CONDOR_CREDMON_OAUTH_LOG: "/l/a" }, "CREDMON_OAUTH", "/l/a"],
    [{ _CONDOR_CREDMON_OAUTH_LOG: "/l/a" }, "credmon_oauth", "/l/a"],
    [{ _CONDOR_CREDMON_OAUTH_LOG: "/l/a", _CONDOR_LOG: "/x" }, "CREDMON_X", "/x/CredmonXLog"],
    [{ _CONDOR_SEC_CREDENTIAL_MONITOR_LOG: "/l/b" }, "CREDMON_OAUTH", "/l/b"],
    [
      {
        _CONDOR_SEC_CREDENTIAL_MONITOR_OAUTH_LOG: "/l/c",
        _CONDOR_SEC_CREDENTIAL_MONITOR_LOG: "/l/b",
      },
      "CREDMON_OAUTH",
      "/l/c",
    ],
    [{ "_CONDOR_CREDMON_OAUTH.LOG": "/own" }, "CREDMON_OAUTH", "/own/CredmonOauthLog"],
    [{}, "A__B9_", "/var/log/condor/AB9Log"],
  ];
  for (const [environment, name, log] of cases) {
    assertEquals([name, (await settings(environment, name)).log], [name, log]);
  }
});

Deno.test("daemonSettings() takes levels, bounds and the directory", async () => {
  const found = await settings({
    _CONDOR_CREDMON_OAUTH_DEBUG: "D_FULLDEBUG D_HOSTNAME D_CAT",
    _CONDOR_MAX_CREDMON_OAUTH_LOG: "1 Day",
    _CONDOR_MAX_NUM_CREDMON_OAUTH_LOG: "3",
    _CONDOR_SEC_CREDENTIAL_DIRECTORY: "/old",
  });
  assertEquals([found.levels, found.categories, found.limit, found.keep], [
    new Set(["D_FULLDEBUG"]),
    true,
    { age: 86_400_000 },
    3,
  ]);
  assertEquals(found.directory?.path, "/old");
  const both = await settings({
    _CONDOR_SEC_CREDENTIAL_DIRECTORY: "/old",
    _CONDOR_SEC_CREDENTIAL_DIRECTORY_OAUTH: "/new",
  });
  assertEquals(both.directory, {
    path: "/new",
    origin:
      "SEC_CREDENTIAL_DIRECTORY_OAUTH (environment variable _CONDOR_SEC_CREDENTIAL_DIRECTORY_OAUTH)",
  });
  const general = await settings({ _CONDOR_MAX_DEFAULT_LOG: "0" });
  assertEquals(general.limit, {});
});

Deno.test("daemonSettings() says which knob cannot be used, and where it was set", async () => {
  for (
    const [knob, value] of [
      ["MAX_CREDMON_OAUTH_LOG", "much"],
      ["MAX_DEFAULT_LOG", "-1"],
      ["MAX_NUM_CREDMON_OAUTH_LOG", "many"],
      ["CREDMON_OAUTH_LOG", "relative"],
      ["SEC_CREDENTIAL_DIRECTORY_OAUTH", "relative"],
    ] as const
  ) {
    let error: unknown;
    await settings({ [`_CONDOR_${knob}`]: value }).catch((caught) => (error = caught));
    assertThrows(
      () => {
        throw error;
      },
      ConfigError,
      `_CONDOR_${knob}: Cannot use ${knob} = "${value}"`,
    );
  }
});

Deno.test("isDaemonName() takes what can be a part of a knob's name", () => {
  for (const name of ["CREDMON_OAUTH", "a", "A1_"]) {
    assertEquals([name, isDaemonName(name)], [name, true]);
  }
  for (const name of ["", "1", "A-B", "A.B", "A B", "_A", "Ä", "A".repeat(65)]) {
    assertEquals([name, isDaemonName(name)], [name, false]);
  }
});
