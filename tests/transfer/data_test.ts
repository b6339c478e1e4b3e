import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { TransferFailure } from "../../core/errors.ts";
import { PartFile } from "../../core/transfer/part_file.ts";
import { DataScheme, decodeDataUrl } from "../../core/transfer/schemes/data.ts";
import { downloadContext, failureOf, schemeContract, TempDir, uploadContext } from "./contract.ts";

function encode(bytes: Uint8Array): string {
  return `data://application/octet-stream;base64,${Buffer.from(bytes).toString("base64")}/name`;
}

schemeContract("data", {
  upload: false,
  breakable: false,
  large: 5_000_000,
  missing: "Parameter",
  open: () => {
    const files = new Map<string, Uint8Array>();
    return {
      scheme: new DataScheme(),
      url: (path) => files.has(path) ? encode(files.get(path)!) : `data://no-comma/${path}`,
      put: (path, bytes) => void files.set(path, bytes),
      get: (path) => files.get(path)!,
      close: () => {},
    };
  },
});

const text = (url: string) => new TextDecoder().decode(decodeDataUrl(url));

Deno.test("decodeDataUrl() reads text, base64 and all that lies between", () => {
  for (
    const [url, expected] of [
      ["data://,hello/name", "hello"],
      ["data://text/plain,hello/name", "hello"],
      ["data://text/plain;charset=utf-8,hello%20world/name", "hello world"],
      ["data://,hello", "hello"],
      ["data://text/plain,", ""],
      ["data://,/name", ""],
      ["data://;base64,/name", ""],
      ["data://,a/b/c/name", "a/b/c"],
      ["data://,a,b/name", "a,b"],
      ["data://,%2f%2F/name", "//"],
      ["data://,%41%4a%4F%dE%Ad/name", "AJO\u07ad"],
      ["data://,a+b/name", "a+b"],
      ["data://,grün/name", "grün"],
      ["data://,a b/name", "a b"],
      ["data://,a?b#c/name?x", "a?b#c"],
      ["data://;base64,aGk=/name", "hi"],
      ["data://;base64%2caGk=/name", "hi"],
      ["data://%2Ca%2Cb/name", "a,b"],
      ["data://;base64,aGk/name", "hi"],
      ["data://;base64,aGk%3D/name", "hi"],
      ["data://;base64,aG k\n=/name", "hi"],
      ["data://;base64,aG%20k/name", "hi"],
      ["data://;BASE64,aGk/name", "hi"],
      ["data://text/plain;charset=x; base64 ,aGk/name", "hi"],
      ["data://base64,aGk/name", "aGk"],
      ["DATA://,x/name", "x"],
      ["tag+data://,x/name", "x"],
    ] as const
  ) {
    assertEquals([url, text(url)], [url, expected]);
  }
});

Deno.test("decodeDataUrl() keeps every byte, NUL included, in both alphabets", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const percent = [...all].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const base64 = Buffer.from(all).toString("base64");
  assertEquals(decodeDataUrl(`data://,${percent}/n`), all);
  assertEquals(decodeDataUrl(`data://;base64,${base64}/n`), all);
  assertEquals(decodeDataUrl(`data://;base64,${Buffer.from(all).toString("base64url")}/n`), all);
  assertEquals(decodeDataUrl("data://;base64,_-8/n"), new Uint8Array([0xff, 0xef]));
  assertEquals(decodeDataUrl("data://;base64,/+8/n"), new Uint8Array([0xff, 0xef]));
});

Deno.test("decodeDataUrl() refuses what it cannot decode, quoting 40 characters at most", () => {
  for (
    const [url, state] of [
      ["data://nothing", "it has no comma"],
      ["data://text/plain/name", "it has no comma"],
      ["data://,%/name", "character 1 of the payload starts no percent escape"],
      ["data://,ab%zz/name", "character 3 of the payload starts no percent escape"],
      ["data://;base64,a/name", "the payload is not base64"],
      ["data://;base64,a===/name", "the payload is not base64"],
      ["data://;base64,aGk=x/name", "the payload is not base64"],
      ["data://;base64,aG!k/name", "the payload is not base64"],
      [`data://${"long".repeat(100)}`, "it has no comma"],
    ] as const
  ) {
    const failure = assertThrows(() => decodeDataUrl(url), TransferFailure, state);
    assertEquals([failure.kind, failure.facts.retryable], ["Parameter", -1]);
    const quoted = /"(.*)"/.exec(failure.message)![1]!;
    assert(quoted.length <= 40, quoted);
    assert(url.startsWith(quoted.replace(/…$/, "")));
  }
});

Deno.test("decodeDataUrl() returns what was encoded", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.boolean(), (bytes, pad) => {
    const base64 = Buffer.from(bytes).toString("base64").replace(/=+$/, (s) => pad ? s : "");
    assertEquals(decodeDataUrl(`data://;base64,${base64}/n`), new Uint8Array(bytes));
  }));
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (value) => {
    assertEquals(text(`data://,${encodeURIComponent(value)}/n`), value);
  }));
});

Deno.test("decodeDataUrl() never throws anything but a TransferFailure", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (rest) => {
    try {
      decodeDataUrl(`data://${rest}`);
    } catch (error) {
      assert(error instanceof TransferFailure, String(error));
      assertEquals(error.kind, "Parameter");
    }
  }));
});

Deno.test("DataScheme refuses uploads with a Parameter failure", async () => {
  const url = `data://,${"x".repeat(100)}/name`;
  const { ctx } = uploadContext(url, { size: 0 });
  const failure = await failureOf(() => new DataScheme().upload("/dev/null", url, ctx));
  assertEquals(failure.kind, "Parameter");
  assertEquals(failure.message, `Cannot upload to "data://,${"x".repeat(31)}…": data is read-only`);
});

Deno.test("DataScheme reports a local file that cannot be written", async () => {
  using dir = new TempDir();
  const part = new PartFile(dir.join("absent/name"));
  const { ctx } = downloadContext("data://,x/name", { part });
  const failure = await failureOf(() =>
    new DataScheme().download("data://,x/name", part.path, ctx)
  );
  assertEquals(failure.facts.errorCode, 23);
  assert(failure.message.startsWith("No such file or directory writing "), failure.message);
});
