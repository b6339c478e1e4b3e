import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { parseAds } from "../../core/classad/mod.ts";
import { TempDir } from "./contract.ts";

const CHILD = fromFileUrl(new URL("kill_child.ts", import.meta.url));

/** A plug-in process that goes on only when told to. */
class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #stderr: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(dir: string, args: readonly string[]) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", CHILD, ...args],
      cwd: dir,
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#stdin = this.#process.stdin.getWriter();
    this.#stderr = this.#process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Waits for the next step to be done. */
  async step(): Promise<string> {
    while (!this.#text.includes("\n")) {
      const { value, done } = await this.#stderr.read();
      if (done) throw new Error(`The plug-in has ended: ${this.#text}`);
      this.#text += value;
    }
    const end = this.#text.indexOf("\n");
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return line;
  }

  /** Lets it go on. */
  async go(): Promise<void> {
    await this.#stdin.write(new Uint8Array([10]));
  }

  async kill(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    this.#process.kill(signal);
    return await this.end();
  }

  async end(): Promise<Deno.CommandStatus> {
    const status = await this.#process.status;
    await this.#stdin.close().catch(() => {});
    while (!(await this.#stderr.read()).done);
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
      await this.end();
    } catch {
      // it has ended
    }
  }
}

const OLD = "old content";
const NEW = "n".repeat(5000);

/** Starts a download of five steps over an existing file. */
function begin(dir: TempDir): Child {
  const infile = dir.join("in");
  Deno.writeTextFileSync(infile, `[ Url = "slow://h/5000"; LocalFileName = "${dir.join("f")}" ]`);
  Deno.writeTextFileSync(dir.join("out"), " ".repeat(19_264));
  return new Child(dir.path, ["-infile", infile, "-outfile", dir.join("out")]);
}

Deno.test("a plug-in killed in mid-transfer leaves the old file, and an ad for it", async () => {
  for (const steps of [1, 2, 5]) {
    using dir = new TempDir();
    Deno.writeTextFileSync(dir.join("f"), OLD);
    await using child = begin(dir);
    for (let step = 1; step < steps; step++) {
      await child.step();
      await child.go();
    }
    assertEquals(await child.step(), `${(steps - 1) * 1000}`);
    const status = await child.kill("SIGKILL");
    assertEquals(status.signal, "SIGKILL");
    assertEquals(Deno.readTextFileSync(dir.join("f")), OLD, `after ${steps} steps`);
    const [ad, ...others] = [...parseAds(Deno.readFileSync(dir.join("out")))];
    assertEquals(others, []);
    assertEquals([ad!.getBoolean("TransferSuccess"), ad!.getString("TransferUrl")], [
      false,
      "slow://h/5000",
    ]);
  }
});

Deno.test("a plug-in told to stop leaves the old file, no part file, and ends with 1", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.join("f"), OLD);
  await using child = begin(dir);
  await child.step();
  const status = await child.kill("SIGTERM");
  assertEquals([status.code, status.signal], [1, null]);
  assertEquals(Deno.readTextFileSync(dir.join("f")), OLD);
  assertEquals(dir.names(), ["f", "in", "out"]);
  const [ad] = [...parseAds(Deno.readFileSync(dir.join("out")))];
  assertEquals(ad!.getString("TransferError"), "Transfer interrupted by SIGTERM");
});

Deno.test("two plug-ins with the same target do not disturb each other", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.join("f"), OLD);
  await using first = begin(dir);
  await first.step();
  await using second = begin(dir);
  await second.step();
  assertEquals(dir.names().filter((name) => name.startsWith(".f.part-")).length, 2);
  for (const child of [first, second]) {
    const seen: string[] = [];
    for (let step = 1; step < 5; step++) {
      await child.go();
      await child.step();
      seen.push(Deno.readTextFileSync(dir.join("f")));
    }
    const before = child === first ? OLD : NEW;
    assertEquals(seen, Array(4).fill(before), "never a mix");
    await child.go();
    assertEquals((await child.end()).code, 0);
    assertEquals(Deno.readTextFileSync(dir.join("f")), NEW);
  }
  assert(!dir.names().some((name) => name.includes(".part-")));
});
