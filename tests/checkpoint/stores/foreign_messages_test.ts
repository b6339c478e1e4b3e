import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  brokenAnswer,
  commandLine,
  endedWith,
  exitCode,
  notStarted,
  timedOut,
} from "../../../core/checkpoint/stores/foreign_messages.ts";

const encoder = new TextEncoder();
const words = (...texts: string[]) => texts.map((text) => encoder.encode(text));

Deno.test("commandLine() escapes white space and backslashes in words, and nothing else", () => {
  const cases: [words: string[], line: string][] = [
    [["/p", "-a", "b"], "/p -a b"],
    [["/p", "a b"], "/p a\\ b"],
    [["/p", "a\tb\nc\rd\ve\ff"], "/p a\\tb\\nc\\rd\\ve\\ff"],
    [["/p", "a\\b"], "/p a\\\\b"],
    [["/p", `'a"$b*`], `/p 'a"$b*`],
    [["/p", "", "x"], "/p  x"],
    [["/p", "é/ü"], "/p é/ü"],
    [["/p", "\ufeffx"], "/p \ufeffx"],
  ];
  for (const [given, line] of cases) assertEquals(commandLine(words(...given)), line);
});

Deno.test("commandLine() shows what is no UTF-8 as U+FFFD", () => {
  assertEquals(commandLine([Uint8Array.of(0x61, 0xff, 0x62)]), "a\ufffdb");
});

Deno.test("commandLine() can be taken apart again, word by word", () => {
  const unescape: Record<string, string> = { t: "\t", n: "\n", v: "\v", f: "\f", r: "\r" };
  const split = (line: string) =>
    (line.match(/(?:^| )(?:[^ \\]|\\.)*/gs) ?? []).map((word, i) =>
      word.slice(i === 0 ? 0 : 1).replace(/\\(.)/gs, (_, c: string) => unescape[c] ?? c)
    );
  const word = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1 }),
    fc.string({ unit: fc.constantFrom("\\", " ", "\t", "\n", "\r", "a"), minLength: 1 }),
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (given) => {
      const line = commandLine(words(...given));
      assert(!/[\t\n\v\f\r]/.test(line));
      assertEquals(split(line), given.map((text) => text.toWellFormed()));
    }),
  );
});

Deno.test("notStarted() says whether trying again, or another file, may help", () => {
  const argv = words("/p", "-x");
  const cases: [errno: number, kind: string, text: string][] = [
    [2, "StoreUnavailable", "2 (No such file or directory)"],
    [7, "NotDeleted", "7 (Argument list too long)"],
    [8, "StoreUnavailable", "8 (Exec format error)"],
    [11, "Transient", "11 (Resource temporarily unavailable)"],
    [13, "StoreUnavailable", "13 (Permission denied)"],
    [26, "Transient", "26 (Text file busy)"],
  ];
  for (const [errno, kind, text] of cases) {
    const failure = notStarted(argv, errno);
    assertEquals([failure.kind, failure.message], [
      kind,
      `Failed to run '/p -x': ${text}, aborting.`,
    ]);
  }
});

Deno.test("timedOut() is transient and shows what was said so far", () => {
  const failure = timedOut(words("/p"), { seconds: 2, output: "some" });
  assertEquals(failure.kind, "Transient");
  assertEquals(
    failure.message,
    "Timed out after 2 seconds waiting for '/p', aborting.\n(Partial output: 'some')\n",
  );
  assertEquals(
    timedOut(words("/p"), { seconds: 0, output: "" }).message,
    "Timed out after 0 seconds waiting for '/p', aborting.\n",
  );
});

Deno.test("endedWith() prints the raw wait status, and takes 75 alone for transient", () => {
  for (const [status, kind] of [[768, "NotDeleted"], [75 << 8, "Transient"], [9, "NotDeleted"]]) {
    const failure = endedWith(words("/p"), { status: Number(status), output: "o\n" });
    assertEquals([failure.kind, failure.message], [
      kind,
      `Failure running '/p': exit code was ${status}, aborting.\n(Output: 'o\n')\n`,
    ]);
  }
  for (const code of [1, 2, 3, 4, 5, 255]) {
    assertEquals(endedWith(words("/p"), { status: code << 8, output: "" }).kind, "NotDeleted");
  }
});

Deno.test("exitCode() knows no code of a process ended by a signal", () => {
  assertEquals([0, 768, 0xff00, 9, 139].map(exitCode), [0, 3, 255, undefined, undefined]);
});

Deno.test("brokenAnswer() names the command", () => {
  assertMatch(
    brokenAnswer(words("/p", "a b"), "").message,
    /^Cannot tell what '\/p a\\ b' removed/,
  );
});
