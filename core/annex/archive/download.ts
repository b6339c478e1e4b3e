/** Fetching the archive: one attempt at one place. */

import { createHash } from "node:crypto";
import { AwsError, type AwsSession, getObject } from "../../aws/mod.ts";
import { errorText, TransferFailure } from "../../errors.ts";
import { bodyFailure, type HttpClient, type HttpResponse, serverOf } from "../../http/mod.ts";
import type { Download, DownloadPlan } from "../contracts.ts";
import { makeDirectory } from "../directories.ts";
import { AnnexError } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import { INCOMING, STATE_DIR } from "../paths.ts";
import { writeFailure } from "../safe_file.ts";
import { LARGEST_ARCHIVE } from "./unpack.ts";

const STALL_MS = 30_000;

/** What is sent back as it is, in a header: a quoted text, maybe marked as weak (RFC 9110, 8.8.3). */
const ETAG = /^(?:W\/)?"[\x21\x23-\x7e]{0,250}"$/;

/** What the archive is fetched with. */
export interface DownloadTools {
  readonly http: HttpClient;
  readonly session: AwsSession;
  /** Milliseconds without a byte after which a transfer is given up. @default {30000} */
  readonly stallMs?: number;
}

/**
 * Fetches the archive into a file that only root can read; an earlier one is removed first.
 *
 * @throws {AnnexError} `archive-absent` (retryable) for 403 and 404, which are the same to a role that
 *   may not list the bucket; `s3-refused`, `transfer-failed` and `write-failed` (retryable);
 *   `archive-rejected` for one that is too big
 */
export async function downloadArchive(
  host: AnnexHost,
  plan: DownloadPlan,
  { http, session, stallMs = STALL_MS }: DownloadTools,
): Promise<Download> {
  await makeDirectory(host, STATE_DIR, { mode: 0o700 });
  const path = host.root + INCOMING;
  await removeIfThere(path);
  using stall = new StallGuard(host, stallMs);
  try {
    const { etag: known } = plan;
    const answer = await getObject(plan, {
      http,
      session,
      signal: stall.signal,
      expectedOwner: plan.expectedOwner,
      etag: known !== undefined && ETAG.test(known) ? known : undefined,
    });
    if (answer.status === 304) return { kind: "not-modified" };
    const sum = await store(answer, path, { stall, plan });
    const etag = answer.headers.get("etag") ?? "";
    return { kind: "archive", path, etag: ETAG.test(etag) ? etag : "", ...sum };
  } catch (error) {
    await removeIfThere(path);
    host.signal.throwIfAborted();
    throw explain(error, plan);
  }
}

async function store(
  answer: HttpResponse,
  path: string,
  { stall, plan }: { readonly stall: StallGuard; readonly plan: DownloadPlan },
): Promise<{ readonly sha256: string; readonly size: number }> {
  const length = answer.headers.get("content-length") ?? "";
  const promised = /^\d{1,15}$/.test(length) ? Number(length) : undefined;
  const hash = createHash("sha256");
  let size = 0;
  try {
    if ((promised ?? 0) > LARGEST_ARCHIVE) throw tooBig(plan);
    using file = await onDisk(() => Deno.open(path, { write: true, createNew: true, mode: 0o600 }));
    for await (const chunk of bodyOf(answer)) {
      stall.moved();
      size += chunk.length;
      if (size > LARGEST_ARCHIVE) throw tooBig(plan);
      hash.update(chunk);
      await onDisk(async () => {
        for (let rest = chunk; rest.length > 0;) rest = rest.subarray(await file.write(rest));
      });
      // It has passwords in it, and is not needed any more.
      chunk.fill(0);
    }
  } finally {
    await answer.cancel();
  }
  if (promised !== undefined && size !== promised) {
    throw broken(`${size} bytes came instead of ${promised}`, answer.url);
  }
  return { sha256: hash.digest("hex"), size };
}

/** Whatever goes wrong here is not the service's fault. */
async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw writeFailure(INCOMING, error, { retryable: true });
  }
}

async function* bodyOf(answer: HttpResponse): AsyncGenerator<Uint8Array, void, void> {
  let received = 0;
  const chunks = answer.body?.[Symbol.asyncIterator]();
  if (chunks === undefined) return;
  try {
    while (true) {
      let next;
      try {
        next = await chunks.next();
      } catch (error) {
        throw bodyFailure(error, answer, received);
      }
      if (next.done) return;
      received += next.value.length;
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}

/** A signal that comes when nothing has moved for a while, or when all work is to end. */
class StallGuard implements Disposable {
  readonly signal: AbortSignal;
  readonly #limit: number;
  readonly #stalled = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: AnnexHost, limit: number) {
    this.#limit = limit;
    this.signal = AbortSignal.any([host.signal, this.#stalled.signal]);
    this.moved();
  }

  moved(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#stalled.abort(broken(`nothing came for ${this.#limit / 1000} s`));
    }, this.#limit);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

function broken(text: string, url?: URL): TransferFailure {
  return new TransferFailure("Transfer", text, {
    errorCode: 18,
    retryable: 0,
    failureType: "Incomplete",
    ...(url && { server: serverOf(url) }),
  });
}

function tooBig(plan: DownloadPlan): AnnexError {
  return new AnnexError(
    `Cannot fetch "${nameOf(plan)}": it is bigger than ${LARGEST_ARCHIVE} bytes`,
    { code: "archive-rejected", remedy: "leave out of the archive what is no configuration" },
  );
}

/** Refusals that mean there is nothing for this role, at least not yet. */
function isAbsence({ status, code }: AwsError["facts"]): boolean {
  return status === 404 || (status === 403 && /^(?:|AccessDenied|AllAccessDisabled)$/.test(code));
}

function explain(error: unknown, plan: DownloadPlan): AnnexError {
  if (error instanceof AnnexError) return error;
  const message = `Cannot fetch "${nameOf(plan)}": ${errorText(error)}`;
  if (!(error instanceof AwsError)) {
    return new AnnexError(message, { code: "transfer-failed", retryable: true, cause: error });
  }
  const retryAfter = error.facts.retryAfter ?? 0;
  if (!isAbsence(error.facts)) {
    return new AnnexError(message, {
      code: "s3-refused",
      retryable: true,
      retryAfter,
      cause: error,
    });
  }
  const owner = plan.expectedOwner === undefined
    ? ""
    : `, and that the bucket belongs to account ${plan.expectedOwner}`;
  return new AnnexError(message, {
    code: "archive-absent",
    retryable: true,
    remedy: `check that the archive is there, that the role may read it${owner}`,
    cause: error,
  });
}

function nameOf({ bucket, key }: DownloadPlan): string {
  return `s3://${bucket}/${key}`;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
