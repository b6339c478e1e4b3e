import { assertEquals, assertStringIncludes } from "@std/assert";
import { condorLines } from "../../core/install/condor_lines.ts";

Deno.test("condorLines() puts our plug-ins after HTCondor's, where they win", () => {
  const text = condorLines("/opt/pinion", ["curl_plugin", "data_plugin", "zkm_plugin"]);
  assertStringIncludes(
    text,
    "\nFILETRANSFER_PLUGINS = $(FILETRANSFER_PLUGINS), /opt/pinion/curl_plugin, " +
      "/opt/pinion/data_plugin, /opt/pinion/zkm_plugin\n",
  );
  assertStringIncludes(text, "(curl_plugin, data_plugin)");
  assertEquals(text.split("\n").filter((line) => line && !line.startsWith("#")).length, 1);
});

Deno.test("condorLines() has nothing to say where no plug-in is installed", () => {
  assertEquals(condorLines("/opt/pinion", []), "");
});
