import { assertEquals, assertStringIncludes } from "@std/assert";
import { versionText } from "../../core/cli/parse.ts";
import { PINION_VERSION } from "../../core/version.ts";
import { role } from "../../main.ts";
import { role as curlPlugin } from "../../cmd/curl_plugin.ts";
import config from "../../deno.json" with { type: "json" };

Deno.test("the version is the same wherever it stands", () => {
  assertEquals(config.version, PINION_VERSION);
  for (const { program } of [role, curlPlugin]) {
    assertStringIncludes(versionText(program), ` ${PINION_VERSION}`);
  }
});
