import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { ARCHIVE_LIMITS } from "../../../core/annex/archive/limits.ts";
import { readArchive } from "../../../core/annex/archive/reader.ts";
import { AnnexError } from "../../../core/annex/errors.ts";
import { concat, END, type Entry, GNU, members, portions, record, tar } from "./tar.ts";

interface Found {
  readonly path: string;
  readonly type: string;
  readonly mode: number | undefined;
  readonly content: string;
}

async function read(
  archive: Uint8Array,
  { limits = ARCHIVE_LIMITS, size = 1000 } = {},
): Promise<Found[]> {
  const found: Found[] = [];
  for await (const { path, type, mode, content } of readArchive(portions(archive, size), limits)) {
    const decoder = new TextDecoder();
    let text = "";
    for await (const part of content()) text += decoder.decode(part, { stream: true });
    found.push({ path, type, mode, content: text });
  }
  return found;
}

async function refusal(archive: Uint8Array, limits = ARCHIVE_LIMITS): Promise<string> {
  const error = await assertRejects(() => read(archive, { limits }), AnnexError);
  assertEquals([error.code, error.retryable], ["archive-rejected", false]);
  assertStringIncludes(error.message, "Cannot unpack the archive: ");
  return error.message.slice("Cannot unpack the archive: ".length);
}

/** The archive that condor_annex makes. */
const REQUESTERS: readonly Entry[] = [
  { name: "config.d/" },
  { name: "config.d/00ec2-dynamic.config", content: "IsAnnex = TRUE\n" },
  { name: "tokens.d/" },
  { name: "tokens.d/a.user@h", mode: 0o600, content: "token" },
  { name: "passwords.d/" },
  { name: "passwords.d/POOL", mode: 0o600, content: "p".repeat(1300) },
];

Deno.test("readArchive() gives the members of an archive, whatever portions its bytes come in", async () => {
  const expected: Found[] = REQUESTERS.map(({ name, mode, content = "" }) => {
    const path = name as string;
    return path.endsWith("/")
      ? { path: path.slice(0, -1), type: "directory", mode: 0o755, content: "" }
      : { path, type: "file", mode: (mode ?? 0o644) as number, content: content as string };
  });
  const whole = tar(REQUESTERS);
  for (const size of [1, 7, 511, 512, 513, 10240, 1 << 20]) {
    assertEquals(await read(whole, { size }), expected, `${size}`);
  }
  const padded = concat(whole, new Uint8Array(10240 - whole.length % 10240));
  assertEquals(await read(padded), expected);
});

Deno.test("readArchive() skips what of a content is not read", async () => {
  const paths: string[] = [];
  for await (const { path, content } of readArchive(portions(tar(REQUESTERS), 100))) {
    paths.push(path);
    if (path !== "passwords.d/POOL") continue;
    for await (const _ of content()) break;
  }
  assertEquals(paths.length, 6);
});

Deno.test("readArchive() understands long names and sizes as GNU and POSIX write them", async () => {
  const long = `config.d/${"n".repeat(200)}`;
  const [gnu, pax] = [{ magic: GNU }, { type: "x", name: "PaxHeaders/x" }];
  const extended = concat(
    record("mtime", "1700000000.5"),
    record("path", "config.d/first"),
    record("path", long),
    record("uname", "π"),
  );
  const cases: readonly (readonly [string, readonly Entry[]])[] = [
    ["GNU long name", [
      { ...gnu, type: "L", name: "././@LongLink", content: `${long}\0` },
      { ...gnu, name: long, content: "c" },
    ]],
    ["GNU long link, which nothing uses", [
      { ...gnu, type: "K", name: "././@LongLink", content: "anything\0" },
      { ...gnu, type: "L", name: "././@LongLink", content: long },
      { ...gnu, name: long, content: "c" },
    ]],
    ["pax path", [{ ...pax, content: extended }, { name: "short", content: "c" }]],
    ["pax size", [
      { ...pax, content: concat(record("size", "1"), record("path", long)) },
      { name: "short", content: "c", size: 0 },
    ]],
    ["global header, which is passed over", [
      { type: "g", name: "pax_global_header", content: record("path", "elsewhere") },
      { ...pax, content: record("path", long) },
      { name: "short", content: "c" },
    ]],
    ["prefix", [{ prefix: "config.d", name: "n".repeat(100), content: "c" }]],
  ];
  for (const [title, entries] of cases) {
    const expected = title === "prefix" ? `config.d/${"n".repeat(100)}` : long;
    const [found, ...more] = await read(tar(entries));
    assertEquals([found?.path, found?.content, more.length], [expected, "c", 0], title);
  }
});

Deno.test("readArchive() takes the old mark of a file, contiguous files and the place itself", async () => {
  const entries = [
    { name: "./" },
    { name: "./a", type: "\0", content: "1" },
    { name: "b", type: "7", content: "2", mode: "       " },
    { name: ".", type: "5" },
    { name: "./c/", mode: 0o777 },
    { name: "d", type: "5", magic: GNU, prefix: "times, not names" },
  ];
  const found = await read(tar(entries));
  assertEquals(found.map(({ path, type, mode }) => `${path} ${type} ${mode?.toString(8)}`), [
    "a file 644",
    "b file undefined",
    "c directory 777",
    "d directory 644",
  ]);
});

Deno.test("readArchive() refuses links, devices and all that is neither file nor directory", async () => {
  const types = {
    "1": "a hard link",
    "2": "a symbolic link",
    "3": "a character device",
    "4": "a block device",
    "6": "a FIFO",
    "S": "a sparse file",
    "D": "a directory's listing",
    "M": "a part of a file",
    "V": 'of type "V"',
    "X": 'of type "X"',
    "A": 'of type "A"',
    "\x1b": 'of type "\\u001b"',
    "\x7f": 'of type "\\u007f"',
  };
  for (const [type, what] of Object.entries(types)) {
    const entries = [...REQUESTERS, { name: "config.d/l", type, link: "/etc/passwd" }];
    assertEquals(await refusal(tar(entries)), `member "config.d/l" is ${what}`);
  }
});

Deno.test("readArchive() refuses sparse files that are marked in pax headers", async () => {
  for (const key of ["GNU.sparse.major", "GNU.sparse.name", "SCHILY.realsize"]) {
    const entries = [{ type: "x", name: "x", content: record(key, "1") }, { name: "f" }];
    assertEquals(await refusal(tar(entries)), "a member is a sparse file");
  }
});

Deno.test("readArchive() refuses names that lead elsewhere or could be mistaken", async () => {
  const cases: readonly (readonly [string | Uint8Array, string, string?])[] = [
    ["/etc/passwd", "is absolute"],
    [".//etc/passwd", "has an empty part"],
    ["../a", 'has a part ".."'],
    ["./../a", 'has a part ".."'],
    ["config.d/../../a", 'has a part ".."'],
    ["config.d/..", 'has a part ".."'],
    ["../", 'has a part ".."', "5"],
    ["..", 'has a part ".."', "5"],
    ["config.d/./a", 'has a part "."'],
    ["././a", 'has a part "."'],
    [".", 'has a part "."'],
    ["config.d//a", "has an empty part"],
    ["config.d//", "has an empty part", "5"],
    ["config.d/a/", "has an empty part", "0"],
    ["", "is empty"],
    ["/", "is absolute", "5"],
    ["config.d\\a", "has a backslash"],
    ["a\nb", "has control characters"],
    ["a\u007f", "has control characters"],
    ["a\u2028b", "has control characters"],
    [Uint8Array.of(0x61, 0xff), "is no UTF-8"],
    [Uint8Array.of(0xc0, 0xae, 0xc0, 0xae, 0x2f, 0x61), "is no UTF-8"],
    [Array(33).fill("d").join("/"), "has more than 32 parts"],
  ];
  for (const [name, state, type] of cases) {
    const entry = { name, ...(type !== undefined && { type }) };
    const message = await refusal(tar([...REQUESTERS, entry]));
    assertEquals(message.replace(/^the name of member ".*" /, ""), state, String(name));
  }
});

Deno.test("readArchive() refuses the same names from long-name headers", async () => {
  const cases: readonly (readonly [string | Uint8Array, string])[] = [
    ["../a", 'has a part ".."'],
    ["/a", "is absolute"],
    ["", "is empty"],
    ["n".repeat(256), "has a part longer than 255 bytes"],
    ["é".repeat(128), "has a part longer than 255 bytes"],
    ["d/".repeat(520) + "a", "is longer than 1024 bytes"],
  ];
  for (const [name, state] of cases) {
    const long = { magic: GNU, type: "L", name: "l", content: name };
    const message = await refusal(tar([long, { magic: GNU, name: "fine" }]));
    assertEquals(message.replace(/^the name of member ".*" /, ""), state);
  }
  const hidden = concat(record("path", "a\0/../../b"));
  const message = await refusal(tar([{ type: "x", name: "x", content: hidden }, { name: "fine" }]));
  assertStringIncludes(message, "has control characters");
});

Deno.test("readArchive() refuses members that are at odds with each other", async () => {
  const cases: readonly (readonly Entry[])[] = [
    [{ name: "a" }, { name: "a/" }],
    [{ name: "a/" }, { name: "a" }],
    [{ name: "a" }, { name: "a/b" }],
    [{ name: "a/b" }, { name: "a" }],
    [{ name: "./a/b/c" }, { name: "a/b" }],
  ];
  for (const entries of cases) {
    assertStringIncludes(await refusal(tar(entries)), "is both a file and a directory");
  }
});

Deno.test("readArchive() refuses headers that are damaged or of another format", async () => {
  const cases: readonly (readonly [Entry, string])[] = [
    [{ name: "a", checksum: "000000\0 " }, "a header's checksum is wrong"],
    [{ name: "a", checksum: "xxxxxx\0 " }, "a header's checksum is wrong"],
    [{ name: "a", magic: "\0\0\0\0\0\0\0\0" }, "a header is of an unknown format"],
    [{ name: "a", magic: "ustar\x0001" }, "a header is of an unknown format"],
    [{ name: "a", size: "00000000009" }, 'the size of member "a" is no number'],
    [{ name: "a", size: "-0000000001" }, 'the size of member "a" is no number'],
    [{ name: "a", size: " ".repeat(11) }, 'the size of member "a" is no number'],
    [{ name: "a", size: "\x7f" + "\x01".repeat(11) }, 'the size of member "a" is no number'],
    [{ name: "a", mode: "rw-r--r" }, 'the mode of member "a" is no number'],
    [{ name: "a/", content: "x" }, 'directory "a/" has a content'],
  ];
  for (const [entry, message] of cases) assertEquals(await refusal(tar([entry])), message);
});

Deno.test("readArchive() refuses malformed extended headers", async () => {
  const malformed = [
    "5 a=b\n",
    "99 a=b\n",
    "06 a=b\n",
    "6 a=b ",
    "6 =bb\n",
    "6 abb\n",
    " 6 a=b\n",
    "-6 a=b\n",
    "6",
    "\0\0\0",
    "99999999999999999999 a=b\n",
    "3 \n",
  ];
  for (const content of malformed) {
    const entries = [{ type: "x", name: "x", content }, { name: "a" }];
    assertEquals(await refusal(tar(entries)), "an extended header is malformed", content);
  }
  const sizes = ["-1", "1.5", "1e3", "0x10", "9".repeat(16)];
  for (const size of sizes) {
    const entries = [{ type: "x", name: "x", content: record("size", size) }, { name: "a" }];
    assertEquals(await refusal(tar(entries)), "an extended header is malformed", size);
  }
});

Deno.test("readArchive() refuses extended headers that extend nothing, or one member twice", async () => {
  const pax = { type: "x", name: "x", content: record("path", "p") };
  const long = { magic: GNU, type: "L", name: "l", content: "n\0" };
  assertEquals(await refusal(tar([{ name: "a" }, pax])), "an extended header extends nothing");
  assertEquals(await refusal(tar([long])), "an extended header extends nothing");
  assertEquals(
    await refusal(tar([pax, pax, { name: "a" }])),
    "two extended headers are of one member",
  );
  assertEquals(await refusal(tar([pax, long, { name: "a" }])), "a member has two long names");
  assertEquals(await refusal(tar([long, long, { name: "a" }])), "a member has two long names");
});

Deno.test("readArchive() refuses an archive that is cut, or goes on after its end", async () => {
  const whole = members(REQUESTERS);
  const zero = new Uint8Array(512);
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(), "it has no end"],
    [whole, "it has no end"],
    [concat(whole, zero), "its end is not two blocks of zeros"],
    [concat(whole, zero, members([{ name: "a" }]), END), "its end is not two blocks of zeros"],
    [concat(whole, END, Uint8Array.of(1)), "something follows its end"],
    [concat(whole, END, members([{ name: "a" }])), "something follows its end"],
    [whole.subarray(0, -100), "it ends in the middle"],
    [whole.subarray(0, 300), "it ends in the middle"],
    [whole.subarray(0, -600), "it ends in the middle"],
    [members([{ name: "a", size: 5000, content: "x" }]), "it ends in the middle"],
    [members([{ type: "x", name: "x", size: 5000, content: "x" }]), "it ends in the middle"],
  ];
  for (const [archive, message] of cases) assertEquals(await refusal(archive), message);
});

Deno.test("readArchive() keeps to its limits", async () => {
  const limits = { ...ARCHIVE_LIMITS, bytes: 20_000, members: 5, extension: 600 };
  const fits: Entry[] = Array.from({ length: 5 }, (_, i) => ({ name: `f${i}` }));
  assertEquals((await read(tar(fits), { limits })).length, 5);
  assertEquals(await refusal(tar([...fits, { name: "f" }]), limits), "it has more than 5 members");
  const headers = Array.from({ length: 6 }, () => ({ type: "g", name: "g" }));
  assertEquals(await refusal(tar(headers), limits), "it has more than 5 members");
  const big = tar([{ name: "f", content: new Uint8Array(20_000) }]);
  assertEquals(await refusal(big, limits), "more than 20000 bytes unpacked");
  assertEquals(
    await refusal(concat(tar(fits), new Uint8Array(20_000)), limits),
    "more than 20000 bytes unpacked",
  );
  for (const type of ["x", "g", "L", "K"]) {
    const entries = [{ type, name: "x", content: "n".repeat(601) }, { name: "f" }];
    assertEquals(
      await refusal(tar(entries), limits),
      "an extended header is longer than 600 bytes",
    );
  }
});

Deno.test("readArchive() gives up its source when nobody reads on", async () => {
  let closed = false;
  async function* source() {
    try {
      yield* portions(tar(REQUESTERS), 512);
    } finally {
      closed = true;
    }
  }
  for await (const _ of readArchive(source())) break;
  assertEquals(closed, true);
});

Deno.test("readArchive() passes on what its source throws", async () => {
  async function* broken() {
    yield tar(REQUESTERS).slice(0, 700);
    await Promise.resolve();
    throw new TypeError("broken disk");
  }
  await assertRejects(
    async () => await Array.fromAsync(readArchive(broken())),
    TypeError,
    "broken",
  );
});

Deno.test("readArchive() shows names in messages escaped and short", async () => {
  const message = await refusal(tar([{ name: `\x1b[31m${"n".repeat(80)}"\u202e`, type: "2" }]));
  assertEquals(/[\p{Cc}\u202e]/u.test(message), false);
  const long = { magic: GNU, type: "L", name: "l", content: "/" + "n".repeat(1000) };
  assertEquals((await refusal(tar([long, { magic: GNU, name: "f" }]))).length < 200, true);
});

Deno.test("readArchive() reads back whatever names and contents were written", async () => {
  const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 })
    .filter((text) => !/[/\\\p{Cc}\p{Zl}\p{Zp}]/u.test(text) && text !== "." && text !== "..")
    .filter((text) => text.isWellFormed());
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const file = fc.record({ path, content: fc.string({ maxLength: 1500 }), pax: fc.boolean() });
  const files = fc.uniqueArray(file, { maxLength: 6, selector: ({ path }) => path.split("/")[0] });
  await fc.assert(
    fc.asyncProperty(files, fc.integer({ min: 1, max: 3000 }), async (files, size) => {
      const entries = files.flatMap(({ path, content, pax }): Entry[] => [
        pax
          ? { type: "x", name: "x", content: record("path", path) }
          : { magic: GNU, type: "L", name: "l", content: `${path}\0` },
        { magic: pax ? "ustar\x0000" : GNU, name: "short", content },
      ]);
      const found = await read(tar(entries), { size });
      assertEquals(
        found.map(({ path, content }) => ({ path, content })),
        files.map(({ path, content }) => ({ path, content })),
      );
    }),
    { numRuns: 200 },
  );
});
