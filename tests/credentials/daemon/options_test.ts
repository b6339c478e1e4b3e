import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../core/errors.ts";
import { readRequest } from "../../../core/credentials/daemon/options.ts";
import { CONDOR_CREDMON_LOCAL } from "../../../core/credentials/daemon/program.ts";

const COMMON = { name: "CREDMON_OAUTH", debug: false, verbose: false };
const ALL = { providers: [] };

const CASES: readonly (readonly [string, unknown])[] = [
  ["", { ...COMMON, mode: "daemon" }],
  ["/c", { ...COMMON, mode: "daemon", directory: "/c" }],
  ["-c c", { ...COMMON, mode: "daemon", directory: "/here/c" }],
  ["--cred-dir=/c", { ...COMMON, mode: "daemon", directory: "/c" }],
  ["-n CREDMON_X -d -v -l log", {
    name: "CREDMON_X",
    debug: true,
    verbose: true,
    mode: "daemon",
    logFile: "/here/log",
  }],
  ["--name x --debug --verbose --log-file /l", {
    name: "x",
    debug: true,
    verbose: true,
    mode: "daemon",
    logFile: "/l",
  }],
  ["--json-status s", { ...COMMON, mode: "daemon", jsonStatus: "/here/s" }],
  ["--once", { ...COMMON, mode: "once", select: ALL, createKey: false }],
  ["-once -create-key -user a -provider p -provider q d", {
    ...COMMON,
    mode: "once",
    select: { user: "a", providers: ["p", "q"] },
    createKey: true,
    directory: "/here/d",
  }],
  ["-stdout -user a -provider p", { ...COMMON, mode: "stdout", user: "a", provider: "p" }],
  ["-for-all-users-of m", {
    ...COMMON,
    mode: "users",
    map: "/here/m",
    select: ALL,
    createKey: false,
  }],
  ["-status -json -user a", { ...COMMON, mode: "status", json: true, user: "a" }],
  ["-check-config -offline", { ...COMMON, mode: "check", json: false, offline: true }],
  ["-print-file x", { ...COMMON, mode: "file", file: "x" }],
];

const read = (text: string) => readRequest(text === "" ? [] : text.split(" "), () => "/here");

Deno.test("readRequest() takes upstream's options, and our own", () => {
  for (const [text, request] of CASES) assertEquals([text, read(text)], [text, request]);
});

Deno.test("readRequest() refuses in one line what does not go together", () => {
  const wrong = [
    "-x",
    "a b",
    "-c a b",
    "-c",
    "-once -status",
    "-once -stdout",
    "-user a",
    "-provider p",
    "-create-key",
    "-status -create-key",
    "-offline",
    "-once -json",
    "-stdout",
    "-stdout -user a",
    "-stdout -user a -provider p -provider q",
    "-stdout -user ../a -provider p",
    "-stdout -user a -provider p/q",
    "-once -user -",
    "-name A-B",
    "-name 1",
    "-name A\nB",
    `-name ${"A".repeat(65)}`,
    "-d=1",
  ];
  for (const text of wrong) {
    const error = assertThrows(() => read(text), UsageError, undefined, text);
    assertEquals([text, error.message.includes("\n")], [text, false]);
    assertEquals(error.message.startsWith("condor_credmon_local: "), true);
  }
});

Deno.test("readRequest() throws nothing but UsageError, whatever it is given", () => {
  const words = CONDOR_CREDMON_LOCAL.options.map(({ name }) => `-${name}`);
  const word = fc.oneof(fc.constantFrom(...words, "a", "/b", "--", "-h"), fc.string());
  fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (args) => {
    try {
      readRequest(args, () => "/here");
      return true;
    } catch (error) {
      return error instanceof UsageError;
    }
  }));
});

Deno.test("each option of the table is one that the synopsis, or the list of options, explains", () => {
  for (const { name, text } of CONDOR_CREDMON_LOCAL.options) {
    assertEquals([name, /^[A-Z].*\.$/s.test(text)], [name, true]);
  }
  const names = CONDOR_CREDMON_LOCAL.configuration.map(({ name }) => name);
  for (const knob of ["<NAME>_LOG", "MAX_<NAME>_LOG", "LOG", "LOCAL_CREDMON_PRIVATE_KEY"]) {
    assertEquals([knob, names.includes(knob)], [knob, true]);
  }
  assertEquals(names.length, new Set(names).size);
});
