/** The demonstration of the local issuer must pass with our executables, and must be able to fail. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { type IssuerOptions, runIssuer } from "../../scripts/demo/issuer.ts";
import { paint } from "../../scripts/demo/table.ts";
import { built } from "../build/built.ts";

async function demonstrate(faults: Partial<IssuerOptions> = {}) {
  const programs = ["condor_credmon_local", "curl_plugin", "scitokens-admin-create-key"];
  for (const name of programs) await built(name);
  const dist = dirname(await built("scitokens-verify-token"));
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const wrong = await runIssuer({ dist, paint: paint(false), print, ...faults });
  return { wrong, shown: lines.join("\n") };
}

Deno.test("the demonstration of the issuer succeeds, in 80 columns, without showing a token", async () => {
  const { wrong, shown } = await demonstrate();
  assertEquals(wrong, []);
  assertStringIncludes(shown, "Successfully renewed SciToken for user: alice");
  assertStringIncludes(shown, 'Skipped "mallory": it is a symbolic link');
  assertStringIncludes(shown, '"Only for those whom the issuer vouches for."');
  assertEquals(shown.split("\n").filter((line) => [...line].length > 80), []);
  assertEquals(/eyJ/.test(shown), false);
});

Deno.test("the demonstration of the issuer fails when the token changes on its way", async () => {
  const { wrong } = await demonstrate({ tampered: true });
  assertEquals(wrong, ["condor_credmon_local: the server did not take the token"]);
});
