import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { condorLines, type Installed } from "../../core/install/condor_lines.ts";

const plugins = (...names: readonly string[]): Installed[] => names.map((name) => ({ name }));

const LOCAL: Installed = {
  name: "cleanup_locally_mounted_checkpoint",
  examples: [
    { name: "* x://h/  cleanup_locally_mounted_checkpoint,-prefix,\\0,-path,/m", text: "A line." },
    { name: "cleanup_locally_mounted_checkpoint -help", text: "No line of the map." },
  ],
};

/** What HTCondor takes for settings. */
function settings(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

Deno.test("condorLines() puts our plug-ins after HTCondor's, where they win", () => {
  const text = condorLines("/opt/pinion", plugins("curl_plugin", "data_plugin", "zkm_plugin"));
  assertStringIncludes(
    text,
    "\nFILETRANSFER_PLUGINS = $(FILETRANSFER_PLUGINS), /opt/pinion/curl_plugin, " +
      "/opt/pinion/data_plugin, /opt/pinion/zkm_plugin\n",
  );
  assertStringIncludes(text, "(curl_plugin, data_plugin)");
  assertEquals(settings(text).length, 1);
});

Deno.test("condorLines() shows a line of the map for each clean-up plug-in, and sets nothing", () => {
  const text = condorLines("/opt/pinion", [LOCAL]);
  assertStringIncludes(
    text,
    "\n#   * x://h/ /opt/pinion/cleanup_locally_mounted_checkpoint,-prefix,\\0,-path,/m\n",
  );
  assert(!text.includes("-help"));
  assertStringIncludes(text, "\n#CHECKPOINT_DESTINATION_MAPFILE = ");
  assertEquals(settings(text), []);
});

Deno.test("condorLines() leads daemons to a condor_manifest that is not in BIN", () => {
  const [manifest] = plugins("condor_manifest");
  assertEquals(settings(condorLines("/opt/pinion", [manifest!])), [
    "SCHEDD.BIN = /opt/pinion",
    "SHADOW.BIN = /opt/pinion",
    "SCHEDD.HISTORY_HELPER = /usr/bin/condor_history",
  ]);
  const inPlace = condorLines("/usr/bin", [manifest!]);
  assertEquals(settings(inPlace), []);
  assertStringIncludes(inPlace, "/usr/bin/condor_manifest print-file");
});

Deno.test("condorLines() shows what the local issuer needs, and switches nothing on", () => {
  const text = condorLines("/opt/pinion", plugins("condor_credmon_local"));
  assertEquals(settings(text), []);
  assertStringIncludes(text, "\n#CREDMON_OAUTH = /opt/pinion/condor_credmon_local\n");
  assertStringIncludes(text, "/opt/pinion/condor_credmon_local -check-config\n");
});

Deno.test("condorLines() keeps the roles' lines apart", () => {
  const text = condorLines("/opt/p", [...plugins("condor_manifest", "curl_plugin"), LOCAL]);
  assertEquals(text.split("\n\n").length, 3);
  assertEquals(settings(text).length, 4);
});

Deno.test("condorLines() has nothing to say where no role needs any", () => {
  assertEquals(condorLines("/opt/pinion", []), "");
  assertEquals(condorLines("/opt/pinion", plugins("other")), "");
});
