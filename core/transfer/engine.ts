/**
 * Moves the files of one run: several at once, each until it is there or must be given up.
 *
 * Whatever happens, there is one result for each request, and `onResult` hears of it at once.
 */
import { TransferFailure } from "../errors.ts";
import { Attempt } from "./attempt.ts";
import { FileRecord } from "./file_record.ts";
import type { Host } from "./host.ts";
import type { FileRequest } from "./in_file.ts";
import { localFailure } from "./local_failure.ts";
import { type LocalEnd, openLocalEnd } from "./local_end.ts";
import type { Direction, FileResult } from "./result.ts";
import { retryDelay } from "./retry.ts";
import type { Scheme } from "./scheme.ts";
import { Slots } from "./slots.ts";
import { hasServer, parseTransferUrl, serverOf } from "./url.ts";

/** Milliseconds between two looks at stalls and the deadline. */
const TICK = 1000;

/** libcurl's CURLE_UNSUPPORTED_PROTOCOL and CURLE_OPERATION_TIMEDOUT. */
const UNSUPPORTED_PROTOCOL = 1;
const OPERATION_TIMEDOUT = 28;

/** A run's settings. */
export interface RunOptions {
  readonly direction: Direction;
  readonly schemes: readonly Scheme[];
  readonly host: Host;
  readonly maxParallel: number;
  readonly maxPerHost: number;
  /** Seconds for the whole run. */
  readonly deadline: number;
  /** Called with each result as soon as it is known. */
  onResult(result: FileResult, index: number): void;
  /** Called about once a second. */
  onTick(): void;
}

/** One run of the engine. */
export class Run {
  readonly #options: RunOptions;
  readonly #schemes = new Map<string, Scheme>();
  readonly #slots: Slots;
  readonly #active = new Set<Attempt>();
  readonly #stop = new AbortController();

  constructor(options: RunOptions) {
    this.#options = options;
    this.#slots = new Slots(options.maxParallel, options.maxPerHost);
    for (const scheme of options.schemes) {
      for (const method of scheme.methods) this.#schemes.set(method, scheme);
    }
  }

  /** Moves the files and returns their results in the order of the requests. */
  async transfer(requests: readonly FileRequest[]): Promise<FileResult[]> {
    const { clock } = this.#options.host;
    const end = clock.monotonic() + this.#options.deadline * 1000;
    const stopTicking = clock.every(TICK, () => this.#tick(end));
    try {
      return await Promise.all(requests.map(async (request, index) => {
        const result = await this.#file(request);
        this.#options.onResult(result, index);
        return result;
      }));
    } finally {
      stopTicking();
      for (const scheme of this.#options.schemes) scheme.close?.();
    }
  }

  /** Ends the run: files under way fail with this failure, and no other is begun. */
  stop(failure: TransferFailure): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(failure);
    for (const attempt of this.#active) attempt.end(failure);
  }

  #tick(end: number): void {
    const now = this.#options.host.clock.monotonic();
    if (now >= end) {
      this.stop(
        new TransferFailure("Transfer", `Deadline of ${this.#options.deadline} s reached`, {
          failureType: "TimedOut",
          errorCode: OPERATION_TIMEDOUT,
          retryable: 0,
        }),
      );
    }
    for (const attempt of this.#active) attempt.look(now);
    this.#options.onTick();
  }

  /** Moves one file, and never rejects. */
  async #file(request: FileRequest): Promise<FileResult> {
    const { direction, host } = this.#options;
    const file = new FileRecord(request, direction, host.clock);
    let local: LocalEnd | undefined;
    try {
      if (request.refusal !== undefined) throw request.refusal;
      local = openLocalEnd(request, direction, host);
      if (await this.#persist(file, local)) return file.result(local.size);
      local.abandon(file.lastFailure);
    } catch (error) {
      file.fail(this.#failure(error, request));
    }
    return file.result();
  }

  /** Attempts until one succeeds or none is left; returns whether one did. */
  async #persist(file: FileRecord, local: LocalEnd): Promise<boolean> {
    const { request } = file;
    const { clock } = this.#options.host;
    const mirrors = this.#options.direction === "download" ? request.options.mirrors : [];
    const places = [request.url, ...mirrors];
    const attemptsAllowed = request.options.maxRetries + places.length;
    let firstFailureAt: number | undefined;
    for (let turn = 0; places.length > 0;) {
      const place = turn % places.length;
      const end = await this.#attempt(file, local, places[place]!);
      if (end === undefined) return true;
      const { failure } = end;
      if (end.final || this.#stop.signal.aborted) return false;
      firstFailureAt ??= clock.monotonic();
      if (!failure.retryable || failure.facts.failureType === "TooSlow") {
        places.splice(place, 1); // it will not do better; another one may, and at once
        continue;
      }
      const delay = retryDelay(failure, {
        attempts: file.tries,
        attemptsAllowed,
        elapsed: (clock.monotonic() - firstFailureAt) / 1000,
        elapsedAllowed: request.options.retryMaxTime,
      }, clock.random());
      if (delay === undefined) return false;
      if (++turn % places.length !== 0) continue; // a place not tried in this round
      try {
        await clock.sleep(delay * 1000, this.#stop.signal);
      } catch {
        return false;
      }
    }
    return false;
  }

  /** One attempt at one place; returns how it failed, if it did, and whether others may follow. */
  async #attempt(
    file: FileRecord,
    local: LocalEnd,
    url: string,
  ): Promise<{ failure: TransferFailure; final: boolean } | undefined> {
    let slot: string | undefined;
    let attempt: Attempt | undefined;
    try {
      const parsed = parseTransferUrl(url);
      const scheme = this.#scheme(parsed.method);
      const server = hasServer(parsed.method) ? serverOf(parsed) : undefined;
      const name = server ?? parsed.method;
      const turn = this.#slots.acquire(name);
      if (turn !== undefined) await turn;
      slot = name;
      this.#stop.signal.throwIfAborted();
      file.begin();
      attempt = new Attempt({
        request: file.request,
        method: parsed.method,
        credential: parsed.credential,
        number: file.tries,
        server,
        part: local.part,
        size: local.size,
        facts: file.facts,
      }, this.#options.host);
      this.#active.add(attempt);
      await attempt.run(local.move(scheme, url, attempt));
      return undefined;
    } catch (error) {
      const failure = attempt?.failure(error) ?? this.#failure(error, file.request);
      file.fail(failure);
      return { failure, final: attempt?.abandoned ?? false };
    } finally {
      if (attempt !== undefined) {
        this.#active.delete(attempt);
        file.count(attempt);
      }
      if (slot !== undefined) this.#slots.release(slot);
    }
  }

  #scheme(method: string): Scheme {
    const { direction } = this.#options;
    const scheme = this.#schemes.get(method);
    if (scheme === undefined) throw unsupported(`Protocol "${method}" not supported`);
    if (scheme[direction] === undefined) throw unsupported(`${method} cannot ${direction}`);
    return scheme;
  }

  #failure(error: unknown, request: FileRequest): TransferFailure {
    if (error instanceof TransferFailure) return error;
    return localFailure(error, {
      path: request.localFileName,
      hostname: () => this.#options.host.hostname(),
    });
  }
}

function unsupported(message: string): TransferFailure {
  return new TransferFailure("Parameter", message, {
    errorCode: UNSUPPORTED_PROTOCOL,
    retryable: -1,
  });
}
