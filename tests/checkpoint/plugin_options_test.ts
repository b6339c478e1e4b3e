import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  COMMON_OPTIONS,
  describePlugin,
  readMapArguments,
  readOwn,
  readRequest,
  type Request,
} from "../../core/checkpoint/plugin_options.ts";
import { UsageError } from "../../core/errors.ts";
import { fakeBackEnd } from "./fake_plugin.ts";

fc.configureGlobal({ seed: 2026 });

const { backEnd } = fakeBackEnd();
const FROM = ["-from", "x://h/gid/0000"];

function request(args: readonly string[], lenient = false): Request {
  const read = readRequest(backEnd, args, { lenient });
  assert(read.kind === "request");
  return read;
}

Deno.test("readRequest() reads what HTCondor passes", () => {
  assertEquals(request(["-drive", "0", ...FROM, "-delete", "a", "-jobad", "/x/.job.ad"]), {
    kind: "request",
    own: ["-drive", "0"],
    settings: { timeout: 18, retries: 3, dryRun: false, verbose: false },
    base: "x://h/gid/0000",
    name: "a",
    jobAd: "/x/.job.ad",
    ignoreMissing: false,
  });
});

Deno.test("readRequest() takes the options in any order, and -file for -delete", () => {
  const { own, ...rest } = request([
    ...["-ignore-missing-files", "-jobad", "j", "-retries=0", "-fast", "-file", "a", "-verbose"],
    ...["--timeout", "60", "-dry-run", ...FROM, "--drive=7"],
  ]);
  assertEquals(own, ["-fast", "--drive=7"]);
  assertEquals(rest.settings, { timeout: 60, retries: 0, dryRun: true, verbose: true });
  assertEquals([rest.name, rest.jobAd, rest.ignoreMissing], ["a", "j", true]);
});

for (const name of ["-x/y", "-drive", "-help", "--", "-", "-jobad", "", "-delete", "=", "a b"]) {
  Deno.test(`readRequest() takes the name ${JSON.stringify(name)} as it is`, () => {
    const read = request(["-drive", "0", ...FROM, "-delete", name, "-jobad", "j"]);
    assertEquals([read.name, read.own, read.jobAd], [name, ["-drive", "0"], "j"]);
  });
}

Deno.test("readRequest() takes any name, and finds the rest all the same", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (name, jobAd) => {
    const read = request(["-drive", "0", ...FROM, "-delete", name, "-jobad", jobAd, "-fast"]);
    assertEquals([read.name, read.jobAd, read.own], [name, jobAd, ["-drive", "0", "-fast"]]);
  }));
});

Deno.test("readRequest() takes -jobad without a value if it comes last", () => {
  assertEquals(request([...FROM, "-delete", "a", "-jobad"]).jobAd, "");
  assertEquals(request([...FROM, "-delete", "a", "-jobad="]).jobAd, "");
});

const WRONG: readonly (readonly [readonly string[], string])[] = [
  [["-delete", "a", "-jobad", "j"], "-from is needed"],
  [[...FROM, "-jobad", "j"], "either -delete or -delete-list"],
  [[...FROM, "-delete", "a", "-delete-list", "l", "-jobad", "j"], "either -delete or -delete-list"],
  [[...FROM, "-delete", "a"], "-jobad is needed"],
  [[...FROM, "-jobad", "j", "-delete"], '"-delete" needs a value'],
  [[...FROM, "-delete", "a", "-file", "b", "-jobad", "j"], '"-file" is given twice'],
  [[...FROM, "-delete", "a", "-jobad", "j", "-whatever"], 'unknown option "-whatever"'],
  [[...FROM, "-delete", "a", "-jobad", "j", "word"], "1 operands given"],
  [["-drive", ...FROM, "-delete", "a", "-jobad", "j"], '"-drive" needs a value'],
  [[...FROM, "-delete", "a", "-jobad", "j", "-retries", "-1"], "-retries takes 0 to 100"],
  [[...FROM, "-delete", "a", "-jobad", "j", "-timeout", "0"], "-timeout takes 1 to 604800"],
  [[...FROM, "-delete", "a", "-jobad", "j", "-timeout=1e3"], '"1e3" given'],
];
for (const [args, text] of WRONG) {
  Deno.test(`readRequest() refuses ${args.slice(2).join(" ")}: ${text}`, () => {
    const error = assertThrows(() => readRequest(backEnd, args), UsageError);
    assertStringIncludes(error.message, text);
    assert(error.message.startsWith("cleanup_fake_checkpoint: "));
  });
}

Deno.test("readRequest() ignores unknown words after -jobad where it is lenient", () => {
  const args = [...FROM, "-delete", "a", "-jobad", "j", "-whatever", "x", "-ignore-missing-files"];
  assertEquals(request(args, true).ignoreMissing, true);
  assertThrows(() => request(["-whatever", ...args], true), UsageError, '"-whatever"');
  assertThrows(() => request(["-h"], true), UsageError, '"-h"');
  assertEquals(readRequest(backEnd, ["-h"]).kind, "print");
});

Deno.test("readRequest() answers -help and -version", () => {
  for (const [arg, text] of [["-help", "-jobad JOBAD"], ["-version", "(Pinion) 1.0"]]) {
    const read = readRequest(backEnd, [arg!], { lenient: true });
    assert(read.kind === "print");
    assertStringIncludes(read.text, text!);
  }
});

Deno.test("readMapArguments() reads a line's words as the plug-in would", () => {
  assertEquals(readMapArguments(backEnd, ["-drive", "-timeout", "-retries", "5", "-fast"]), {
    own: ["-drive", "-timeout", "-fast"],
    settings: { timeout: 18, retries: 5, dryRun: false, verbose: false },
  });
  assertEquals(readMapArguments(backEnd, []).own, []);
});

Deno.test("readMapArguments() leaves unknown words to the back-end", () => {
  const { own } = readMapArguments(backEnd, ["-no-such", "-verbose", "word"]);
  assertEquals(own, ["-no-such", "word"]);
  assertThrows(() => readOwn(backEnd.program, own), UsageError, '"-no-such"');
});

for (const words of [["-from", "x"], ["-delete", "x"], ["--jobad=x"], ["-ignore-missing-files"]]) {
  Deno.test(`readMapArguments() refuses ${words[0]} in a map`, () => {
    const error = assertThrows(() => readMapArguments(backEnd, words), UsageError);
    assertStringIncludes(error.message, "has no place in a map");
  });
}

Deno.test("readMapArguments() checks the settings", () => {
  assertThrows(() => readMapArguments(backEnd, ["-retries", "many"]), UsageError, '"many" given');
  assertThrows(() => readMapArguments(backEnd, ["-timeout"]), UsageError, "needs a value");
});

Deno.test("describePlugin() adds the common options and exit statuses", () => {
  const { options, usage, exitStatus } = describePlugin(backEnd);
  assertEquals(options.length, backEnd.program.options.length + COMMON_OPTIONS.length);
  assertEquals(usage, [
    "-drive DRIVE -from BASE -delete NAME -jobad JOBAD [-ignore-missing-files] [OPTION...]",
  ]);
  assertEquals(exitStatus.map(({ name }) => name), ["0", "1", "2", "3", "4", "5", "75"]);
});
