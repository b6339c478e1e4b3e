import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { MapError, programOf, readMap } from "../../../core/checkpoint/map/mod.ts";
import vectors from "../testdata/condor_manifest.json" with { type: "json" };
import { memoryFiles } from "./memory_files.ts";

interface Vector {
  readonly name: string;
  readonly args: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly stdout: string;
  readonly plugin_calls: readonly (readonly string[])[];
}

/** Reads a map with the files beside it, all below `/maps`. */
function read(
  map: string | Uint8Array,
  { files = {}, includePrefix = false }: {
    readonly files?: Readonly<Record<string, string>>;
    readonly includePrefix?: boolean;
  } = {},
) {
  return readMap("/maps/map", { includePrefix, files: memoryFiles({ ...files, map }) });
}

/** The words that a map has for a URL. */
function words(map: string, url = "x://a/gid/0000", files: Record<string, string> = {}) {
  return read(map, { files }).find(url)?.words;
}

for (const vector of vectors as readonly Vector[]) {
  const { name, args, files = {}, stdout, plugin_calls: calls } = vector;
  if (files["map"] === undefined) continue;
  const placed = Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, text.replaceAll("@W@", "/W")]),
  );
  Deno.test(`readMap() finds what HTCondor found for "${name}"`, () => {
    const map = read(placed["map"]!, { files: placed });
    for (const call of calls) {
      const from = call.indexOf("-from");
      const found = map.find(call[from + 1]!);
      assertEquals(found?.words, ["/W/recplug", ...call.slice(0, from)]);
    }
    if (stdout.includes("Failed to find checkpoint destination")) {
      assertEquals(map.find(`${args[1]}/0000`), undefined);
    }
  });
}

/** What condor_manifest 25.14.1 was seen to start, `/p` for the plug-in. */
const SEEN: readonly (readonly [string, readonly string[] | undefined])[] = [
  ['* "x://a"/p,1,\\0', ["/p", "1", "x://a"]],
  ['* "x://a"b /p', ["b"]],
  ['"*" x://a /p', ["/p"]],
  ['*"x://a" /p', undefined],
  ['* "x:\\/\\/a" /p', undefined],
  ['* x://a "/p,un closed', ["/p", "un", "closed"]],
  ["* x://a /p,lone\\", ["/p", "lone"]],
  ["* x://a /p,\\", ["/p"]],
  ['* x://a /p,a"b c"d', ["/p", 'a"b']],
  ['* x://a "/p\va\fb\rc"', ["/p\va\fb", "c"]],
  ["* x://a /p,\v,\fa\v", ["/p", "a"]],
  ["*\vx://a /p", undefined],
  ['* "" /p\n* x /p,2', ["/p", "2"]],
  ['* x://a ""\n* x /p,2', ["/p", "2"]],
  ["* x://a \n* x /p,2", ["/p", "2"]],
  ["* x:// /p,xx\\\n,more", ["/p", "xx"]],
  ["\ufeff* x:// /p", undefined],
  ["* x://a\u00a0/p", undefined],
];

for (const [map, expected] of SEEN) {
  Deno.test(`readMap() reads ${JSON.stringify(map)} as HTCondor does`, () => {
    assertEquals(words(map), expected);
  });
}

/** The same for lines of an included file. */
const SEEN_INCLUDED: typeof SEEN = [
  ["* x://a/ /p", undefined],
  ["* x://a/gid/0000 /p,\\0\n* x://a/gid/0000 /p,2", ["/p", "x://a/gid/0000"]],
  ['* "/x:/" /p', undefined],
  ["* /x:..a/ /p", ["/p"]],
  ["* /A/ /p", undefined],
  ["* /A/iU,/p", ["/p"]],
  ["* /A/uI /p", undefined],
  ["* /:.*\\//U /p,\\0", ["/p", ":/"]],
  ["* /:.*\\// /p,\\0", ["/p", "://a/gid/"]],
  ["* /x:/x /p", ["x"]],
  ["* /:\\/\\/(.)(.*)(g)(Z)?/ /p,\\1,\\2,\\3,\\4,\\9", ["/p", "a", "/", "g", "\\4", "\\9"]],
  ["* /(y)?:\\/\\/(a)/ /p,[\\1],\\2,\\3", ["/p", "[]", "a", "\\3"]],
  ["* /:\\\\x2f/ /p,\\0", ["/p", ":/"]],
  ["* /x: /p\n* x://a/gid/0000 /p,2", ["/p", "2"]],
  ["* x://a /p,1\n* /a/ /p,2\n* x://a/gid/0000 /p,3", ["/p", "2"]],
  ["@include other\n* x://a/gid/0000 /p", ["/p"]],
  ["* // /p", undefined],
];

for (const [text, expected] of SEEN_INCLUDED) {
  Deno.test(`readMap() reads ${JSON.stringify(text)} in an included file as HTCondor does`, () => {
    const files = { inc: text, other: "* x://a/gid/0000 /nested" };
    assertEquals(words("@include inc", "x://a/gid/0000", files), expected);
  });
}

Deno.test("readMap() tries groups in the order of the files", () => {
  const files = { inc: "* x://other /p,inc" };
  const map = "* x:// /p,1\n@include inc\n* x://a/ /p,2";
  assertEquals(words(map, "x://a/gid/0000", files), ["/p", "1"]);
  assertEquals(words(map, "x://other", files), ["/p", "1"]);
  // Without an entry of another kind in between it is one group.
  assertEquals(words(map, "x://a/gid/0000", { inc: "GSI x://a/gid/0000 /p" }), ["/p", "2"]);
});

Deno.test("readMap() reads an included directory as HTCondor reads its configuration", () => {
  const line = (name: string) => `* x://a/gid/0000 /p,${name}`;
  const names = ["b", "a", "B", ".a", "A~", "#A", "A.rpmsave", "A.rpmnew"];
  const files = Object.fromEntries(names.map((name) => [`d/${name}`, line(name)]));
  assertEquals(words("@include d/", "x://a/gid/0000", files), ["/p", "B"]);
});

Deno.test("readMap() goes on without an include that cannot be read", () => {
  assertEquals(words("@include none\n@include\n* x: /p"), ["/p"]);
  assertEquals(words("@include map\n* x: /p"), ["/p"]);
  assertEquals(words("@INCLUDE inc", "x://a/gid/0000", { inc: "* /x/ /p" }), undefined);
});

Deno.test("readMap() gives included lines the meaning of prefixes when asked to", () => {
  const files = { inc: "* x://a/ /p,2\n* /x/ /p,3" };
  const map = read("* x: /p,1\n@include inc", { files, includePrefix: true });
  assertEquals(map.find("x://a/gid/0000"), {
    prefix: "x://a/",
    words: ["/p", "2"],
    file: "/maps/inc",
    line: 1,
  });
  assertEquals(map.find("/x/y")?.words, ["/p", "3"]);
});

Deno.test("readMap() takes the first of equal prefixes", () => {
  assertEquals(words("* x: /p,1\n* x: /p,2"), ["/p", "1"]);
});

Deno.test("find() refuses a line that makes no command", () => {
  const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
  for (const line of ["* x: ,,", '* x: "', "* x: /p,\0", "* x: /p,\xe9"]) {
    assertThrows(() => read(bytes(line)).find("x:"), MapError, 'Cannot use line 1 of "/maps/map"');
  }
  assertEquals(read(bytes("* \xe9: /p")).find("\ufffd:/"), undefined);
});

Deno.test("find() refuses a pattern that cannot be used, or takes too long", () => {
  for (const pattern of ["(", "\\K", "(a*)*b"]) {
    const map = read("@include inc", { files: { inc: `* /${pattern}/ /p` } });
    assertThrows(() => map.find(`${"a".repeat(60)}c`), MapError, "pattern");
  }
});

Deno.test("readMap() says why there is no map", async () => {
  const folder = await Deno.makeTempDir();
  const state = (path: string) =>
    assertThrows(() => readMap(path, { includePrefix: false }), MapError).message;
  assertEquals(state(`${folder}/none`), `Cannot read map file "${folder}/none": no such file`);
  assertEquals(state(folder), `Cannot read map file "${folder}": is a directory`);
  await new Deno.Command("mkfifo", { args: [`${folder}/fifo`] }).output();
  assertEquals(
    state(`${folder}/fifo`),
    `Cannot read map file "${folder}/fifo": not a regular file`,
  );
  await Deno.writeFile(`${folder}/big`, new Uint8Array((1 << 20) + 1));
  assertEquals(
    state(`${folder}/big`),
    `Cannot read map file "${folder}/big": more than 1048576 bytes`,
  );
  await Deno.writeTextFile(`${folder}/map`, "@include fifo\n@include d\n* x: /p");
  await Deno.mkdir(`${folder}/d/sub`, { recursive: true });
  await Deno.symlink("/nowhere", `${folder}/d/dangling`);
  assertEquals(readMap(`${folder}/map`, { includePrefix: false }).find("x:")?.words, ["/p"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("readMap() refuses what is beyond all bounds", () => {
  assertThrows(() => read("\n".repeat(20_000)), MapError, "more than 10000 lines");
  assertThrows(() => read("x".repeat(70_000)), MapError, "more than 65536 characters");
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`d/${i}`, ""]));
  assertThrows(() => read("@include d", { files: many }), MapError, "more than 1000 files");
});

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(
    fc.constantFrom(
      "* ",
      "x:",
      "/",
      '"',
      "\\",
      "0",
      " ",
      "\n",
      "\t",
      "@include inc",
      "p",
      "(",
      "\r",
    ),
    {
      maxLength: 40,
    },
  ).map((parts) => parts.join("")),
);

Deno.test("readMap() and find() throw nothing but MapError", () => {
  fc.assert(fc.property(anyText, anyText, fc.boolean(), (map, inc, includePrefix) => {
    try {
      const found = read(map, { files: { inc }, includePrefix }).find("x:/p/gid/0000");
      assert(found === undefined || found.words.length > 0);
    } catch (error) {
      assert(error instanceof MapError, `${error}`);
    }
  }));
});

Deno.test("find() chooses the longest prefix whatever the order of the lines", () => {
  const prefixes = fc.uniqueArray(fc.nat(11), { minLength: 1 });
  fc.assert(fc.property(prefixes, (lengths) => {
    const url = "x://a/b/c/d/e";
    const lines = lengths.map((length) => `* ${url.slice(0, length + 1)} /p,\\0`);
    const longest = url.slice(0, Math.max(...lengths) + 1);
    assertEquals(words(lines.join("\n"), url), ["/p", longest]);
  }));
});

Deno.test("readMap() reads back any column that was put in quotes", () => {
  const column = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !/[\n\0]/.test(text));
  const quoteColumn = (text: string) => `"${text.replace(/[\\"]/g, "\\$&")}"`;
  fc.assert(fc.property(column, (text) => {
    const found = read(`* ${quoteColumn(text)} /p`).find(`${text}/gid`);
    assertEquals(found?.prefix, text);
  }));
});

Deno.test("programOf() looks in LIBEXEC for what has no absolute path", () => {
  assertEquals(programOf("/p", "/libexec"), "/p");
  assertEquals(programOf("p", "/libexec"), "/libexec/p");
  assertEquals(programOf("d/p", "/libexec"), "/libexec/d/p");
});
