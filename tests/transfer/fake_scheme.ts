/**
 * A scheme that does what a script says, attempt by attempt.
 */
import { type FailureFacts, type FailureKind, TransferFailure } from "../../core/errors.ts";
import type { FileRequest } from "../../core/transfer/in_file.ts";
import { DEFAULT_OPTIONS, type TransferOptions } from "../../core/transfer/options.ts";
import { type PartFile, writeFully } from "../../core/transfer/part_file.ts";
import type { Scheme, TransferContext } from "../../core/transfer/scheme.ts";
import { methodOf } from "../../core/transfer/url.ts";
import type { FakeClock } from "./fake_host.ts";

/** What a script's step sees. */
export interface Step {
  readonly url: string;
  /** The part file, or the local file of an upload. */
  readonly path: string;
  /** The same file as its owner, for a download. */
  readonly part: PartFile | undefined;
  readonly ctx: TransferContext;
}

/** What happens in one attempt. */
export type Outcome = (step: Step) => void | Promise<void>;

/** One attempt that was made. */
export interface Call {
  readonly url: string;
  readonly attempt: number;
  /** Seconds on the clock. */
  readonly at: number;
}

/** A scheme for tests. */
export interface FakeScheme extends Scheme {
  /** The attempts made, in order. */
  readonly calls: Call[];
  /** Most attempts under way at once: in all, and for each server of a URL. */
  readonly peak: { total: number; perServer: number };
  closed: number;
}

/**
 * A scheme that follows `script`: for each URL what happens in its attempts, the last step for all
 * further ones; a URL without steps brings four bytes.
 */
export function fakeScheme(
  clock: FakeClock,
  script: Readonly<Record<string, readonly Outcome[]>> = {},
  methods: readonly string[] = ["fake", "http"],
): FakeScheme {
  const tries = new Map<string, number>();
  const active = new Map<string, number>();
  let total = 0;
  const calls: Call[] = [];
  const peak = { total: 0, perServer: 0 };
  const move = async (step: Step) => {
    const { url, ctx } = step;
    calls.push({ url, attempt: ctx.attempt, at: clock.monotonic() / 1000 });
    const server = url.split("/")[2]!;
    const here = (active.get(server) ?? 0) + 1;
    active.set(server, here);
    peak.total = Math.max(peak.total, ++total);
    peak.perServer = Math.max(peak.perServer, here);
    try {
      const steps = script[url] ?? [bring("four")];
      const turn = tries.get(url) ?? 0;
      tries.set(url, turn + 1);
      await steps[Math.min(turn, steps.length - 1)]!(step);
    } finally {
      active.set(server, active.get(server)! - 1);
      total--;
    }
  };
  const scheme: FakeScheme = {
    methods,
    calls,
    peak,
    closed: 0,
    download: (url, path, ctx) => move({ url, path, ctx, part: ctx.part }),
    upload: (path, url, ctx) => move({ url, path, ctx, part: undefined }),
    close: () => void scheme.closed++,
  };
  return scheme;
}

/** The file is moved: a download has this content. */
export function bring(content: string | Uint8Array): Outcome {
  return ({ part, ctx }) => {
    ctx.connected();
    if (part === undefined) return;
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    using file = part.open();
    writeFully(file, bytes);
    ctx.moved(bytes.length);
  };
}

/** The attempt fails. */
export function fail(
  kind: FailureKind = "Transfer",
  facts: Partial<FailureFacts> = {},
  message = "went wrong",
): Outcome {
  return () => {
    throw failure(kind, facts, message);
  };
}

/** A failure for tests: to be retried unless `facts` say otherwise. */
export function failure(
  kind: FailureKind = "Transfer",
  facts: Partial<FailureFacts> = {},
  message = "went wrong",
): TransferFailure {
  return new TransferFailure(kind, message, { errorCode: 56, retryable: 0, ...facts });
}

/** The server is reached and nothing comes, until the attempt is ended. */
export async function silence({ ctx }: Step): Promise<void> {
  ctx.connected();
  await aborted(ctx.signal);
}

/** The attempt never ends, whatever the engine says. */
export function hang({ ctx }: Step): Promise<void> {
  ctx.connected();
  return new Promise<void>(() => {});
}

/** Rejects with the signal's reason once there is one. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** A step after which each entry of `plan` moves so many bytes after so many seconds. */
export function trickle(clock: FakeClock, plan: Iterable<readonly [number, number]>): Outcome {
  return async ({ part, ctx }) => {
    ctx.connected();
    part?.open().close();
    for (const [seconds, bytes] of plan) {
      await clock.sleep(seconds * 1000, ctx.signal);
      ctx.moved(bytes);
    }
  };
}

/** A request for `url` under the name `localFileName`. */
export function request(
  url: string,
  localFileName: string,
  options: Partial<TransferOptions> = {},
): FileRequest {
  return {
    url,
    localFileName,
    method: methodOf(url) ?? "",
    options: { ...DEFAULT_OPTIONS, ...options },
    refusal: undefined,
  };
}
