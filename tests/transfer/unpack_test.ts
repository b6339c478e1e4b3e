import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { TransferFailure } from "../../core/errors.ts";
import { unpack, type Unpacked, type UnpackOptions } from "../../core/transfer/unpack.ts";
import { failureOf, sampleBytes, TempDir } from "./contract.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** Unpacks `archive` into `dir`. */
async function run(
  dir: TempDir,
  archive: Uint8Array,
  options: Partial<UnpackOptions> = {},
): Promise<Unpacked | undefined> {
  const path = dir.join(".part");
  Deno.writeFileSync(path, archive);
  try {
    return await unpack(path, {
      mode: "auto",
      name: "target",
      directory: dir.path,
      signal: new AbortController().signal,
      server: "h:80",
      ...options,
    });
  } finally {
    Deno.removeSync(path);
  }
}

/** Unpacks what must be refused; nothing may be left of it. */
async function refusal(
  archive: Uint8Array,
  options: Partial<UnpackOptions> = {},
): Promise<TransferFailure> {
  using dir = new TempDir();
  const failure = await failureOf(() => run(dir, archive, options));
  assertEquals(dir.names(), []);
  return failure;
}

/** All files below a directory with their content, links with their target. */
function tree(dir: TempDir, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of Deno.readDirSync(dir.join(below))) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory) Object.assign(found, { [`${path}/`]: "" }, tree(dir, path));
    else if (entry.isSymlink) found[path] = `-> ${Deno.readLinkSync(dir.join(path))}`;
    else found[path] = Deno.readTextFileSync(dir.join(path));
  }
  return found;
}

interface TarEntry {
  name: string;
  type?: string;
  link?: string;
  mode?: number;
  body?: Uint8Array;
  /** Size in the header, if not that of the body. */
  size?: number;
}

/** A tar archive (POSIX ustar), whatever it is good for. */
function tar(entries: TarEntry[], end = 1024): Uint8Array {
  const blocks = entries.flatMap((entry) => {
    const { name, type = "0", link = "", mode = 0o644, body = new Uint8Array() } = entry;
    const header = new Uint8Array(512);
    const put = (at: number, value: string) => header.set(text(value), at);
    const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
    put(0, name);
    put(100, octal(mode, 7));
    put(108, octal(0, 7));
    put(116, octal(0, 7));
    put(124, octal(entry.size ?? body.length, 11));
    put(136, octal(1_700_000_000, 11));
    put(148, "        ");
    put(156, type);
    put(157, link);
    put(257, "ustar\x0000");
    put(148, `${octal(header.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
    return [header, body, new Uint8Array((512 - body.length % 512) % 512)];
  });
  return Buffer.concat([...blocks, new Uint8Array(end)]);
}

interface ZipFile {
  name: string | Uint8Array;
  body?: Uint8Array;
  stored?: boolean;
  /** Unix mode with the kind of file. */
  mode?: number;
  flags?: number;
  method?: number;
  crc?: number;
  size?: number;
  /** Put sizes after the content, as when streaming. */
  descriptor?: boolean;
  /** Name in the local header. */
  local?: string;
  offset?: number;
  zip64?: boolean;
}

/** A ZIP archive, whatever it is good for. */
function zip(
  files: ZipFile[],
  options: { zip64?: boolean; comment?: string; disk?: number } = {},
): Uint8Array {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const file of files) {
    const body = file.body ?? new Uint8Array();
    const data = file.stored ? body : deflateRawSync(body);
    const name = typeof file.name === "string" ? text(file.name) : file.name;
    const flags = (file.flags ?? 0) | (file.descriptor ? 8 : 0);
    const method = file.method ?? (file.stored ? 0 : 8);
    const sum = file.crc ?? crc32(body);
    const size = file.size ?? body.length;
    const shown = file.descriptor ? 0 : 1;
    const localName = file.local === undefined ? name : text(file.local);
    const local = record(0x04034b50, [
      [2, 20],
      [2, flags],
      [2, method],
      [4, 0],
      [4, sum * shown],
      [4, data.length * shown],
      [4, size * shown],
      [2, localName.length],
      [2, 0],
    ]);
    const after = file.descriptor
      ? record(0x08074b50, [[4, sum], [4, data.length], [4, size]])
      : new Uint8Array();
    const at = file.offset ?? offset;
    const extra = file.zip64
      ? Buffer.concat([
        bytes([[2, 0x9999], [2, 2], [2, 0]]),
        bytes([[2, 1], [2, 24], [8, size], [8, data.length], [8, at]]),
      ])
      : new Uint8Array();
    const wide = (value: number) => file.zip64 ? 0xffffffff : value;
    central.push(
      record(0x02014b50, [
        [2, file.mode === undefined ? 20 : 0x0314],
        [2, 20],
        [2, flags],
        [2, method],
        [4, 0],
        [4, sum],
        [4, wide(data.length)],
        [4, wide(size)],
        [2, name.length],
        [2, extra.length],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, (file.mode ?? 0) * 65536],
        [4, wide(at)],
      ]),
      name,
      extra,
    );
    parts.push(local, localName, data, after);
    offset += local.length + localName.length + data.length + after.length;
  }
  const directory = Buffer.concat(central);
  const start = offset;
  const full = options.zip64 ? 0xffffffff : undefined;
  const record64 = options.zip64
    ? [
      record(0x06064b50, [
        [8, 44],
        [4, 0],
        [4, 0],
        [4, 0],
        [8, files.length],
        [8, files.length],
        [8, directory.length],
        [8, offset],
      ]),
      record(0x07064b50, [[4, 0], [8, start + directory.length], [4, 1]]),
    ]
    : [];
  const comment = text(options.comment ?? "");
  const end = record(0x06054b50, [
    [2, options.disk ?? 0],
    [2, 0],
    [2, full ?? files.length],
    [2, full ?? files.length],
    [4, full ?? directory.length],
    [4, full ?? offset],
    [2, comment.length],
  ]);
  return Buffer.concat([...parts, directory, ...record64, end, comment]);
}

function record(signature: number, fields: [number, number][]): Uint8Array {
  return bytes([[4, signature], ...fields]);
}

function bytes(fields: [number, number][]): Uint8Array {
  const out = Buffer.alloc(fields.reduce((sum, [width]) => sum + width, 0));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 8) out.writeBigUInt64LE(BigInt(value), at);
    else if (width === 4) out.writeUInt32LE(value >>> 0, at);
    else out.writeUInt16LE(value & 0xffff, at);
    at += width;
  }
  return out;
}

Deno.test("unpack() keeps the file in mode off, and in mode auto what is no archive", async () => {
  using dir = new TempDir();
  assertEquals(await run(dir, gzipSync("x"), { mode: "off" }), undefined);
  for (const content of ["", "x", "plain text", "PK", "\x1f", "x".repeat(1000)]) {
    assertEquals(await run(dir, text(content)), undefined);
  }
  assertEquals(await run(dir, new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])), undefined);
  assertEquals(dir.names(), []);
});

Deno.test("unpack() refuses xz and what is not the demanded kind of archive", async () => {
  for (
    const [archive, mode, state] of [
      [text("x"), "xz", "xz is not supported"],
      [Buffer.from("fd377a585a00", "hex"), "tar", "xz is not supported"],
      [text("x"), "gz", "it is no gzip file"],
      [gzipSync("x"), "zip", "it is no ZIP archive"],
      [gzipSync("x"), "tar", "it is no tar archive"],
      [zip([]), "tar", "it is no tar archive"],
      [text(""), "gz", "it is no gzip file"],
    ] as const
  ) {
    const failure = await refusal(archive, { mode });
    assertEquals(failure.message, `Cannot unpack "target": ${state}`);
    assertEquals([failure.kind, failure.facts.retryable, failure.facts.errorCode], [
      "Parameter",
      -1,
      61,
    ]);
  }
});

Deno.test("unpack() unpacks gzip into the name without its suffix", async () => {
  for (
    const [name, out] of [
      ["a.txt.gz", "a.txt"],
      ["a.GZ", "a"],
      ["a.tgz", "a.tar"],
      ["a", "a"],
      [".gz", ".gz"],
    ] as const
  ) {
    using dir = new TempDir();
    Deno.writeTextFileSync(dir.join(out), "old");
    const unpacked = await run(dir, gzipSync("content"), { mode: "gz", name });
    assertEquals(unpacked, { files: [out], bytes: 7 });
    assertEquals(tree(dir), { [out]: "content" });
  }
});

Deno.test("unpack() unpacks large gzip files, of several members, and empty ones", async () => {
  using dir = new TempDir();
  const content = sampleBytes(5_000_000);
  const members = [content.subarray(0, 2_000_001), content.subarray(2_000_001)].map((part) =>
    gzipSync(part)
  );
  const unpacked = await run(dir, Buffer.concat(members), { name: "big.gz" });
  assertEquals(unpacked?.bytes, content.length);
  assert(Buffer.from(content).equals(Deno.readFileSync(dir.join("big"))));
  await run(dir, gzipSync(""), { name: "none.gz" });
  assertEquals(Deno.readTextFileSync(dir.join("none")), "");
});

Deno.test("unpack() tells a cut gzip file from a damaged one, both worth a retry", async () => {
  const whole = gzipSync(sampleBytes(100_000));
  for (const length of [10, 11, 1000, whole.length - 9, whole.length - 1]) {
    const failure = await refusal(whole.subarray(0, length), { mode: "gz" });
    assertEquals([length, failure.message], [
      length,
      'Cannot unpack "target": the archive ends too early',
    ]);
    assertEquals([failure.kind, failure.facts.failureType], ["Transfer", "Incomplete"]);
    assertEquals([failure.facts.retryable, failure.facts.server], [0, "h:80"]);
  }
  const flipped = Uint8Array.from(whole);
  flipped[flipped.length - 6]! ^= 1;
  const failure = await refusal(flipped, { mode: "gz" });
  assertEquals([failure.kind, failure.facts.failureType], ["Transfer", "Checksum"]);
});

const TAR: TarEntry[] = [
  { name: "d/", type: "5", mode: 0o755 },
  { name: "d/a", body: text("in a") },
  { name: "./d//e/b", body: text("in b"), mode: 0o4755 },
  { name: "link", type: "2", link: "d/a" },
  { name: "d/up", type: "2", link: "../d/a" },
  { name: "hard", type: "1", link: "d/a" },
];

Deno.test("unpack() unpacks tar, plain and in gzip, without set-id bits", async () => {
  for (const archive of [tar(TAR), gzipSync(tar(TAR))]) {
    for (const mode of ["auto", "tar"] as const) {
      using dir = new TempDir();
      const unpacked = await run(dir, archive, { mode });
      assertEquals([...unpacked!.files].sort(), ["d/a", "d/e/b", "d/up", "hard", "link"]);
      assertEquals(tree(dir), {
        "d/": "",
        "d/a": "in a",
        "d/e/": "",
        "d/e/b": "in b",
        "d/up": "-> ../d/a",
        hard: "in a",
        link: "-> d/a",
      });
      assertEquals(Deno.statSync(dir.join("d/e/b")).mode! & 0o7777, 0o755);
    }
  }
});

Deno.test("unpack() only unwraps the gzip around a tar in mode gz", async () => {
  using dir = new TempDir();
  await run(dir, gzipSync(tar(TAR)), { mode: "gz", name: "x.tar.gz" });
  assertEquals(dir.names(), ["x.tar"]);
  assert(Buffer.from(tar(TAR)).equals(Deno.readFileSync(dir.join("x.tar"))));
});

Deno.test("unpack() merges with what is there, and never half", async () => {
  using dir = new TempDir();
  Deno.mkdirSync(dir.join("d"));
  Deno.writeTextFileSync(dir.join("d/a"), "old");
  Deno.writeTextFileSync(dir.join("d/mine"), "mine");
  await run(dir, tar([{ name: "d/a", body: text("new") }, { name: "z", body: text("z") }]));
  assertEquals(tree(dir), { "d/": "", "d/a": "new", "d/mine": "mine", z: "z" });
  const failure = await failureOf(() =>
    run(dir, tar([{ name: "a", body: text("a") }, { name: "d", body: text("file") }]))
  );
  assertEquals(failure.message, 'Cannot unpack "target": "d" exists and is a directory');
  const other = await failureOf(() => run(dir, tar([{ name: "z/x", body: text("x") }])));
  assertEquals(other.message, 'Cannot unpack "target": "z" exists and is not a directory');
  assertEquals(dir.names(), ["d", "z"]);
});

Deno.test("unpack() refuses tar entries that lead out or are no files", async () => {
  for (
    const [entry, state] of [
      [{ name: "../x", body: text("x") }, 'the name "../x" leads out of the directory'],
      [{ name: ".job.ad", body: text("x") }, 'the name ".job.ad" is HTCondor\'s own'],
      [{ name: "./.condor_creds/a.use" }, 'the name "./.condor_creds/a.use" is HTCondor\'s own'],
      [{ name: "_condor_stdout" }, 'the name "_condor_stdout" is HTCondor\'s own'],
      [{ name: ".curl_plugin.out" }, 'the name ".curl_plugin.out" is HTCondor\'s own'],
      [{ name: "a/../../x" }, 'the name "a/../../x" leads out of the directory'],
      [{ name: "/etc/x" }, 'the name "/etc/x" is absolute'],
      [{ name: "l", type: "2", link: "/etc/passwd" }, 'the link "l" leads out of the directory'],
      [{ name: "l", type: "2", link: ".." }, undefined],
      [{ name: "l", type: "2", link: "../x" }, 'the link "l" leads out of the directory'],
      [{ name: "d/l", type: "2", link: "../../x" }, 'the link "d/l" leads out of the directory'],
      [{ name: "h", type: "1", link: "../x" }, 'the name "../x" leads out of the directory'],
      [{ name: "h", type: "1", link: "/etc/passwd" }, 'the name "/etc/passwd" is absolute'],
      [{ name: "c", type: "3" }, 'the entry "c" is a character device'],
      [{ name: "b", type: "4" }, 'the entry "b" is a block device'],
      [{ name: "p", type: "6" }, 'the entry "p" is a fifo'],
    ] as const
  ) {
    for (const wrap of [(x: Uint8Array) => x, (x: Uint8Array) => gzipSync(x)]) {
      const failure = await refusal(wrap(tar([{ name: "first", body: text("1") }, entry])), {
        mode: "tar",
      });
      assertEquals(failure.kind, "Parameter");
      if (state) assertEquals(failure.message, `Cannot unpack "target": ${state}`);
    }
  }
});

Deno.test("unpack() does not write through a link of the archive", async () => {
  const archive = tar([
    { name: "l", type: "2", link: "d" },
    { name: "l/x", body: text("x") },
  ]);
  using dir = new TempDir();
  const outcome = await run(dir, archive).catch((error) => error);
  if (outcome instanceof Error) assertEquals(dir.names(), []);
  else assert(!Object.keys(tree(dir)).includes("d/x"));
});

Deno.test("unpack() reports a cut tar as Incomplete, a damaged one as Checksum", async () => {
  const whole = tar([{ name: "a", body: sampleBytes(5000) }, { name: "b", body: text("b") }]);
  for (const length of [700, 5000, 512 + 5120 + 100]) {
    const failure = await refusal(whole.subarray(0, length));
    assertEquals([length, failure.kind, failure.facts.failureType], [
      length,
      "Transfer",
      "Incomplete",
    ]);
  }
  const flipped = Uint8Array.from(whole);
  flipped[512 + 5120]! ^= 1;
  assertEquals((await refusal(flipped)).facts.failureType, "Checksum");
});

Deno.test("unpack() bounds entries, bytes and growth", async () => {
  const many = Array.from({ length: 11 }, (_, i) => ({ name: `f${i}`, body: text("x") }));
  const zeros = new Uint8Array(2_000_000);
  for (
    const [archive, limits, state] of [
      [tar(many), { entries: 10 }, "it holds more than 10 entries"],
      [zip(many), { entries: 10 }, "it holds more than 10 entries"],
      [gzipSync(zeros), { bytes: 1000 }, "it holds more than 1000 bytes"],
      [
        gzipSync(tar([{ name: "z", body: zeros }])),
        { bytes: 9999 },
        "it holds more than 9999 bytes",
      ],
      [zip([{ name: "z", body: zeros }]), { bytes: 1000 }, "it holds more than 1000 bytes"],
      [
        zip([{ name: "z", body: zeros.subarray(0, 9999) }]),
        { bytes: 1000 },
        "it holds more than 1000 bytes",
      ],
      [gzipSync(zeros), { ratio: 10, freeBytes: 0 }, undefined],
    ] as const
  ) {
    const failure = await refusal(archive, { limits });
    assertMatch(
      failure.message,
      /^Cannot unpack "target": it holds more than \d+ (bytes|entries)$/,
    );
    if (state) assert(failure.message.endsWith(state), failure.message);
    assertEquals(failure.kind, "Parameter");
  }
  using dir = new TempDir();
  await run(dir, gzipSync(zeros), { limits: { ratio: 10 } });
});

Deno.test("unpack() ends with the signal's reason and leaves nothing", async () => {
  const reason = new Error("stop");
  for (const archive of [gzipSync(sampleBytes(9_000_000)), tar(TAR), zip([{ name: "a" }])]) {
    using dir = new TempDir();
    const abort = new AbortController();
    const work = run(dir, archive, { signal: abort.signal }).catch((error) => error);
    abort.abort(reason);
    assertStrictEquals(await work, reason);
    assertEquals(dir.names(), []);
  }
});

const LARGE = sampleBytes(3_000_000);

Deno.test("unpack() unpacks ZIP: deflated, stored, with descriptors, zip64, links", async () => {
  const files: ZipFile[] = [
    { name: "d/", mode: 0o40755 },
    { name: "d/a", body: text("in a") },
    { name: "stored", body: text("stored"), stored: true },
    { name: "streamed", body: text("streamed"), descriptor: true },
    { name: "e/f/run", body: text("run"), mode: 0o104755 },
    { name: "empty", stored: true },
    { name: "e/link", body: text("../d/a"), mode: 0o120777, stored: true },
    { name: "wide", body: text("wide"), zip64: true },
    { name: "large", body: LARGE, descriptor: true },
    { name: "large-stored", body: LARGE, stored: true },
  ];
  for (
    const options of [{}, { zip64: true }, { comment: "PK\x05\x06 no end" }] as const
  ) {
    using dir = new TempDir();
    const unpacked = await run(dir, zip(files, options), { mode: "zip" });
    assertEquals(unpacked!.files.length, 9);
    assert(Buffer.from(LARGE).equals(Deno.readFileSync(dir.join("large"))));
    assert(Buffer.from(LARGE).equals(Deno.readFileSync(dir.join("large-stored"))));
    Deno.removeSync(dir.join("large"));
    Deno.removeSync(dir.join("large-stored"));
    assertEquals(tree(dir), {
      "d/": "",
      "d/a": "in a",
      stored: "stored",
      streamed: "streamed",
      "e/": "",
      "e/f/": "",
      "e/f/run": "run",
      empty: "",
      "e/link": "-> ../d/a",
      wide: "wide",
    });
    assertEquals(Deno.statSync(dir.join("e/f/run")).mode! & 0o7777, 0o755);
  }
});

Deno.test("unpack() reads names in UTF-8 and in code page 437", async () => {
  using dir = new TempDir();
  await run(dir, zip([{ name: "grün" }, { name: new Uint8Array([0x81, 0x41]) }]));
  assertEquals(dir.names(), ["grün", "üA"]);
});

Deno.test("unpack() makes nothing of an empty ZIP archive", async () => {
  using dir = new TempDir();
  assertEquals(await run(dir, zip([])), { files: [], bytes: 0 });
});

Deno.test("unpack() refuses ZIP entries that lead out or are not supported", async () => {
  for (
    const [file, state] of [
      [{ name: "../x" }, 'the name "../x" leads out of the directory'],
      [{ name: "a/../../x" }, 'the name "a/../../x" leads out of the directory'],
      [{ name: "/etc/x" }, 'the name "/etc/x" is absolute'],
      [{ name: "a\0b" }, 'the name "a?b" holds a NUL'],
      [{ name: "n".repeat(256) }, `the name "${"n".repeat(99)}…" is too long`],
      [
        { name: "l", body: text("/etc"), mode: 0o120777 },
        'the link "l" leads out of the directory',
      ],
      [
        { name: "l", body: text("../x"), mode: 0o120777 },
        'the link "l" leads out of the directory',
      ],
      [{ name: "p", mode: 0o010644 }, 'the entry "p" is neither file, directory nor link'],
      [{ name: "s", flags: 1 }, 'the entry "s" is encrypted'],
      [{ name: "b", method: 12 }, 'the entry "b" uses compression method 12'],
    ] as const
  ) {
    const failure = await refusal(zip([{ name: "first", body: text("1") }, file]));
    assertEquals([failure.message, failure.kind], [
      `Cannot unpack "target": ${state}`,
      "Parameter",
    ]);
  }
  assertEquals(
    (await refusal(zip([{ name: "a" }], { disk: 1 }))).message,
    'Cannot unpack "target": it is one of several parts',
  );
});

Deno.test("unpack() writes ZIP links last, and refuses a name given twice", async () => {
  const link = { name: "l", body: text("d"), mode: 0o120777 };
  for (
    const [files, state] of [
      [[{ name: "a" }, { name: "./a" }], /: the entry "a" is there twice$/],
      [[link, link], /: the entry "l" is there twice$/],
      [[link, { name: "l/x" }], /^File exists writing /],
      [[{ name: "a" }, { name: "a/b" }], /^(File exists|Not a directory) writing /],
    ] as const
  ) {
    const failure = await refusal(zip([...files]));
    assertEquals(failure.kind, "Parameter");
    assertMatch(failure.message, state);
  }
});

Deno.test("unpack() refuses damaged ZIP archives", async () => {
  const body = sampleBytes(2000);
  for (
    const archive of [
      zip([{ name: "a", body, crc: 1 }]),
      zip([{ name: "a", body, size: 1999 }]),
      zip([{ name: "a", body, size: 2001 }]),
      zip([{ name: "a", body: LARGE, crc: 1 }]),
      zip([{ name: "a", body: LARGE, size: LARGE.length + 1 }]),
      zip([{ name: "a", body, stored: true, size: 5000 }]),
      zip([{ name: "a", body, offset: 1 }]),
      zip([{ name: "a", body }, { name: "b", offset: 0 }]),
      zip([{ name: "a", body, local: "another" }, { name: "b", offset: 3 }]),
    ]
  ) {
    const failure = await refusal(archive, { mode: "zip" });
    assertEquals([failure.kind, failure.facts.failureType], ["Transfer", "Checksum"]);
    assertEquals(failure.facts.retryable, 0);
  }
  const cut = zip([{ name: "a", body }]);
  assertEquals(
    (await refusal(cut.subarray(0, cut.length - 1), { mode: "zip" })).facts.failureType,
    "Incomplete",
  );
});

Deno.test("unpack() never fails oddly, whatever bytes are changed", async () => {
  const archives = [
    zip([{ name: "a", body: text("aaaa") }, { name: "d/b", body: text("b"), zip64: true }], {
      zip64: true,
    }),
    tar([{ name: "a", body: text("aaaa") }, { name: "l", type: "2", link: "a" }], 512),
    gzipSync("some text that is packed"),
  ];
  using dir = new TempDir();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...archives),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      async (archive, changes) => {
        const changed = Uint8Array.from(archive);
        for (const [at, value] of changes) changed[at % changed.length] = value;
        Deno.mkdirSync(dir.join("in"));
        try {
          Deno.writeFileSync(dir.join("archive"), changed);
          await unpack(dir.join("archive"), {
            mode: "auto",
            name: "t.gz",
            directory: dir.join("in"),
            signal: new AbortController().signal,
            limits: { bytes: 100_000, entries: 100 },
          });
        } catch (error) {
          assert(error instanceof TransferFailure, String(error));
        } finally {
          Deno.removeSync(dir.join("in"), { recursive: true });
        }
        assertEquals(dir.names(), ["archive"]);
      },
    ),
    { numRuns: 300 },
  );
});
