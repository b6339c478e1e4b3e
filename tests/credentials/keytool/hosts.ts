/** Machines for the key tools, and folders to work in. */
import { fromFileUrl, join } from "@std/path";
import type { Clock } from "../../../core/clock.ts";
import type { KeytoolHost } from "../../../core/credentials/keytool/host.ts";

/** Where the captured keys are. */
export const KEYS = fromFileUrl(new URL("../../keys/testdata/", import.meta.url));

/** The path of a captured key. */
export const keyPath = (name: string): string => join(KEYS, name);

/** 2026-11-21 04:50:20 UTC. */
export const NOON = 1795236620;

/** A clock that stands still, and whose sleep never ends. */
export function clockAt(seconds: number): Clock {
  return {
    now: () => seconds * 1000,
    monotonic: () => 0,
    random: () => 0,
    sleep: (_ms, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    every: () => () => {},
  };
}

/** A clock whose sleepers are woken by the test. */
export class ManualClock implements Clock {
  readonly #sleepers = new Map<() => void, number>();

  now = (): number => NOON * 1000;
  monotonic = (): number => 0;
  random = (): number => 0;
  every = (): () => void => () => {};
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleepers.set(resolve, ms);
      signal.addEventListener("abort", () => {
        this.#sleepers.delete(resolve);
        reject(signal.reason);
      }, { once: true });
    });
  }
  /** How long those sleep who do, in milliseconds. */
  get sleeping(): number[] {
    return [...this.#sleepers.values()];
  }
  /** Ends all sleep. */
  wake(): void {
    for (const resolve of this.#sleepers.keys()) resolve();
    this.#sleepers.clear();
  }
}

/** A machine in memory. */
export class FakeHost implements KeytoolHost {
  /** What was written to standard output. */
  text = "";
  readonly notes: string[] = [];
  clock = clockAt(NOON);
  stdin = "";
  mode: number | undefined;
  environment: Readonly<Record<string, string>> = {};

  constructor(changes: Partial<Pick<FakeHost, "clock" | "stdin" | "mode" | "environment">> = {}) {
    Object.assign(this, changes);
  }

  out(text: string): void {
    this.text += text;
  }
  note(line: string): void {
    this.notes.push(line);
  }
  input(limit: number): Promise<string> {
    if (this.stdin.length > limit) return Promise.reject(new Error("too much"));
    return Promise.resolve(this.stdin);
  }
  outputMode(): number | undefined {
    return this.mode;
  }
  env(name: string): string | undefined {
    return this.environment[name];
  }
}

/** A folder that is removed with `using`. */
export class Folder implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "pinion-keys-" });

  /** The path of a name in it. */
  at(name: string): string {
    return join(this.path, name);
  }
  /** Writes a file into it. */
  write(name: string, text: string, mode = 0o600): string {
    Deno.writeTextFileSync(this.at(name), text);
    Deno.chmodSync(this.at(name), mode);
    return this.at(name);
  }
  read(name: string): string {
    return Deno.readTextFileSync(this.at(name));
  }
  /** Permission bits of what is in it, by name. */
  modes(): Record<string, string> {
    const names = [...Deno.readDirSync(this.path)].map(({ name }) => name).sort();
    return Object.fromEntries(
      names.map((name) => [name, ((Deno.lstatSync(this.at(name)).mode ?? 0) & 0o777).toString(8)]),
    );
  }
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
