import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  GroupMap,
  GroupMapError,
  MOST_GROUPS,
  readGroupMap,
} from "../../../core/credentials/local/group_map.ts";
import { GroupMaps } from "../../../core/credentials/local/group_maps.ts";
import { Desk, sample } from "./desk.ts";

fc.configureGlobal({ seed: 2026 });

Deno.test("GroupMap reads the sample: the first line of a user wins", () => {
  const map = new GroupMap(sample("group_map"));
  assertEquals(map.of("bob"), { names: ["projectA", "projectB"], refused: 0 });
  assertEquals(map.of("alice"), { names: ["projectB"], refused: 0 });
  assertEquals(map.of("carol"), { names: [], refused: 0 });
  assertEquals([...map.users()], ["bob", "alice"]);
});

const LINES: readonly (readonly [string, readonly string[]])[] = [
  ["* u a", ["a"]],
  ["  *\tu   a,b  ", ["a", "b"]],
  ["* u a,b more words", ["a", "b"]],
  ["* u a, b", ["a"]],
  ["* u ,a,,b,", ["a", "b"]],
  ["* u a\r", ["a"]],
  ["* u", []],
  ["** u a", []],
  ["x u a", []],
  ["# * u a", []],
  ["*u a", []],
  ["* /u/ a", []],
  ["* u ../x,ok,.,..,a/b,a b", ["ok", "a"]],
  ["* u é,ok,\0", ["ok"]],
  ["", []],
];
for (const [line, groups] of LINES) {
  Deno.test(`GroupMap of ${JSON.stringify(line)}`, () => {
    assertEquals(new GroupMap(`${line}\n`).of("u").names, groups);
    assertEquals(new GroupMap(line).of("u").names, groups);
  });
}

Deno.test("GroupMap says how many groups it leaves out", () => {
  assertEquals(new GroupMap("* u a,../b,c\n").of("u"), { names: ["a", "c"], refused: 1 });
  const many = Array.from({ length: MOST_GROUPS + 5 }, (_, i) => `g${i}`).join(",");
  const { names, refused } = new GroupMap(`* u ${many}`).of("u");
  assertEquals([names.length, refused], [MOST_GROUPS, 5]);
  // Membership is known of all of them.
  const map = new GroupMap(`* u ${many}`);
  assertEquals([map.has("u", "g0"), map.has("u", `g${MOST_GROUPS + 4}`)], [true, true]);
  assertEquals([map.has("u", "g"), map.has("v", "g0"), map.has("constructor", "g0")], [
    false,
    false,
    false,
  ]);
});

Deno.test("GroupMap of any text only has groups that can be in a scope", () => {
  const piece = fc.constantFrom(
    "*",
    " ",
    "\t",
    "\n",
    "\r",
    ",",
    "u",
    "a",
    "..",
    "/",
    "\0",
    "é",
    "#",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
    const map = new GroupMap(pieces.join(""));
    for (const user of [...map.users(), "u", "__proto__", "constructor"]) {
      for (const name of map.of(user).names) assert(/^[A-Za-z0-9._@+-]+$/.test(name));
    }
  }));
});

Deno.test("GroupMap finds for each user what Python's split() finds", () => {
  const word = fc.stringMatching(/^[a-z]{1,3}$/);
  const blank = fc.constantFrom(" ", "\t", "   ");
  const line = fc.tuple(fc.constantFrom("*", "x", "#"), blank, word, blank, word, blank, word);
  fc.assert(fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
    const text = lines.map((parts) => parts.join("")).join("\n");
    const expected = new Map<string, string[]>();
    for (const one of text.split("\n")) {
      const [star, user, groups] = one.trim().split(/\s+/);
      if (star === "*" && groups !== undefined && !expected.has(user!)) {
        expected.set(user!, groups.split(","));
      }
    }
    const map = new GroupMap(text);
    assertEquals([...map.users()], [...expected.keys()]);
    for (const [user, groups] of expected) assertEquals(map.of(user).names, groups);
  }));
});

Deno.test("GroupMap of a line without an end takes a time that grows with its length alone", () => {
  for (const text of [" ".repeat(2_000_000), "*".repeat(2_000_000), `* ${"u".repeat(2_000_000)}`]) {
    assertEquals([...new GroupMap(text).users()], []);
  }
});

Deno.test("readGroupMap() says what is wrong with a file", async () => {
  using desk = Desk.make();
  assertThrows(() => readGroupMap(desk.at("none")), GroupMapError, "No such file or directory");
  assertThrows(() => readGroupMap(desk.path), GroupMapError, "not a regular file");
  await new Deno.Command("mkfifo", { args: [desk.at("fifo")] }).output();
  assertThrows(() => readGroupMap(desk.at("fifo")), GroupMapError, "not a regular file");
  Deno.truncateSync(desk.write("huge", ""), 33 * 1024 * 1024);
  assertThrows(() => readGroupMap(desk.at("huge")), GroupMapError, "more than 33554432");
  const modes = [[0o666, true], [0o602, true], [0o664, false], [0o444, false]] as const;
  for (const [mode, isRefused] of modes) {
    desk.write("shared", "* u a\n", mode);
    const read = () => readGroupMap(desk.at("shared")).of("u").names;
    if (isRefused) assertThrows(read, GroupMapError, "everybody can write to it, its mode");
    else assertEquals(read(), ["a"]);
  }
  desk.write("binary", crypto.getRandomValues(new Uint8Array(50_000)));
  for (const user of readGroupMap(desk.at("binary")).users()) {
    readGroupMap(desk.at("binary")).of(user);
  }
});

Deno.test("GroupMaps reads each map once a scan and says when one cannot be read", () => {
  const notes: string[] = [];
  let text: string | undefined = "* u a\n";
  let reads = 0;
  const maps = new GroupMaps(["/m", "/m"], {
    note: (line) => notes.push(line),
    read: () => {
      reads++;
      if (text === undefined) throw new GroupMapError("gone");
      return new GroupMap(text);
    },
  });
  maps.refresh();
  const first = maps.get("/m");
  assertEquals([reads, first.map?.of("u").names], [1, ["a"]]);
  maps.refresh();
  assertEquals(maps.get("/m").identity, first.identity);
  text = undefined;
  maps.refresh();
  maps.refresh();
  assertEquals(maps.get("/m").reason, "gone");
  assertEquals(maps.get("/m").lastIdentity, first.identity);
  assertNotEquals(maps.get("/m").identity, first.identity);
  text = "* u b\n";
  maps.refresh();
  assertNotEquals(maps.get("/m").identity, first.identity);
  assertEquals(maps.get("/m").lastIdentity, undefined);
  assertEquals(notes, ['Cannot read group map "/m": gone', 'Group map "/m" is back']);
});
