import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { createHash } from "node:crypto";
import { ARCHIVE_LIMITS } from "../../../core/annex/archive/limits.ts";
import { unpack, type Unpacked } from "../../../core/annex/archive/unpack.ts";
import { AnnexError } from "../../../core/annex/errors.ts";
import { concat, END, type Entry, gzip, members, portions, tar } from "./tar.ts";

/** A directory to unpack in, beside a file that must not be touched. */
async function inStaging(test: (staging: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-annex-" });
  try {
    const staging = join(folder, "staging");
    await Deno.mkdir(staging);
    await Deno.writeTextFile(join(folder, "outside"), "stays");
    await test(staging);
    assertEquals(await Deno.readTextFile(join(folder, "outside")), "stays");
    assertEquals([...Deno.readDirSync(folder)].length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const { signal } = new AbortController();

async function unpackEntries(entries: readonly Entry[], into: string): Promise<Unpacked> {
  return await unpack(portions(await gzip(tar(entries))), into, { signal });
}

async function refusal(archive: Uint8Array<ArrayBuffer>, limits = ARCHIVE_LIMITS): Promise<string> {
  let message = "";
  await inStaging(async (staging) => {
    const error = await assertRejects(
      async () => await unpack(portions(await gzip(archive)), staging, { signal, limits }),
      AnnexError,
    );
    assertEquals(error.code, "archive-rejected");
    message = error.message.replace("Cannot unpack the archive: ", "");
  });
  return message;
}

function modeOf(path: string): string {
  return (Deno.lstatSync(path).mode! & 0o7777).toString(8);
}

Deno.test("unpack() writes the files, and says their modes and sums", () =>
  inStaging(async (staging) => {
    const content = "IsAnnex = TRUE\n";
    const { files, directories, warnings } = await unpackEntries([
      { name: "config.d/" },
      { name: "config.d/00ec2-dynamic.config", content },
      { name: "tokens.d/" },
      { name: "tokens.d/a.user@h", mode: 0o600, content: "t" },
      { name: "empty/" },
    ], staging);
    const sha256 = createHash("sha256").update(content).digest("hex");
    assertEquals(files[0], { path: "config.d/00ec2-dynamic.config", mode: 0o644, sha256 });
    assertEquals(directories, ["config.d", "tokens.d", "empty"]);
    assertEquals(warnings, []);
    const path = join(staging, "config.d/00ec2-dynamic.config");
    assertEquals([await Deno.readTextFile(path), modeOf(path)], [content, "644"]);
  }));

Deno.test("unpack() takes away from modes, and more from those of secrets", () =>
  inStaging(async (staging) => {
    const cases = [
      ["a", 0o4777, "755"],
      ["b", 0o2755, "755"],
      ["c", 0o1666, "644"],
      ["d", 0o600, "600"],
      ["e", 0o444, "444"],
      ["f", "       ", "644"],
      ["g", 0o70777, "755"],
      ["tokens.d/a", 0o777, "600"],
      ["tokens.d/deep/b", 0o4644, "600"],
      ["passwords.d/POOL", 0o644, "600"],
      ["passwords.d/x", 0o0, "600"],
      ["other/tokens.d/a", 0o666, "644"],
      ["tokens.data", 0o644, "644"],
    ] as const;
    const { files } = await unpackEntries(
      cases.map(([name, mode]) => ({ name, mode, content: "x" })),
      staging,
    );
    for (const [index, [name, , expected]] of cases.entries()) {
      assertEquals([files[index]!.path, files[index]!.mode.toString(8)], [name, expected]);
      assertEquals(modeOf(join(staging, name)), expected, name);
    }
  }));

Deno.test("unpack() does not depend on the umask", () =>
  inStaging(async (staging) => {
    const before = Deno.umask(0o077);
    try {
      await unpackEntries([{ name: "a", mode: 0o755, content: "x" }], staging);
    } finally {
      Deno.umask(before);
    }
    assertEquals(modeOf(join(staging, "a")), "755");
  }));

Deno.test("unpack() lets the last of several members with one name count", () =>
  inStaging(async (staging) => {
    const { files } = await unpackEntries([
      { name: "a", content: "first and long", mode: 0o600 },
      { name: "./a", content: "last", mode: 0o644 },
      { name: "d/" },
      { name: "d/" },
    ], staging);
    assertEquals(files.length, 1);
    assertEquals(await Deno.readTextFile(join(staging, "a")), "last");
    assertEquals(modeOf(join(staging, "a")), "644");
  }));

Deno.test("unpack() refuses settings that are no text", async () => {
  const cases = {
    "zero byte": ["a = b\0\n", "has zero bytes"],
    Latin: [Uint8Array.of(0x61, 0xe9, 0x62), "is no UTF-8 text"],
    "cut letter": [Uint8Array.of(0x61, 0xc3), "is no UTF-8 text"],
  } as const;
  for (const [title, [content, state]] of Object.entries(cases)) {
    for (const name of ["config.d/a", "config.d/deep/a"]) {
      const message = await refusal(tar([{ name, content }]));
      assertEquals(message, `member "${name}" ${state}`, title);
    }
  }
});

Deno.test("unpack() lets other files be of any bytes, and letters be cut by portions", () =>
  inStaging(async (staging) => {
    const content = new TextEncoder().encode(`# ${"é".repeat(3000)}`);
    await unpackEntries([
      { name: "passwords.d/POOL", content: Uint8Array.of(0, 255, 1) },
      { name: "config.d/a", content },
    ], staging);
    assertEquals(await Deno.readFile(join(staging, "config.d/a")), content);
  }));

Deno.test("unpack() refuses what an archive has no say in", async () => {
  const cases = {
    condor_config: "would be HTCondor's root configuration",
    "condor_config/a": "would be HTCondor's root configuration",
    "annex-ec2.conf": "would be this program's own settings",
    ".annex-staging-1/a": "has a name that is used for unpacking",
    "tokens.d": "is no directory",
    "passwords.d": "is no directory",
    "config.d": "is no directory",
  };
  for (const [name, state] of Object.entries(cases)) {
    assertStringIncludes(await refusal(tar([{ name, content: "x" }])), state);
    assertStringIncludes(await refusal(tar([{ name: `./${name}`, content: "x" }])), state);
  }
});

Deno.test("unpack() warns of files that HTCondor skips because of their names", () =>
  inStaging(async (staging) => {
    const skipped = [
      "tokens.d/.hidden",
      "config.d/a.sh",
      "config.d/a.config~",
      "config.d/#a#",
      "config.d/a.rpmnew",
      "passwords.d/POOL.dpkg-old",
    ];
    const read = ["config.d/a.config", "tokens.d/a.sh.user", "a.sh", "config.d/deep/a.sh"];
    const { files, warnings } = await unpackEntries(
      [...skipped, ...read].map((name) => ({ name, content: "x" })),
      staging,
    );
    assertEquals(files.length, skipped.length + read.length);
    assertEquals(warnings.map((line) => /"(.*)"/.exec(line)?.[1]), skipped);
  }));

Deno.test("unpack() leaves out the file that every boot writes anew", () =>
  inStaging(async (staging) => {
    const { files, warnings } = await unpackEntries([
      { name: "config.d/49ec2-instance.config", content: "old" },
      { name: "49ec2-instance.config", content: "another" },
    ], staging);
    assertEquals(files.map(({ path }) => path), ["49ec2-instance.config"]);
    assertStringIncludes(warnings[0] ?? "", "it is written anew at every boot");
  }));

Deno.test("unpack() refuses an archive without files", async () => {
  assertEquals(await refusal(tar([{ name: "config.d/" }])), "no file is in it");
  assertEquals(await refusal(concat(END)), "no file is in it");
});

Deno.test("unpack() refuses a bomb before it has filled the disk", async () => {
  const bomb = tar([{ name: "big", content: new Uint8Array(3 << 20) }]);
  const limits = { ...ARCHIVE_LIMITS, bytes: 1 << 20 };
  assertEquals(await refusal(bomb, limits), "more than 1048576 bytes unpacked");
  const many = members(Array.from({ length: 12 }, (_, i) => ({ name: `${i}`, content: "x" })));
  const few = { ...ARCHIVE_LIMITS, members: 10 };
  assertEquals(await refusal(concat(many, END), few), "it has more than 10 members");
});

Deno.test("unpack() with the limits that hold takes 10000 members, and no more", async () => {
  assertEquals([ARCHIVE_LIMITS.bytes, ARCHIVE_LIMITS.members], [256 << 20, 10_000]);
  const directories = (count: number) =>
    tar([{ name: "f" }, ...Array.from({ length: count - 1 }, (_, i) => ({ name: `d${i}/` }))]);
  await inStaging(async (staging) => {
    const packed = await gzip(directories(10_000));
    const { directories: found } = await unpack(portions(packed), staging, { signal });
    assertEquals(found.length, 9999);
  });
  assertEquals(await refusal(directories(10_001)), "it has more than 10000 members");
});

Deno.test("unpack() notices a damaged stream although all members came out well", () =>
  inStaging(async (staging) => {
    const packed = await gzip(tar([{ name: "a", content: "x" }]));
    packed[packed.length - 5]! ^= 1;
    await assertRejects(() => unpack(portions(packed), staging, { signal }), AnnexError, "gzip");
  }));

Deno.test("unpack() ends when it is told to", () =>
  inStaging(async (staging) => {
    const packed = await gzip(tar([{ name: "a", content: "x" }]));
    const stopped = AbortSignal.abort(new Error("stopped"));
    await assertRejects(
      () => unpack(portions(packed), staging, { signal: stopped }),
      Error,
      "stopped",
    );
    assert([...Deno.readDirSync(staging)].length === 0);
  }));
