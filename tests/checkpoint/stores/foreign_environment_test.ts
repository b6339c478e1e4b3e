import { assertEquals } from "@std/assert";
import { environmentFor } from "../../../core/checkpoint/stores/foreign_environment.ts";

const USER = { name: "alice", home: "/home/alice" };

Deno.test("environmentFor() leaves out what belongs to the daemons", () => {
  const environment = {
    CONDOR_CONFIG: "/etc/condor/condor_config",
    CONDOR_INHERIT: "1 <127.0.0.1:9618>",
    CONDOR_PARENT_ID: "host:1:2",
    CONDOR_PRIVATE_INHERIT: "SessionKey:secret",
    CONDOR_PRIVATE_SHARED_PORT_COOKIE: "secret",
    CONDOR_PRIVATE_: "secret",
    CONDOR_PROCD_ADDRESS: "/run/procd",
    CONDOR_PROCD_ADDRESS_BASE: "/run/procd",
    CREDENTIALS_DIRECTORY: "/run/credentials",
    LISTEN_FDS: "1",
    NOTIFY_SOCKET: "/run/notify",
    PATH: "/usr/bin",
    _CONDOR_ANCESTOR_123: "123:1:secret",
    _CONDOR_CHECKPOINT_CLEANUP_TIMEOUT: "2",
    _CONDOR_SPOOL: "/spool",
    condor_private_inherit: "secret",
  };
  assertEquals(environmentFor(environment, undefined), {
    CONDOR_CONFIG: "/etc/condor/condor_config",
    PATH: "/usr/bin",
    _CONDOR_CHECKPOINT_CLEANUP_TIMEOUT: "2",
    _CONDOR_SPOOL: "/spool",
  });
});

Deno.test("environmentFor() names the user by the user database, whatever was inherited", () => {
  const expected = { HOME: "/home/alice", LOGNAME: "alice", USER: "alice" };
  assertEquals(environmentFor({}, USER), expected);
  assertEquals(environmentFor({ HOME: "/root", USER: "root" }, USER), expected);
  assertEquals(environmentFor({ HOME: "/root" }, undefined), { HOME: "/root" });
});

Deno.test("environmentFor() leaves the given environment alone", () => {
  const environment = Object.freeze({ CONDOR_INHERIT: "x", HOME: "/root" });
  environmentFor(environment, USER);
  assertEquals(environment, { CONDOR_INHERIT: "x", HOME: "/root" });
});
