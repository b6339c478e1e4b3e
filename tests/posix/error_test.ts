import { assertEquals } from "@std/assert";
import { errorCode, errorText, PosixError } from "../../core/posix/mod.ts";
import { libraryFunctions } from "../../core/posix/libc.ts";

Deno.test("PosixError says what was tried and what was found", () => {
  const { message, code, number, name } = new PosixError(2, 'Cannot open "a"');
  assertEquals([message, code, number, name], [
    'Cannot open "a": No such file or directory',
    "ENOENT",
    2,
    "PosixError",
  ]);
  assertEquals(new PosixError(22, "Cannot read", "not a file").message, "Cannot read: not a file");
});

Deno.test("errorCode() and errorText() have something for any number", () => {
  assertEquals([errorCode(44), errorText(44)], ["E44", "Unknown error 44"]);
  assertEquals([errorCode(0), errorCode(-1)], ["E0", "E-1"]);
});

Deno.test("errorText() has the C library's words", () => {
  const known = Array.from({ length: 134 }, (_, i) => i).filter((n) => errorCode(n) !== `E${n}`);
  const { strerror } = libraryFunctions({ strerror: { parameters: ["i32"], result: "pointer" } });
  const words = known.map((n) => Deno.UnsafePointerView.getCString(strerror(n)!));
  assertEquals(known.map(errorText), words);
});
