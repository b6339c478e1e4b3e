import { assert, assertEquals, assertThrows } from "@std/assert";
import { TransferFailure } from "../../core/errors.ts";
import { prepareTarget } from "../../core/transfer/target.ts";
import { TempDir } from "./contract.ts";
import { FakeHost } from "./fake_host.ts";

/** Scratch directory of a job, and one beside it. */
function scratch(dir: TempDir): FakeHost {
  Deno.mkdirSync(dir.join("scratch"));
  return new FakeHost({ cwd: dir.join("scratch") });
}

/** Downloads `content` to `name`. */
function put(name: string, content: string, host: FakeHost): void {
  const target = prepareTarget(name, host);
  target.part.write(new TextEncoder().encode(content));
  target.commit();
}

function refusal(name: string, host: FakeHost): string {
  const failure = assertThrows(() => prepareTarget(name, host), TransferFailure);
  assertEquals([failure.kind, failure.facts.retryable], ["Parameter", -1]);
  return failure.message;
}

Deno.test("prepareTarget() leaves a file alone until its replacement is whole", () => {
  using dir = new TempDir();
  const host = scratch(dir);
  Deno.writeTextFileSync(dir.join("scratch/f"), "old");
  const inode = Deno.statSync(dir.join("scratch/f")).ino;
  const target = prepareTarget("f", host);
  target.part.write(new TextEncoder().encode("new"));
  assertEquals(Deno.readTextFileSync(dir.join("scratch/f")), "old");
  target.commit();
  assertEquals(Deno.readTextFileSync(dir.join("scratch/f")), "new");
  assert(Deno.statSync(dir.join("scratch/f")).ino !== inode, "replaced by renaming");
  assertEquals([...Deno.readDirSync(dir.join("scratch"))].length, 1);
});

Deno.test("prepareTarget() takes relative and absolute names, and names of 255 bytes", () => {
  using dir = new TempDir();
  const host = scratch(dir);
  for (const name of ["rel", dir.join("abs"), "x".repeat(255), "é".repeat(127), "-x", " "]) {
    put(name, name, host);
  }
  assertEquals(Deno.readTextFileSync(dir.join("abs")), dir.join("abs"));
  assertEquals(Deno.readTextFileSync(dir.join("scratch", "é".repeat(127))), "é".repeat(127));
});

Deno.test("prepareTarget() makes missing directories in the scratch directory only", () => {
  using dir = new TempDir();
  const host = scratch(dir);
  put("a/b/c", "deep", host);
  assertEquals(Deno.readTextFileSync(dir.join("scratch/a/b/c")), "deep");
  put(dir.join("scratch/a/d/e"), "absolute", host);
  for (
    const name of [dir.join("other/f"), "../other/f", "a/../../other/f", dir.join("scratch2/f")]
  ) {
    assertEquals(refusal(name, host), `Cannot write "${name}": its directory does not exist`);
  }
  assertEquals(dir.names(), ["scratch"]);
  put("../beside", "an existing directory will do", host);
  assertEquals(dir.names(), ["beside", "scratch"]);
});

Deno.test("prepareTarget() knows the scratch directory by whatever path, and follows no link out", () => {
  using dir = new TempDir();
  const host = scratch(dir);
  Deno.symlinkSync(dir.join("scratch"), dir.join("link"));
  put(dir.join("link/sub/f"), "through the link", host);
  assertEquals(Deno.readTextFileSync(dir.join("scratch/sub/f")), "through the link");
  put("x/f", "started in the link", new FakeHost({ cwd: dir.join("link") }));
  Deno.mkdirSync(dir.join("outside"));
  Deno.symlinkSync(dir.join("outside"), dir.join("scratch/out"));
  refusal("out/new/f", host);
  assertEquals([...Deno.readDirSync(dir.join("outside"))], []);
});

Deno.test("prepareTarget() refuses a directory, and what is below a file", () => {
  using dir = new TempDir();
  const host = scratch(dir);
  Deno.mkdirSync(dir.join("scratch/d"));
  Deno.symlinkSync("d", dir.join("scratch/link"));
  Deno.writeTextFileSync(dir.join("scratch/f"), "");
  for (const name of ["d", "link", "", ".", "/"]) {
    assertEquals(refusal(name, host), `Cannot write "${name}": is a directory`);
  }
  refusal("f/g/h", host);
});

Deno.test("prepareTarget() refuses a pipe, which could block for ever", () => {
  using dir = new TempDir();
  const host = scratch(dir);
  new Deno.Command("mkfifo", { args: [dir.join("scratch/pipe")] }).outputSync();
  Deno.symlinkSync("pipe", dir.join("scratch/link"));
  for (const name of ["pipe", "link"]) {
    assertEquals(refusal(name, host), `Cannot write "${name}": is a pipe`);
  }
});

Deno.test("prepareTarget() writes through a link, whether it leads somewhere or not", () => {
  using dir = new TempDir();
  const host = scratch(dir);
  Deno.writeTextFileSync(dir.join("far"), "a longer old content");
  Deno.symlinkSync("../far", dir.join("scratch/link"));
  Deno.symlinkSync("../nowhere", dir.join("scratch/broken"));
  const inode = Deno.statSync(dir.join("far")).ino;
  const target = prepareTarget("link", host);
  target.part.write(new TextEncoder().encode("new"));
  assertEquals(Deno.readTextFileSync(dir.join("far")), "a longer old content");
  target.commit();
  assertEquals(Deno.readTextFileSync(dir.join("far")), "new");
  assertEquals(Deno.statSync(dir.join("far")).ino, inode);
  assert(Deno.lstatSync(dir.join("scratch/link")).isSymlink);
  put("broken", "made", host);
  assertEquals(Deno.readTextFileSync(dir.join("nowhere")), "made");
  assertEquals([...Deno.readDirSync(dir.join("scratch"))].length, 2, "no part file is left");
});

// A device of its own: a fault must not be able to replace the machine's.
const root = Deno.uid() === 0;

Deno.test({
  name: `prepareTarget() writes to a device and leaves it one${
    root ? "" : " (needs root, for mknod)"
  }`,
  ignore: !root,
  fn: () => {
    using dir = new TempDir();
    const host = scratch(dir);
    const { success } = new Deno.Command("mknod", { args: [dir.join("null"), "c", "1", "3"] })
      .outputSync();
    assert(success, "mknod has failed");
    put(dir.join("null"), "gone", host);
    assert(Deno.statSync(dir.join("null")).isCharDevice);
    assertEquals([...Deno.readDirSync(dir.join("scratch"))], []);
  },
});

Deno.test("prepareTarget() sends the name - to standard output, only when whole", () => {
  using dir = new TempDir();
  const host = scratch(dir);
  const target = prepareTarget("-", host);
  target.part.write(new Uint8Array([0, 255, 10]));
  assertEquals(host.printed(), "");
  target.commit();
  assertEquals(host.printedBytes(), new Uint8Array([0, 255, 10]));
  assertEquals([...Deno.readDirSync(dir.join("scratch"))], []);
});
