/** A machine for tests: a directory for its root, a clock that stands still, programs that are told. */
import type { Clock } from "../../core/clock.ts";
import { AnnexError } from "../../core/annex/errors.ts";
import type { AnnexHost, RunOptions, RunResult } from "../../core/annex/host.ts";
import { LogLines } from "../../core/annex/log_line.ts";
import type { Tool } from "../../core/annex/tools.ts";

/** What a program does. */
export type FakeTool = (options: RunOptions) => Promise<RunResult> | RunResult;

/** How a machine differs from the plainest. */
export interface TestHostOptions {
  readonly boot?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Programs by name; what is not here is not installed. */
  readonly tools?: Partial<Record<Tool, FakeTool>>;
  /** Files below the root, by their absolute paths; directories are made. */
  readonly files?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** A clock whose `sleep()` takes no time, but makes it pass. */
export class TestClock implements Clock {
  /** What was slept, in milliseconds. */
  readonly sleeps: number[] = [];
  time: number;
  chance = 0.5;
  readonly #start: number;
  /** Called after each sleep. */
  onSleep: (elapsedMs: number) => void | Promise<void> = () => {};

  constructor(time = Date.UTC(2026, 10, 1)) {
    this.time = this.#start = time;
  }

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time - this.#start;
  }

  random(): number {
    return this.chance;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.sleeps.push(ms);
    this.time += ms;
    await this.onSleep(this.monotonic());
    signal.throwIfAborted();
  }

  every(): () => void {
    throw new Error("Cannot tick: the clock stands still");
  }
}

/** The machine, and what it saw. */
export class TestHost implements AnnexHost, Disposable {
  readonly root: string;
  readonly boot: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** What was written to standard output. */
  printed = "";
  /** Lines of standard error, without line breaks. */
  readonly notes: string[] = [];
  /** Programs that were started. */
  readonly started: (RunOptions & { tool: Tool })[] = [];
  readonly #lines = new LogLines();
  readonly #env: Readonly<Record<string, string>>;
  readonly #tools: Partial<Record<Tool, FakeTool>>;

  constructor(options: TestHostOptions = {}) {
    this.root = Deno.makeTempDirSync({ prefix: "pinion-annex-" });
    this.boot = options.boot ?? false;
    this.signal = options.signal ?? new AbortController().signal;
    this.clock = options.clock ?? new TestClock();
    this.#env = options.env ?? {};
    this.#tools = options.tools ?? {};
    for (const dir of ["/etc/condor/config.d", "/var/lib", "/run"]) this.makeDir(dir);
    for (const [path, text] of Object.entries(options.files ?? {})) this.write(path, text);
  }

  env(name: string): string | undefined {
    return this.#env[name];
  }

  out(text: string): void {
    this.printed += this.#lines.clean(text);
  }

  note(event: string, fields?: Parameters<AnnexHost["note"]>[1]): void {
    this.notes.push(this.#lines.line(event, fields).trimEnd());
  }

  hide(secret: string): void {
    this.#lines.hide(secret);
  }

  async run(tool: Tool, options: RunOptions): Promise<RunResult> {
    this.signal.throwIfAborted();
    const fake = this.#tools[tool];
    if (fake === undefined) {
      throw new AnnexError(`Cannot run "${tool}": it is not installed`, { code: "no-tool" });
    }
    this.started.push({ tool, ...options });
    return await fake(options);
  }

  hasTool(tool: Tool): Promise<boolean> {
    return Promise.resolve(this.#tools[tool] !== undefined);
  }

  readSystem(path: string): Promise<string | undefined> {
    return Deno.readTextFile(this.root + path).catch(() => undefined);
  }

  async listSystem(path: string): Promise<string[]> {
    try {
      return (await Array.fromAsync(Deno.readDir(this.root + path), ({ name }) => name)).sort();
    } catch {
      return [];
    }
  }

  /** Writes a file below the root. */
  write(path: string, content: string | Uint8Array, mode = 0o644): void {
    this.makeDir(path.slice(0, path.lastIndexOf("/")));
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(this.root + path, bytes);
    Deno.chmodSync(this.root + path, mode);
  }

  /** Text of a file below the root. */
  read(path: string): string {
    return Deno.readTextFileSync(this.root + path);
  }

  /** Makes a directory below the root, and those above it. */
  makeDir(path: string): void {
    Deno.mkdirSync(this.root + path, { recursive: true, mode: 0o755 });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }
}

/** A program that ends like this. */
export function ends(code: number, stdout = "", stderr = ""): FakeTool {
  return () => ({ code, stdout, stderr });
}
