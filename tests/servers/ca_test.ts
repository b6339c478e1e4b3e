import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Certificate, makeCa, missing } from "./ca.ts";
import { startFault } from "./fault.ts";
import { missing as missingNginx, startNginx } from "./nginx.ts";
import { startOldTls } from "./old_tls.ts";
import { joinMissing, missingPackages } from "./process.ts";

const needed = joinMissing(missing, missingPackages({ curl: "/usr/bin/curl" }));
const ignore = needed !== "";
const without = ignore ? ` (needs ${needed})` : "";
const neededNginx = joinMissing(needed, missingNginx);

/** `curl` as an independent judge of certificates. */
async function curl(...args: string[]): Promise<string> {
  const command = new Deno.Command("curl", { args: ["-sS", ...args], stderr: "piped" });
  const { stdout, stderr } = await command.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test({
  name: `makeCa() makes certificates that are accepted or refused for their reason${without}`,
  ignore,
  fn: async (t) => {
    const ca = await makeCa();
    const cases: [keyof typeof ca, RegExp][] = [
      ["good", /^fine$/],
      ["expired", /certificate has expired/],
      ["wrongName", /no alternative certificate subject name matches/],
      ["selfSigned", /self-signed certificate/],
      ["unknownCa", /certificate signature failure|unable to get local issuer/],
    ];
    for (const [kind, expected] of cases) {
      await t.step(kind, async () => {
        const tls = ca[kind] as Certificate;
        await using fault = await startFault({ "/": { body: "fine" } }, { tls });
        assertMatch(await curl("--cacert", ca.caFile, fault.url("/")), expected);
      });
    }
    await t.step("hashed directory", async () => {
      await using fault = await startFault({ "/": { body: "fine" } }, { tls: ca.good });
      const cleared = ["--cacert", "/dev/null", "--capath", "/dev/null"];
      assertMatch(await curl(...cleared, fault.url("/")), /certificate/);
      assertEquals(await curl("--capath", ca.hashedDir, fault.url("/")), "fine");
    });
    await t.step("in Deno", async () => {
      await using fault = await startFault({ "/": { body: "fine" } }, { tls: ca.good });
      using client = Deno.createHttpClient({ caCerts: [ca.ca] });
      const reply = await fetch(`https://localhost:${fault.port}/`, { client });
      assertEquals(await reply.text(), "fine");
    });
  },
});

Deno.test({
  name: `startFault() resets a connection under TLS${without}`,
  ignore,
  fn: async () => {
    const ca = await makeCa();
    const cut = { body: "abcdef", cutAfter: 3 };
    await using fault = await startFault({ "/fin": cut, "/reset": { ...cut, end: "reset" } }, {
      tls: ca.good,
    });
    assertStringIncludes(await curl("--cacert", ca.caFile, fault.url("/fin")), "abc");
    assertMatch(await curl("--cacert", ca.caFile, fault.url("/reset")), /reset|errno 104/i);
  },
});

Deno.test({
  name: `startNginx() checks the client's certificate${
    neededNginx ? ` (needs ${neededNginx})` : ""
  }`,
  ignore: neededNginx !== "",
  fn: async () => {
    const ca = await makeCa();
    const clientCa = { file: ca.caFile, required: true };
    await using server = await startNginx({ tls: ca.good, clientCa });
    await Deno.writeTextFile(`${server.root}/a`, "private");
    const url = `${server.origin}/a`;
    assertStringIncludes(await curl("--cacert", ca.caFile, url), "400 No required SSL certificate");
    assertEquals(await curl("--cacert", ca.caFile, "-E", ca.client.bundleFile, url), "private");
    const logged = await server.requests(2);
    assertEquals(logged.map((request) => request.clientCertificate), ["NONE", "SUCCESS"]);
  },
});

Deno.test({
  name: `startOldTls() speaks TLS 1.0 and nothing newer${without}`,
  ignore,
  fn: async () => {
    const ca = await makeCa();
    await using server = await startOldTls(ca.good);
    const old = ["--tlsv1.0", "--tls-max", "1.0", "--ciphers", "DEFAULT@SECLEVEL=0"];
    const reply = await curl("--cacert", ca.caFile, ...old, `${server.origin}/`);
    assertStringIncludes(reply, "TLSv1");
    const modern = await curl("--cacert", ca.caFile, "--tlsv1.2", `${server.origin}/`);
    assertMatch(modern, /protocol version|unsupported protocol/);
    assert(server.port > 0);
  },
});
