import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  digitsOf,
  filesOf,
  findFiles,
  parseNumber,
  parseStem,
} from "../../../core/checkpoint/clean/job_directory.ts";

const stem = parseStem("/s/cluster1.proc0.subproc0/_condor_checkpoint_MANIFEST")!;

Deno.test("parseNumber() reads whole numbers as strtol(3) does, and nothing else", () => {
  const table: readonly (readonly [string, bigint | undefined])[] = [
    ["0", 0n],
    ["12345", 12345n],
    [" 7", 7n],
    ["+7", 7n],
    ["-3", -3n],
    ["0010", 10n],
    ["99999999999999999999", 2n ** 63n - 1n],
    ["-99999999999999999999", -(2n ** 63n)],
    ["", undefined],
    ["7 ", undefined],
    ["7x", undefined],
    ["x", undefined],
    ["0x10", undefined],
    ["1e3", undefined],
    ["--1", undefined],
    ["9".repeat(2000), undefined],
  ];
  for (const [text, number] of table) assertEquals(parseNumber(text), number, JSON.stringify(text));
});

Deno.test("digitsOf() writes four digits or more, as %.4ld", () => {
  assertEquals([0n, 7n, 9999n, 12345n, -1n].map(digitsOf), [
    "0000",
    "0007",
    "9999",
    "12345",
    "-0001",
  ]);
});

Deno.test("parseStem() knows the failed checkpoints' files only of a stem that ends in MANIFEST", () => {
  assertEquals(parseStem("short"), undefined);
  assertEquals(parseStem("/a/b/mine.mine"), {
    path: "/a/b/mine.mine",
    directory: "/a/b",
    failurePath: undefined,
  });
  assertEquals(stem.failurePath, "/s/cluster1.proc0.subproc0/_condor_checkpoint_FAILURE");
  assertEquals(parseStem("_condor_checkpoint_MANIFEST")?.directory, "");
});

Deno.test("findFiles() finds MANIFEST and FAILURE files by number, and leaves the others alone", () => {
  const names = [
    ".job.ad",
    "_condor_checkpoint_MANIFEST.0010",
    "_condor_checkpoint_FAILURE.0002",
    "_condor_checkpoint_MANIFEST.0002",
    "_condor_checkpoint_MANIFEST.12345",
    "_condor_checkpoint_MANIFEST.2",
    "_condor_checkpoint_MANIFEST.00002",
    "_condor_checkpoint_MANIFEST.0002.bak",
    "_condor_checkpoint_MANIFEST.-000",
    "_condor_checkpoint_MANIFEST",
    "x_condor_checkpoint_MANIFEST.0001",
  ];
  assertEquals(findFiles(stem, names).map(({ path }) => path.slice(stem.directory.length + 1)), [
    "_condor_checkpoint_MANIFEST.0002",
    "_condor_checkpoint_FAILURE.0002",
    "_condor_checkpoint_MANIFEST.0010",
    "_condor_checkpoint_MANIFEST.12345",
  ]);
});

Deno.test("findFiles() finds what filesOf() names, for any number", () => {
  fc.assert(fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), (number) => {
    const wanted = filesOf(stem, number);
    const names = wanted.map(({ path }) => path.slice(stem.directory.length + 1));
    assertEquals(findFiles(stem, names), wanted);
  }));
});
