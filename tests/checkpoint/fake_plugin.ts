/** A kind of destination for tests of the frame, and a machine that keeps what is printed. */
import type { PluginHost } from "../../core/checkpoint/plugin_host.ts";
import { readOwn } from "../../core/checkpoint/plugin_options.ts";
import type { BackEnd, Store, StoreContext } from "../../core/checkpoint/store.ts";
import { makeAd } from "../../core/classad/mod.ts";
import type { Permissions } from "../../core/cli/program.ts";
import { UsageError } from "../../core/errors.ts";
import { FakeClock } from "../transfer/fake_host.ts";

const PROGRAM = {
  name: "cleanup_fake_checkpoint",
  summary: "remove nothing at all",
  version: "1.0",
  usage: ["-drive DRIVE"],
  description: ["For tests."],
  options: [
    { name: "drive", value: "DRIVE", text: "Where." },
    { name: "fast", text: "Hurry." },
  ],
  exitStatus: [],
} as const;

/** What was seen by a {@linkcode fakeBackEnd}. */
export interface Seen {
  readonly opened: { args: readonly string[]; context: StoreContext }[];
  readonly bases: string[];
  readonly names: string[];
  closed: number;
}

/** A back-end whose store does what it is told. */
export function fakeBackEnd(
  { remove, permissions = {} }: { remove?: Store["remove"]; permissions?: Permissions } = {},
): { backEnd: BackEnd; seen: Seen } {
  const seen: Seen = { opened: [], bases: [], names: [], closed: 0 };
  const backEnd: BackEnd = {
    program: PROGRAM,
    permissions,
    open(args, context) {
      seen.opened.push({ args, context });
      if (readOwn(PROGRAM, args).drive === undefined) {
        throw new UsageError(`${PROGRAM.name}: option -drive is needed (see -help)`);
      }
      return Promise.resolve({
        remove(batch, options) {
          seen.bases.push(`${batch.base.text}${batch.ignoreMissing ? " incomplete" : ""}`);
          for (let i = 0; i < batch.count; i++) {
            seen.names.push(new TextDecoder().decode(batch.name(i)));
          }
          if (remove !== undefined) return remove(batch, options);
          for (let i = 0; i < batch.count; i++) options.done(i);
          return Promise.resolve();
        },
        [Symbol.asyncDispose]() {
          seen.closed++;
          return Promise.resolve();
        },
      });
    },
  };
  return { backEnd, seen };
}

/** A machine whose clock stands still. */
export class FakePluginHost implements PluginHost {
  readonly clock = new FakeClock();
  readonly asked: string[] = [];
  out = "";
  err = "";

  env(name: string): string | undefined {
    return `value of ${name}`;
  }
  user({ library }: { library: boolean }): { name: string; home: string } {
    return { name: "alice", home: library ? "/from/library" : "/from/passwd" };
  }
  queuedJob(id: string): Promise<ReturnType<typeof makeAd>> {
    this.asked.push(id);
    return Promise.resolve(makeAd({ Owner: "alice" }));
  }
  stdout(text: string): void {
    this.out += text;
  }
  stderr(text: string): void {
    this.err += text;
  }
}
