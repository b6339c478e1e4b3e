import { assertEquals, assertStrictEquals } from "@std/assert";
import { openSync } from "node:fs";
import { TransferFailure } from "../../core/errors.ts";
import { localFailure, systemError } from "../../core/transfer/local_failure.ts";
import { TempDir } from "./contract.ts";

const hostname = () => "ep.example";

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

Deno.test("systemError() reads what Deno and node:fs really throw", () => {
  using dir = new TempDir();
  Deno.symlinkSync("loop", dir.join("loop"));
  using full = Deno.openSync("/dev/full", { write: true });
  for (
    const [work, code, number, text] of [
      [() => Deno.openSync("/absent/x"), "ENOENT", 2, "No such file or directory"],
      [() => openSync("/absent/x", "r"), "ENOENT", 2, "No such file or directory"],
      [() => Deno.openSync(dir.path, { write: true }), "EISDIR", 21, "Is a directory"],
      [() => Deno.openSync("/dev/null/x"), "ENOTDIR", 20, "Not a directory"],
      [() => full.writeSync(new Uint8Array(1)), "ENOSPC", 28, "No space left on device"],
      [() => Deno.openSync(`/${"a".repeat(300)}`), "ENAMETOOLONG", 36, "File name too long"],
      [() => Deno.openSync(dir.join("loop")), "ELOOP", 40, "Too many levels of symbolic links"],
    ] as const
  ) {
    assertEquals(systemError(thrown(work)), { code, number, text });
  }
});

Deno.test("systemError() reads a number that comes without a code, and anything else", () => {
  assertEquals(systemError(new Error("File too large (os error 27)")), {
    code: "EFBIG",
    number: 27,
    text: "File too large",
  });
  assertEquals(systemError(new Error("Quota exceeded (os error 122): write 'x'")), {
    code: "EDQUOT",
    number: 122,
    text: "Disk quota exceeded",
  });
  assertEquals(systemError(new Error("Strange (os error 999)")), {
    code: "",
    number: 999,
    text: "Strange",
  });
  assertEquals(systemError("a\nb"), { code: "", number: 0, text: "a b" });
  assertEquals(systemError(undefined), { code: "", number: 0, text: "undefined" });
  assertEquals(systemError(Object.assign(new Error("x"), { code: 5 })).code, "");
});

Deno.test("localFailure() gives each error its kind, text, number and machine", () => {
  const make = (code: string) => Object.assign(new Error("x"), { code });
  for (
    const [code, doing, kind, failureType, errorCode, message] of [
      [
        "ENOSPC",
        "writing",
        "Transfer",
        "NoSpace",
        23,
        "No space left on device writing /f after 7 bytes",
      ],
      [
        "EDQUOT",
        "writing",
        "Transfer",
        "Quota",
        23,
        "Disk quota exceeded writing /f after 7 bytes",
      ],
      ["EFBIG", "writing", "Transfer", "Quota", 23, "File too large writing /f after 7 bytes"],
      [
        "EIO",
        "writing",
        "Transfer",
        "Incomplete",
        23,
        "Input/output error writing /f after 7 bytes",
      ],
      [
        "EIO",
        "reading",
        "Transfer",
        "Incomplete",
        26,
        "Input/output error reading /f after 7 bytes",
      ],
      [
        "EROFS",
        "writing",
        "Parameter",
        undefined,
        23,
        "Read-only file system writing /f after 7 bytes",
      ],
      [
        "EACCES",
        "writing",
        "Parameter",
        undefined,
        23,
        "Permission denied writing /f after 7 bytes",
      ],
      ["EISDIR", "writing", "Parameter", undefined, 23, "Is a directory writing /f after 7 bytes"],
      ["EISDIR", "reading", "Parameter", undefined, 26, "local file /f is a directory"],
      [
        "ENOENT",
        "opening",
        "Parameter",
        undefined,
        26,
        "could not open local file /f, error 2 (No such file or directory)",
      ],
      [
        "EACCES",
        "opening",
        "Parameter",
        undefined,
        26,
        "could not open local file /f, error 13 (Permission denied)",
      ],
    ] as const
  ) {
    const error = make(code);
    const failure = localFailure(error, { path: "/f", doing, bytes: 7, hostname });
    assertEquals([failure.kind, failure.facts.failureType, failure.facts.errorCode], [
      kind,
      failureType,
      errorCode,
    ]);
    assertEquals(failure.message, message);
    assertEquals(failure.facts.retryable, -1);
    assertEquals(failure.facts.server, kind === "Transfer" ? "ep.example" : undefined);
    assertStrictEquals(failure.cause, error);
  }
});

Deno.test("localFailure() leaves a TransferFailure alone and asks for the name only when needed", () => {
  const failure = new TransferFailure("Contact", "x", { errorCode: 7, retryable: 0 });
  assertStrictEquals(localFailure(failure, { path: "/f" }), failure);
  const never = () => {
    throw new Error("asked");
  };
  localFailure(Object.assign(new Error("x"), { code: "ENOENT" }), { path: "/f", hostname: never });
});

Deno.test("localFailure() stays on one line whatever the path and the error", () => {
  const failure = localFailure(new Error("odd\r\nthing"), { path: "/a\nb\u0007c", hostname });
  assertEquals(failure.message, "odd thing writing /a b c");
  assertEquals(
    localFailure(new Error("odd"), { hostname }).message,
    "odd writing the local file",
  );
});
