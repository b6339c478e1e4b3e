import { assertEquals, assertThrows } from "@std/assert";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import {
  parseSshLocation,
  pathOfPrefix,
  sshComponentsOf,
} from "../../../core/checkpoint/stores/ssh_address.ts";

const RAW = { home: false, decode: false };
const decoder = new TextDecoder();

function parse(destination: string, options = RAW, gid = "g_1.0_1") {
  const { server, destination: path } = parseSshLocation({ destination, gid }, options);
  return [server.user, server.host, server.port, decoder.decode(path)];
}

Deno.test("parseSshLocation() takes URLs apart", () => {
  assertEquals(parse("sftp://h.example"), [undefined, "h.example", undefined, ""]);
  assertEquals(parse("scp://u@h:2222/a b/%41"), ["u", "h", "2222", "/a b/%41"]);
  assertEquals(parse("SSH://u@[::1]:22/x"), ["u", "::1", "22", "/x"]);
  assertEquals(parse("sftp://[fe80::1%eth0]/x"), [undefined, "fe80::1%eth0", undefined, "/x"]);
  assertEquals(parse("sftp://h/x@y:z"), [undefined, "h", undefined, "/x@y:z"]);
});

Deno.test("parseSshLocation() finds the home", () => {
  assertEquals(["~", "~/a", "~a"].map((path) => parse(`sftp://h/${path}`)[3]), [".", "./a", "/~a"]);
  const home = { home: true, decode: true };
  assertEquals(["", "/%61", "/~/b"].map((path) => parse(`sftp://h${path}`, home)[3]), [
    ".",
    "./a",
    "./b",
  ]);
});

Deno.test("parseSshLocation() refuses what ssh could misread", () => {
  const kinds = [
    ["sftp://-oProxyCommand=x/a", "Unsafe"],
    ["sftp://-u@h/a", "Unsafe"],
    ["sftp://u;id@h/a", "Unsafe"],
    ["sftp://h$(id)/a", "Unsafe"],
    ["sftp://h\nx/a", "Unsafe"],
    ["sftp://u:secret@h/a", "Usage"],
    ["sftp://h:0/a", "Usage"],
    ["sftp://h:65536/a", "Usage"],
    ["sftp://h:x/a", "Usage"],
    ["sftp:///a", "Unsafe"],
    ["ftp://h/a", "Usage"],
  ] as const;
  for (const [url, kind] of kinds) {
    const error = assertThrows(() => parse(url), CleanupFailure);
    assertEquals([url, error.kind], [url, kind]);
    assertEquals(error.message.includes("secret"), false);
  }
  for (const gid of ["..%2fx", "%2e%2e", "a%2fb", "a%00", "%2f"]) {
    assertThrows(() => parse("sftp://h/a", { home: false, decode: true }, gid), CleanupFailure);
  }
});

Deno.test("pathOfPrefix() is the path that a prefix begins", () => {
  const path = (prefix: string) => decoder.decode(pathOfPrefix(prefix, RAW));
  assertEquals(["sftp://", "sftp://h", "sftp://h//", "sftp://h/a/b/"].map(path), [
    "",
    "",
    "",
    "/a/b",
  ]);
});

Deno.test("sshComponentsOf() refuses what cannot be sent", () => {
  for (const name of ["a\0b", "x".repeat(40_000), ".."]) {
    assertThrows(() => sshComponentsOf(new TextEncoder().encode(name), RAW), CleanupFailure);
  }
});
