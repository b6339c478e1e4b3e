import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeCa } from "./ca.ts";
import { type FtpCommand, missing, startFtp } from "./ftp.ts";
import { joinMissing, missingPackages } from "./process.ts";

const needed = joinMissing(missing, missingPackages({ curl: "/usr/bin/curl" }));
const ignore = needed !== "";
const without = ignore ? ` (needs ${needed})` : "";

/** `curl` as an independent client. */
async function curl(...args: string[]): Promise<string> {
  const command = new Deno.Command("curl", { args: ["-sS", ...args], stderr: "piped" });
  const { stdout, stderr } = await command.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const codeOf = (commands: readonly FtpCommand[], word: string) =>
  commands.find(({ command }) => command.startsWith(word))?.code;

Deno.test({
  name: `startFtp() takes anonymous gets and puts on both address families${without}`,
  ignore,
  fn: async () => {
    for (const hostname of ["127.0.0.1", "::1"] as const) {
      await using server = await startFtp({ hostname });
      await Deno.mkdir(`${server.root}/a dir`);
      await Deno.chmod(`${server.root}/a dir`, 0o777);
      await Deno.writeTextFile(`${server.root}/a dir/a file.txt`, "hello");
      const get = `${server.origin}/a%20dir/a%20file.txt`;
      assertEquals(await curl(get), "hello");
      assertEquals(await curl("-T", "/etc/hostname", `${server.origin}/a%20dir/up`), "");
      const uploaded = await Deno.readTextFile(`${server.root}/a dir/up`);
      assertEquals(uploaded, await Deno.readTextFile("/etc/hostname"));
      assertStringIncludes(await curl(`${server.origin}/none`), "file does not exist");
      assertEquals(codeOf(await server.commands("SIZE none"), "SIZE none"), 550);
    }
  },
});

Deno.test({
  name: `startFtp() lets the user in by password only${without}`,
  ignore,
  fn: async () => {
    await using server = await startFtp();
    await Deno.writeTextFile(`${server.root}/a`, "mine");
    const right = `${server.user}:${server.password}`;
    assertEquals(await curl("-u", right, `${server.origin}/a`), "mine");
    assertStringIncludes(await curl("-u", `${server.user}:wrong`, `${server.origin}/a`), "530");
    const commands = await server.commands();
    assert(!JSON.stringify(commands).includes(server.password));
  },
});

Deno.test({
  name: `startFtp() refuses commands and writes when told so${without}`,
  ignore,
  fn: async () => {
    await using server = await startFtp({ refused: ["EPSV"], readOnly: true });
    await Deno.writeTextFile(`${server.root}/a`, "by PASV");
    assertEquals(await curl(`${server.origin}/a`), "by PASV");
    const commands = await server.commands();
    assert((codeOf(commands, "EPSV") ?? 0) >= 500);
    assertEquals(codeOf(commands, "PASV"), 227);
    assertMatch(await curl("-T", "/etc/hostname", `${server.origin}/up`), /55\d/);
  },
});

Deno.test({
  name: `startFtp() speaks explicit TLS, and wants it when told so${without}`,
  ignore,
  fn: async () => {
    const ca = await makeCa();
    for (const version of ["1.2", "1.3"]) {
      const tls = { ...ca.good, required: true, protocol: `TLSv${version}` };
      await using server = await startFtp({ tls });
      await Deno.writeTextFile(`${server.root}/a`, "secret");
      const explicit = ["--ssl-reqd", "--cacert", ca.caFile, "--tls-max", version];
      assertEquals(await curl(...explicit, `${server.origin}/a`), "secret");
      assertEquals(codeOf(await server.commands(), "AUTH"), 234);
      assertMatch(await curl(`${server.origin}/a`), /login denied|Access denied|550|530/i);
    }
  },
});

Deno.test({
  name: `startFtp() wants the TLS session resumed for data when told so${without}`,
  ignore,
  fn: async () => {
    const ca = await makeCa();
    await using server = await startFtp({ tls: { ...ca.good, sessionReuse: true } });
    await Deno.writeTextFile(`${server.root}/a`, "secret");
    const explicit = ["--ssl-reqd", "--cacert", ca.caFile];
    assertEquals(await curl(...explicit, `${server.origin}/a`), "secret");
    await curl(...explicit, "--no-sessionid", `${server.origin}/a`);
    const retrievals = (await server.commands()).filter(({ command }) => command === "RETR a");
    assertEquals(retrievals.map(({ code }) => code), [226, 425]);
  },
});
