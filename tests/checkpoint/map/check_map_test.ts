import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { checkMap } from "../../../core/checkpoint/map/check_map.ts";
import { MapError } from "../../../core/checkpoint/map/mod.ts";
import { memoryFiles } from "./memory_files.ts";

const OURS = "cleanup_ours";

function check(
  map: string,
  files: Readonly<Record<string, string>> = {},
  { includePrefix = false } = {},
) {
  return checkMap("/maps/map", {
    includePrefix,
    files: memoryFiles({ ...files, map }),
    libexec: "/libexec",
    checkArguments: (name, args) =>
      name === OURS && args.includes("-bad") ? "unknown option -bad" : undefined,
    look: (path) =>
      Promise.resolve({
        exists: !path.endsWith("none"),
        isExecutable: !path.endsWith("text"),
        isPinion: path === `/libexec/${OURS}`,
      }),
  });
}

Deno.test("checkMap() has nothing to say of a good map", async () => {
  const map = `# map\n\n* x://a/ ${OURS},-prefix,\\0,-path,/srv\r\n* y://b/ "/opt/p -q"\n`;
  assertEquals(await check(map), {
    lines: ["2 lines, no faults"],
    facts: { path: "/maps/map", lines: 2, errors: 0, warnings: 0, findings: [] },
    status: 0,
  });
});

/** A map, and all that is said of it; the file's name is left out. */
const FAULTS: readonly (readonly [string, readonly string[]])[] = [
  ["* x://a/ none", ['1: error: plug-in "/libexec/none" does not exist']],
  ["* x://a/ /opt/text", ['1: error: plug-in "/opt/text" is not executable']],
  ["* x://a/", ["1: error: 2 of three columns; the line is ignored"]],
  ["*", ["1: error: 1 of three columns; the line is ignored"]],
  ['* "" p', ["1: error: a column is empty; the line is ignored"]],
  ["GSI x://a/ p", ['1: warning: the first column is "GSI", not *; no URL matches']],
  ["\ufeff* x://a/ p", [
    "1: error: a byte order mark stands before the first column; the line is ignored",
  ]],
  ["* x://a p", ['1: warning: the prefix does not end in /; it also matches "x://a-other/"']],
  ["* store/ p", ["1: warning: the prefix has no scheme"]],
  ["* /x:.*/ p", ["1: warning: the second column looks like a pattern, but is taken literally"]],
  ["* x://a/ p -q", [
    '1: error: "-q" after the third column is ignored; ' +
    "put commas between arguments, or the column in quotes",
  ]],
  ['* x://a/ "p -q', ["1: error: a quote is not closed"]],
  ["* x://a/ p\\", [
    "1: error: the third column ends in a lone backslash, on which HTCondor may crash",
  ]],
  ["* x://a/ p\\\\", []],
  ["* x://a/ p,\\0,\\3", ["1: warning: \\3 stays as it is: a prefix has no groups"]],
  ["* x://a/ p,\\\\3", []],
  ["* x://a/ ,,", [
    '1: error: Cannot use line 1 of "/maps/map": its third column names no program',
  ]],
  ['* "x://a b/" p,\\0', [
    '1: error: \\0 is more than one argument: "x://a b/" has a blank or a comma',
  ]],
  ["* x://a/ p,-prefix,x://b/", [
    '1: warning: -prefix "x://b/" is not the line\'s own prefix; write \\0',
  ]],
  [`* x://a/ ${OURS},-bad`, [`1: error: ${OURS}: unknown option -bad`]],
  [`* x://a/ /opt/${OURS},-bad`, []],
  ["* x://a/ p\n* x://a/ q", [
    "2: error: the same second column as /maps/map:1; this line is never used",
  ]],
  ["* x://a/ p\n* x://a/b/ q", ['2: note: wins over the shorter "x://a/" of /maps/map:1']],
  ["@include none", ['1: error: Cannot read map file "/maps/none": no such file']],
  ["@include", ["1: error: Cannot include: no file is named"]],
];

for (const [map, expected] of FAULTS) {
  Deno.test(`checkMap() reports ${JSON.stringify(map)}`, async () => {
    const { lines, status } = await check(map);
    assertEquals(lines.slice(0, -1), expected.map((text) => `/maps/map:${text}`));
    assertEquals(status, expected.some((text) => text.includes(": error:")) ? 1 : 0);
  });
}

Deno.test("checkMap() follows includes", async () => {
  const inc = "* x://a/ p\n@include more\n* /(/ p\n* /x/ p\\1\n* x://a/ q";
  const { lines } = await check("@include inc\n* x://b p\n@include late", {
    inc,
    late: "* x://b/c q",
  });
  assertEquals(lines, [
    "/maps/map:1: warning: HTCondor compares lines of included files with the whole URL, " +
    "not with its beginning; they belong into this file",
    "/maps/inc:2: warning: an @include in an included file is ignored",
    "/maps/inc:3: error: the pattern cannot be used: parenthesis is not closed",
    "/maps/inc:5: error: the same second column as /maps/inc:1; this line is never used",
    '/maps/map:2: warning: the prefix does not end in /; it also matches "x://b-other/"',
    "/maps/map:3: warning: HTCondor compares lines of included files with the whole URL, " +
    "not with its beginning; they belong into this file",
    "/maps/late:1: error: /maps/map:2 comes first and matches all of it; this line is never used",
    "9 lines, 3 errors, 4 warnings",
  ]);
});

Deno.test("checkMap() takes included lines for prefixes when asked to", async () => {
  const { lines } = await check("* x://a/ p\n@include inc", { inc: "* x://a/b p" }, {
    includePrefix: true,
  });
  assertEquals(lines.slice(1, -1), [
    '/maps/inc:1: warning: the prefix does not end in /; it also matches "x://a/b-other/"',
    '/maps/inc:1: note: wins over the shorter "x://a/" of /maps/map:1',
  ]);
});

Deno.test("checkMap() cannot check what is no file", async () => {
  const options = { includePrefix: false, libexec: "/libexec", checkArguments: () => undefined };
  await assertRejects(() => checkMap("/nowhere/map", options), MapError, "no such file");
});

Deno.test("checkMap() survives any text", async () => {
  const parts = ["* ", "x:", "/", '"', "\\", "0", " ", "\n", "@include inc", "p", "(", "\r", "\0"];
  const text = fc.array(fc.constantFrom(...parts), { maxLength: 40 }).map((all) => all.join(""));
  await fc.assert(fc.asyncProperty(text, text, async (map, inc) => {
    const { lines } = await check(map, { inc });
    assert(lines.every((line) => !line.includes("\n")));
  }));
});
