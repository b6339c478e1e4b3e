import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseOptions } from "../../core/cli/parse.ts";
import type { Program } from "../../core/cli/program.ts";
import { UsageError } from "../../core/errors.ts";
import { MULTI, PLUGIN } from "./sample.ts";

fc.configureGlobal({ seed: 2026 });

function run(args: readonly string[]) {
  const parsed = parseOptions(PLUGIN, args);
  assert(parsed.kind === "run");
  return parsed;
}

Deno.test("parseOptions() gives every option a value of its kind", () => {
  const { values, operands, command } = run([]);
  assertEquals(command, "curl_plugin");
  assertEquals(operands, []);
  assertEquals(values, {
    classad: false,
    infile: undefined,
    outfile: undefined,
    upload: false,
    header: [],
    root: undefined,
    internal: false,
  });
  values.infile satisfies string | undefined;
  values.upload satisfies boolean;
  values.header satisfies readonly string[];
  // @ts-expect-error a name that is not in the table does not exist
  values.output satisfies undefined;
});

for (const form of [["-infile", "x y"], ["--infile", "x y"], ["-infile=x y"], ["--infile=x y"]]) {
  Deno.test(`parseOptions() takes ${JSON.stringify(form)}`, () => {
    assertEquals(run(form).values.infile, "x y");
  });
}

Deno.test("parseOptions() keeps what follows the first equals sign", () => {
  assertEquals(run(["-infile=a=b="]).values.infile, "a=b=");
  assertEquals(run(["-infile="]).values.infile, "");
});

Deno.test("parseOptions() collects repeatables in order and knows aliases", () => {
  const { values } = run(["-header", "a: 1", "--u", "-header=b: 2"]);
  assertEquals(values.header, ["a: 1", "b: 2"]);
  assertEquals(values.upload, true);
});

Deno.test("parseOptions() takes a lone dash and all after -- as operands", () => {
  assertEquals(run(["-", "-upload", "x"]).operands, ["-", "x"]);
  assertEquals(run(["--", "-upload", "--"]).operands, ["-upload", "--"]);
});

Deno.test("parseOptions() takes a value that starts with a dash unless it is an option", () => {
  assertEquals(run(["-infile", "-5"]).values.infile, "-5");
  assertEquals(run(["-infile=-upload"]).values.infile, "-upload");
});

const ENV = {
  name: "run_with",
  summary: "Run a command",
  usage: ["[-token NAME] COMMAND [ARG...]"],
  options: [{ name: "token", value: "NAME", text: "The token." }],
  operands: { min: 1, max: Infinity, rest: true },
} as const;

const REST: readonly (readonly [readonly string[], string | undefined, readonly string[]])[] = [
  [["cat"], undefined, ["cat"]],
  [["-token", "t", "cat", "-n", "-token", "u"], "t", ["cat", "-n", "-token", "u"]],
  [["cat", "--", "-help", "-version"], undefined, ["cat", "--", "-help", "-version"]],
  [["--", "-cat", "-token", "u", "--"], undefined, ["-cat", "-token", "u", "--"]],
  [["-token=t", "--", "cat", "-nonsense"], "t", ["cat", "-nonsense"]],
  [["-", "-nonsense", ""], undefined, ["-", "-nonsense", ""]],
  [["", "-help"], undefined, ["", "-help"]],
];
for (const [args, token, operands] of REST) {
  Deno.test(`parseOptions() leaves a command's own arguments alone: ${JSON.stringify(args)}`, () => {
    const parsed = parseOptions(ENV, args);
    assert(parsed.kind === "run");
    assertEquals([parsed.values.token, parsed.operands], [token, operands]);
  });
}

Deno.test("parseOptions() looks at all that stands before another program's name", () => {
  assertThrows(() => parseOptions(ENV, ["-nonsense", "cat"]), UsageError, "unknown option");
  assertThrows(() => parseOptions(ENV, ["-token", "t"]), UsageError, "0 operands given");
  assertEquals(parseOptions(ENV, ["-help", "cat"]).kind, "print");
});

Deno.test("parseOptions() gives another program its arguments as they are", () => {
  fc.assert(fc.property(fc.array(fc.string()), (args) => {
    const parsed = parseOptions(ENV, ["-token", "t", "command", ...args]);
    assert(parsed.kind === "run");
    assertEquals(parsed.operands, ["command", ...args]);
  }));
});

const WRONG: readonly (readonly [readonly string[], string])[] = [
  [["-foo"], `curl_plugin: unknown option "-foo" (see -help)`],
  [["--foo=secret"], `curl_plugin: unknown option "--foo" (see -help)`],
  [["---infile", "x"], `curl_plugin: unknown option "---infile" (see -help)`],
  [["-INFILE", "x"], `curl_plugin: unknown option "-INFILE" (see -help)`],
  [["-infile"], `curl_plugin: option "-infile" needs a value, FILE (see -help)`],
  [["-infile", "-outfile", "x"], `curl_plugin: option "-infile" needs a value, FILE (see -help)`],
  [["-infile", "-help"], `curl_plugin: option "-infile" needs a value, FILE (see -help)`],
  [["-upload=1"], `curl_plugin: option "-upload" takes no value (see -help)`],
  [["-infile=a", "-infile=b"], `curl_plugin: option "-infile" is given twice (see -help)`],
  [["a", "b", "c"], `curl_plugin: 3 operands given, wanted 0 to 2 (see -help)`],
  [["-a\nb\u009b\u2028"], `curl_plugin: unknown option "-a\\nb\\u009b\\u2028" (see -help)`],
];
for (const [args, message] of WRONG) {
  Deno.test(`parseOptions() refuses ${JSON.stringify(args)}`, () => {
    assertEquals(assertThrows(() => parseOptions(PLUGIN, args), UsageError).message, message);
  });
}

Deno.test("parseOptions() bounds the length of what it quotes", () => {
  const error = assertThrows(() => parseOptions(PLUGIN, [`-${"x".repeat(1e6)}`]), UsageError);
  assert(error.message.length < 200);
});

for (const arg of ["-help", "--help", "-h", "--h"]) {
  Deno.test(`parseOptions() answers ${arg} before looking further`, () => {
    const parsed = parseOptions(PLUGIN, [arg, "-foo"]);
    assert(parsed.kind === "print");
    assert(parsed.text.startsWith("Usage: curl_plugin -classad\n"));
  });
}

Deno.test("parseOptions() answers -version", () => {
  assertEquals(parseOptions(PLUGIN, ["-version"]), {
    kind: "print",
    text: "curl_plugin (Pinion) 0.1.0",
  });
});

Deno.test("parseOptions() gives a command its own options and operands", () => {
  const parsed = parseOptions(MULTI, ["-quiet", "install", "--dir=/x", "a", "b"]);
  assert(parsed.kind === "run" && parsed.command === "install");
  assertEquals(parsed.values.dir satisfies string | undefined, "/x");
  assertEquals(parsed.values.quiet satisfies boolean, true);
  assertEquals(parsed.operands, ["a", "b"]);
  const list = parseOptions(MULTI, ["list", "-quiet"]);
  assert(list.kind === "run" && list.command === "list");
  // @ts-expect-error the option belongs to the other command
  assertEquals(list.values.dir, undefined);
});

const WRONG_COMMANDS: readonly (readonly [readonly string[], string])[] = [
  [[], `pinion: a command is needed (see -help)`],
  [["remove"], `pinion: unknown command "remove" (see -help)`],
  [["-dir=x", "install"], `pinion: unknown option "-dir" (see -help)`],
  [["install"], `pinion install: 0 operands given, wanted 1 or more (see -help)`],
  [["install", "-foo"], `pinion install: unknown option "-foo" (see -help)`],
  [["list", "x"], `pinion list: 1 operands given, wanted 0 (see -help)`],
];
for (const [args, message] of WRONG_COMMANDS) {
  Deno.test(`parseOptions() refuses the command line ${JSON.stringify(args)}`, () => {
    assertEquals(assertThrows(() => parseOptions(MULTI, args), UsageError).message, message);
  });
}

Deno.test("parseOptions() prints the help of the command it was asked for", () => {
  const parsed = parseOptions(MULTI, ["install", "-help"]);
  assert(parsed.kind === "print");
  assert(parsed.text.startsWith("Usage: pinion install -dir DIR [ROLE...]\n"));
});

Deno.test("parseOptions() works with a table whose literal types were lost", () => {
  const wide: Program = PLUGIN;
  const parsed = parseOptions(wide, ["-upload"]);
  assert(parsed.kind === "run" && parsed.values.upload === true);
});

Deno.test("parseOptions() never throws anything but a one-line UsageError", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("-infile", "--outfile=x", "-upload", "--", "-", "-h", "-header", "install"),
    fc.string().map((text) => `-${text}`),
  );
  fc.assert(fc.property(fc.array(word), fc.constantFrom(PLUGIN, MULTI), (args, program) => {
    try {
      parseOptions<Program>(program, args);
    } catch (error) {
      assertInstanceOf(error, UsageError);
      // deno-lint-ignore no-control-regex
      assert(!/[\u0000-\u001f\u007f-\u009f]/.test(error.message), error.message);
    }
  }));
});

Deno.test("parseOptions() gives back what was written, in any of the four forms", () => {
  const form = fc.constantFrom("-", "--").chain((dash) => fc.boolean().map((eq) => ({ dash, eq })));
  const value = fc.string().filter((text) => !text.startsWith("-"));
  fc.assert(fc.property(form, fc.array(value), value, ({ dash, eq }, headers, infile) => {
    const write = (name: string, text: string) =>
      eq ? [`${dash}${name}=${text}`] : [dash + name, text];
    const args = [...headers.flatMap((text) => write("header", text)), ...write("infile", infile)];
    const { values } = run(args);
    assertEquals(values.header, headers);
    assertEquals(values.infile, infile);
  }));
});
