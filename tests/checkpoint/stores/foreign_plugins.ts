/** Plug-ins for tests, and what is asked of them. */
import { openForeign } from "../../../core/checkpoint/stores/foreign.ts";
import type { ForeignOptions } from "../../../core/checkpoint/stores/foreign_plugin.ts";
import type { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { parseBase } from "../../../core/checkpoint/location.ts";
import type { Batch, Store } from "../../../core/checkpoint/store.ts";

const encoder = new TextEncoder();

/** A directory for scripts and what they write. */
export class Workshop implements AsyncDisposable {
  readonly path: string;

  constructor() {
    this.path = Deno.makeTempDirSync({ prefix: "foreign" });
  }

  /** Writes a plug-in: a shell script that finds this directory in `$W`. */
  plugin(script: string, name = "plugin"): string {
    const path = `${this.path}/${name}`;
    Deno.writeTextFileSync(path, `#!/bin/sh\nW='${this.path}'\n${script}\n`, { mode: 0o755 });
    return path;
  }

  /** Opens a store behind a plug-in in this directory. */
  open(command: readonly string[], options: Partial<ForeignOptions> = {}): Store {
    return openForeign({
      command,
      jobAd: `${this.path}/.job.ad`,
      timeout: 20,
      parallel: 1,
      batch: false,
      environment: { PATH: "/usr/bin:/bin" },
      user: undefined,
      temporaryDirectory: this.path,
      ...options,
    });
  }

  /** A file of the directory, as text; empty when it is not there. */
  read(name: string): string {
    try {
      return Deno.readTextFileSync(`${this.path}/${name}`);
    } catch {
      return "";
    }
  }

  /** Makes a FIFO, and returns what waits until something was written to it and it was closed. */
  async fifo(name: string): Promise<() => Promise<string>> {
    const path = `${this.path}/${name}`;
    await new Deno.Command("mkfifo", { args: [path] }).output();
    return () => Deno.readTextFile(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Files to be removed from `x://a/b/gid/0000`; each name lies in the same buffer for a moment. */
export function batchOf(
  names: readonly (string | Uint8Array)[],
  { base = "x://a/b/gid/0000", ignoreMissing = false } = {},
): Batch {
  const bytes = names.map((name) => typeof name === "string" ? encoder.encode(name) : name);
  const lent = new Uint8Array(Math.max(1, ...bytes.map(({ length }) => length)));
  return {
    base: parseBase(base),
    ignoreMissing,
    count: bytes.length,
    name(index) {
      const name = bytes[index]!;
      lent.fill(0x3f).set(name);
      return lent.subarray(0, name.length);
    },
  };
}

/** What was reported, by index. */
export class Reports {
  readonly failures = new Map<number, CleanupFailure | undefined>();

  readonly done = (index: number, failure?: CleanupFailure): void => {
    if (this.failures.has(index)) throw new Error(`File ${index} was reported twice`);
    this.failures.set(index, failure);
  };

  /** The indices reported as gone, in order. */
  get gone(): number[] {
    return [...this.failures].filter(([, failure]) => failure === undefined).map(([i]) => i)
      .toSorted((a, b) => a - b);
  }

  /** Kind and message for each file, in order; `gone` for one that is. */
  get list(): string[] {
    return [...this.failures].toSorted(([a], [b]) => a - b).map(([, failure]) =>
      failure === undefined ? "gone" : `${failure.kind}: ${failure.message}`
    );
  }
}

/** A signal that is never aborted. */
export function never(): AbortSignal {
  return new AbortController().signal;
}
