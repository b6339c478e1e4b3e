import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { dirname } from "@std/path";
import fc from "fast-check";
import { TransferFailure } from "../../core/errors.ts";
import { PartFile } from "../../core/transfer/part_file.ts";
import { filePath, FileScheme } from "../../core/transfer/schemes/file.ts";
import {
  downloadContext,
  failureOf,
  sampleBytes,
  schemeContract,
  TempDir,
  uploadContext,
} from "./contract.ts";

const HOST = () => "ep.example";

function fileUrl(path: string): string {
  return `file://${path.split("/").map(encodeURIComponent).join("/")}`;
}

schemeContract("file", {
  upload: true,
  breakable: true,
  open: () => {
    const tree = new TempDir();
    return {
      scheme: new FileScheme(HOST),
      url: (path) => fileUrl(tree.join(path)),
      put: (path, bytes) => {
        Deno.mkdirSync(dirname(tree.join(path)), { recursive: true });
        Deno.writeFileSync(tree.join(path), bytes);
      },
      get: (path) => Deno.readFileSync(tree.join(path)),
      close: () => tree[Symbol.dispose](),
    };
  },
});

async function download(url: string, dir: TempDir): Promise<Uint8Array> {
  const part = new PartFile(dir.join("target"));
  try {
    await new FileScheme(HOST).download(url, part.path, downloadContext(url, { part }).ctx);
    return Deno.readFileSync(part.path);
  } finally {
    part.remove();
  }
}

async function upload(path: string, url: string, size = Deno.statSync(path).size): Promise<void> {
  await new FileScheme(HOST).upload(path, url, uploadContext(url, { size }).ctx);
}

Deno.test("filePath() takes this machine's files, percent-decoded, without a query", () => {
  for (
    const [url, path] of [
      ["file:///etc/x", "/etc/x"],
      ["file://localhost/etc/x", "/etc/x"],
      ["file://LOCALHOST/etc/x", "/etc/x"],
      ["file://127.0.0.1/etc/x", "/etc/x"],
      ["file:///a%20b%2Fc", "/a b/c"],
      ["file:///100%", "/100%"],
      ["file:///100%zz", "/100%zz"],
      ["file:///x%23%3F", "/x#?"],
      ["file:///x#1", "/x#1"],
      ["file:///x?query", "/x"],
      ["file:///gr%C3%BCn/grün", "/grün/grün"],
      ["tag+file:///x", "/x"],
    ] as const
  ) {
    assertEquals(filePath(url), path);
  }
});

Deno.test("filePath() refuses another host, a NUL and what is not UTF-8", () => {
  for (
    const url of [
      "file://etc/x",
      "file://host.example/x",
      "file://localhost",
      "file://localhost.example/x",
      "file://localhost:80/x",
      "file:///a%00b",
      "file:///%ff",
      "file:///%C3",
    ]
  ) {
    const failure = assertThrows(() => filePath(url), TransferFailure);
    assertEquals(failure.message, "URL rejected: Bad file:// URL");
    assertEquals([failure.kind, failure.facts.errorCode, failure.retryable], [
      "Parameter",
      3,
      false,
    ]);
  }
});

Deno.test("filePath() decodes what encodeURIComponent() encoded", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((s) => !s.includes("\0"));
  fc.assert(fc.property(name, (each) => {
    assertEquals(filePath(`file:///${encodeURIComponent(each)}`), `/${each}`);
  }));
});

Deno.test("FileScheme says which file is missing, in libcurl's words", async () => {
  using dir = new TempDir();
  const failure = await failureOf(() => download("file:///no/such%20file", dir));
  assertEquals(failure.message, "Could not open file /no/such file");
  assertEquals(failure.kind, "Specification");
  assertEquals(failure.facts, { errorCode: 37, retryable: -1, server: "ep.example" });
});

Deno.test("FileScheme refuses to read a directory or a device", async () => {
  using dir = new TempDir();
  const directory = await failureOf(() => download(`file://${dir.path}`, dir));
  assertEquals(directory.message, `Could not open file ${dir.path}: it is a directory`);
  const device = await failureOf(() => download("file:///dev/zero", dir));
  assertEquals(device.kind, "Specification");
  assertEquals(
    device.message,
    "Could not open file /dev/zero: it is neither a regular file nor a FIFO",
  );
});

Deno.test({
  name: "FileScheme reports a file that it may not read as Authorization (needs a user not root)",
  ignore: Deno.uid() === 0,
  fn: async () => {
    using dir = new TempDir();
    Deno.writeTextFileSync(dir.join("closed"), "x", { mode: 0o000 });
    const failure = await failureOf(() => download(`file://${dir.join("closed")}`, dir));
    assertEquals([failure.kind, failure.facts.failureType], ["Authorization", "Authorization"]);
  },
});

Deno.test("FileScheme follows links and reads the size-less files of /proc", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.join("a"), "through a link");
  Deno.symlinkSync("a", dir.join("link"));
  assertEquals(
    new TextDecoder().decode(await download(`file://${dir.join("link")}`, dir)),
    "through a link",
  );
  assert((await download("file:///proc/self/status", dir)).length > 0);
});

Deno.test("FileScheme notices that the source shrank while it was read", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.join("f"), sampleBytes(3 << 20));
  const url = `file://${dir.join("f")}`;
  const part = new PartFile(dir.join("target"));
  const onMoved = () => Deno.truncateSync(dir.join("f"), 1 << 20);
  const { ctx } = downloadContext(url, { part, onMoved });
  const failure = await failureOf(() => new FileScheme(HOST).download(url, part.path, ctx));
  assertEquals(
    failure.message,
    `end of file ${dir.join("f")} with ${2 << 20} bytes missing: it shrank while read`,
  );
  assertEquals([failure.facts.failureType, failure.facts.retryable], ["Incomplete", 0]);
});

Deno.test("FileScheme reads a FIFO to its end", async () => {
  using dir = new TempDir();
  makeFifo(dir.join("fifo"));
  const bytes = sampleBytes(300_000);
  const [got] = await Promise.all([
    download(`file://${dir.join("fifo")}`, dir),
    Deno.writeFile(dir.join("fifo"), bytes, { create: false }),
  ]);
  assertEquals(got, bytes);
});

Deno.test("FileScheme can be aborted while a FIFO has no writer", async () => {
  using dir = new TempDir();
  makeFifo(dir.join("fifo"));
  const url = `file://${dir.join("fifo")}`;
  const part = new PartFile(dir.join("target"));
  const abort = new AbortController();
  const { ctx } = downloadContext(url, { part, signal: abort.signal });
  const work = new FileScheme(HOST).download(url, part.path, ctx).catch((error) => error);
  const reason = new Error("stop");
  abort.abort(reason);
  assertStrictEquals(await work, reason);
  // Releases the reader that still waits in the system.
  (await Deno.open(dir.join("fifo"), { write: true })).close();
});

Deno.test("FileScheme keeps a file that is sent to itself", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.join("same"), sampleBytes(5000));
  await upload(dir.join("same"), `file://${dir.join("same")}`);
  assertEquals(Deno.readFileSync(dir.join("same")), sampleBytes(5000));
  assertEquals(dir.names(), ["same"]);
});

Deno.test("FileScheme collapses the double slash that HTCondor makes when sending", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.join("a"), "x");
  await upload(dir.join("a"), `file://${dir.path}//b`);
  assertEquals(dir.names(), ["a", "b"]);
});

Deno.test("FileScheme sends through a link and into a device", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.join("a"), "new");
  Deno.writeTextFileSync(dir.join("real"), "old");
  Deno.symlinkSync("real", dir.join("link"));
  await upload(dir.join("a"), `file://${dir.join("link")}`);
  assertEquals(Deno.readTextFileSync(dir.join("real")), "new");
  assert(Deno.lstatSync(dir.join("link")).isSymlink);
  await upload(dir.join("a"), "file:///dev/null");
  assert(Deno.statSync("/dev/null").isCharDevice);
});

Deno.test("FileScheme names what is wrong with a place to send to", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.join("a"), "x");
  for (
    const [url, kind, text] of [
      [`file://${dir.path}`, "Specification", `Could not open file ${dir.path}: it is a directory`],
      [`file://${dir.path}/n/`, "Specification", "it is a directory"],
      [`file://${dir.path}/n/x`, "Specification", "No such file or directory"],
      [`file://${dir.path}/a/x`, "Specification", "Not a directory"],
      [`file://${dir.path}/x?y`, "Parameter", "URL rejected: Bad file:// URL"],
    ] as const
  ) {
    const failure = await failureOf(() => upload(dir.join("a"), url));
    assertEquals([url, failure.kind], [url, kind]);
    assert(failure.message.includes(text), failure.message);
  }
  assertEquals(dir.names(), ["a"]);
});

Deno.test("FileScheme reports a full disk as NoSpace with the bytes written", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.join("a"), sampleBytes(10));
  const failure = await failureOf(() => upload(dir.join("a"), "file:///dev/full"));
  assertEquals(failure.message, "No space left on device writing /dev/full after 0 bytes");
  assertEquals([failure.kind, failure.facts.failureType], ["Transfer", "NoSpace"]);
  assertEquals([failure.facts.server, failure.facts.retryable], ["ep.example", -1]);
});

Deno.test("FileScheme notices that the local file is gone, a directory, or changed", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.join("a"), "12345");
  const url = `file://${dir.join("b")}`;
  const gone = await failureOf(() => upload(dir.join("none"), url, 5));
  assertEquals(
    gone.message,
    `could not open local file ${dir.join("none")}, error 2 (No such file or directory)`,
  );
  const directory = await failureOf(() => upload(dir.path, url, 5));
  assertEquals(directory.message, `local file ${dir.path} is a directory`);
  const changed = await failureOf(() => upload(dir.join("a"), url, 6));
  assertEquals(
    changed.message,
    `local file ${dir.join("a")} changed from 6 to 5 bytes while it was sent`,
  );
  assertEquals([gone.kind, directory.kind, changed.kind], ["Parameter", "Parameter", "Parameter"]);
  assertEquals(dir.names(), ["a"]);
});

function makeFifo(path: string): void {
  const { success } = new Deno.Command("mkfifo", { args: [path] }).outputSync();
  assert(success, "mkfifo failed");
}
