import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ConfigError, defineKnobs, readConfig, type Run } from "../../core/config/mod.ts";

const KNOBS = defineKnobs({
  NAME: { type: "string", text: "A name." },
  COUNT: { type: "integer", default: 5, min: 1, max: 100, text: "A number." },
  FAST: { type: "boolean", default: false, text: "A switch." },
  HOME_DIR: { type: "path", default: "/var/x", text: "A folder." },
  LIST: { type: "list", default: ["a", "b"], text: "A list." },
  REF: { type: "string", default: "r", text: "May refer to others." },
});

function fromEnvironment(values: Readonly<Record<string, string>>) {
  const environment: Record<string, string> = { CONDOR_CONFIG: "ONLY_ENV" };
  for (const [name, value] of Object.entries(values)) environment[`_CONDOR_${name}`] = value;
  return readConfig(KNOBS, { environment, tool: false });
}

Deno.test("Config gives each knob its type and its default", async () => {
  const config = await fromEnvironment({});
  assertEquals(config.get("NAME") satisfies string | undefined, undefined);
  assertEquals(config.get("COUNT") satisfies number, 5);
  assertEquals(config.get("FAST") satisfies boolean, false);
  assertEquals(config.get("HOME_DIR") satisfies string, "/var/x");
  assertEquals(config.get("LIST") satisfies readonly string[], ["a", "b"]);
  assertEquals(config.origin("COUNT"), "default");
});

Deno.test("Config parses values, arithmetic and other spellings of booleans", async () => {
  const config = await fromEnvironment({
    NAME: "n",
    COUNT: "2 * 30",
    FAST: "Yes",
    HOME_DIR: "/y",
    LIST: "x, y z",
    REF: "$(HOME_DIR)/$(COUNT) $(LIST)",
  });
  assertEquals(config.get("COUNT"), 60);
  assertEquals(config.get("FAST"), true);
  assertEquals(config.get("LIST"), ["x", "y", "z"]);
  assertEquals(config.get("REF"), "/y/2 * 30 x, y z");
  assertEquals(config.origin("COUNT"), "environment variable _CONDOR_COUNT");
});

Deno.test("Config resolves references to knobs that nothing sets by their defaults", async () => {
  const config = await fromEnvironment({ NAME: "$(HOME_DIR)/$(COUNT) $(LIST) $(ELSE)|" });
  assertEquals(config.get("NAME"), "/var/x/5 a, b |");
});

const BAD: readonly (readonly [keyof typeof KNOBS, string, string])[] = [
  ["COUNT", "many", `COUNT = "many": not an integer`],
  ["COUNT", "9e99", `COUNT = "9e99": not an integer`],
  ["COUNT", "0", `COUNT = "0": not between 1 and 100`],
  ["FAST", "maybe", `FAST = "maybe": not a boolean`],
  ["HOME_DIR", "rel", `HOME_DIR = "rel": not an absolute path`],
];
for (const [name, value, message] of BAD) {
  Deno.test(`Config refuses ${name} = ${value}`, async () => {
    const config = await fromEnvironment({ [name]: value });
    const wanted = `environment variable _CONDOR_${name}: Cannot use ${message}`;
    assertEquals(assertThrows(() => config.get(name), ConfigError).message, wanted);
    assertEquals(assertThrows(() => config.check(), ConfigError).message, wanted);
  });
}

Deno.test("Config does not know knobs outside its table", async () => {
  const config = await fromEnvironment({ OTHER: "1" });
  // @ts-expect-error the name is not in the table
  assertThrows(() => config.get("OTHER"), TypeError, `Not in the table of knobs: "OTHER"`);
  // @ts-expect-error the name is not in the table
  assertThrows(() => config.origin("toString"), TypeError);
});

Deno.test("defineKnobs() refuses names HTCondor would refuse", () => {
  assertThrows(() => defineKnobs({ "A-B": { type: "string", text: "" } }), TypeError);
});

const VERBOSE = `NAME = one
 # at: /etc/condor/condor_config, line 12
 # raw: NAME = $(X)

CREDD.COUNT = 7
 # at: <Environment>
 # raw: CREDD.COUNT = 7

LIST @=end
   a
   # at: b
   c
@end
 # at: /etc/condor/config.d/x, line 3
 # raw: 
 #   LIST = a

 # at: <Default>
 # raw: REF = 
`;

Deno.test("readConfig() asks condor_config_val once for all knobs", async () => {
  const calls: (readonly string[])[] = [];
  const run: Run = (command, args) => {
    calls.push([command, ...args]);
    const stderr = `Not defined: FAST\nConfig source Warning "/x", Line 1: careful\n`;
    return Promise.resolve({ stdout: VERBOSE, stderr });
  };
  const config = await readConfig(KNOBS, {
    environment: {},
    subsystem: "CREDD",
    tool: { command: "/usr/bin/condor_config_val", run },
  });
  assertEquals(calls, [
    ["/usr/bin/condor_config_val", "-subsystem", "CREDD", "-verbose", ...Object.keys(KNOBS)],
  ]);
  assertEquals(config.get("NAME"), "one");
  assertEquals(config.origin("NAME"), "/etc/condor/condor_config:12");
  assertEquals(config.get("COUNT"), 7);
  assertEquals(config.origin("COUNT"), "<Environment>");
  assertEquals(config.get("LIST"), ["a", "#", "at:", "b", "c"]);
  assertEquals(config.origin("LIST"), "/etc/condor/config.d/x:3");
  assertEquals(config.get("REF"), "r");
  assertEquals(config.get("FAST"), false);
  assertEquals(config.warnings, [`Config source Warning "/x", Line 1: careful`]);
});

Deno.test("readConfig() reports what condor_config_val complains of", async () => {
  const run: Run = () => Promise.resolve({ stdout: "", stderr: "Configuration Error Line 2\n" });
  const options = { environment: {}, tool: { run } };
  const error = await assertRejects(() => readConfig(KNOBS, options), ConfigError);
  assertEquals(error.message, "condor_config_val: Configuration Error Line 2");
});

Deno.test("readConfig() says when condor_config_val cannot be started", async () => {
  const options = { environment: {}, tool: { command: "/nonexistent/tool" } };
  await assertRejects(() => readConfig(KNOBS, options), ConfigError, "Cannot start");
});

Deno.test("readConfig() starts the condor_config_val of PATH, else reads by itself", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const tool = `${folder}/condor_config_val`;
    await Deno.writeTextFile(tool, "#!/bin/sh\necho 'COUNT = 8'; echo ' # at: x'\n", {
      mode: 0o755,
    });
    const environment = { CONDOR_CONFIG: "ONLY_ENV", _CONDOR_COUNT: "9" };
    const count = async (PATH: string) =>
      (await readConfig(KNOBS, { environment: { ...environment, PATH } })).get("COUNT");
    assertEquals(await count(`/nonexistent:${folder}`), 8);
    assertEquals(await count("/nonexistent"), 9);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
