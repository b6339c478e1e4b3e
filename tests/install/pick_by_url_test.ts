import { assertEquals } from "@std/assert";
import type { Role } from "../../core/cli/program.ts";
import { pickByUrl } from "../../core/install/pick_by_url.ts";
import { pickRole } from "../../core/install/pick_role.ts";

function role(name: string, ...methods: string[]): Role {
  const program = {
    name,
    version: "1",
    summary: "",
    usage: [],
    options: [],
    description: [],
    exitStatus: [],
  };
  return {
    program,
    permissions: {},
    plugins: [{ name, version: "1", methods }],
    main: () => Promise.resolve(0),
  };
}

const ROLES = [role("curl_plugin", "http", "https"), role("data_plugin", "data")];

Deno.test("pickByUrl() reads URLs among the arguments, credential and case notwithstanding", () => {
  const pick = (...args: string[]) => pickByUrl(ROLES, args)?.program.name;
  assertEquals(pick("data://,x/f", "/s/f"), "data_plugin");
  assertEquals(pick("/s/f", "chtc.ro+HTTPS://h/f"), "curl_plugin");
  assertEquals(pick("zkm://1/f", "/s/f"), undefined);
  assertEquals(pick("list"), undefined);
});

Deno.test("pickByUrl() reads the input file, and shrugs at one that is not there", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(
      file,
      '[ PluginData = [] ][ LocalFileName = "/s/f"; Url = "data://,x/f" ]',
    );
    assertEquals(pickByUrl(ROLES, ["-outfile", "o", "-infile", file])?.program.name, "data_plugin");
  } finally {
    await Deno.remove(file);
  }
  assertEquals(pickByUrl(ROLES, ["-infile", file]), undefined);
});

Deno.test("pickRole() goes by name before it goes by URL", () => {
  const args = ["data://,x/f", "/s/f"];
  assertEquals(pickRole(ROLES, { name: "curl_plugin", args })?.role.program.name, "curl_plugin");
  assertEquals(pickRole(ROLES, { name: "my_plugin", args }), { role: ROLES[1]!, args });
});
