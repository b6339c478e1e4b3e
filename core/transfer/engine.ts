/**
 * Moves the files of one run: several at once, each until it is there or must be given up.
 *
 * Whatever happens, there is one result for each request, and `onResult` hears of it at once.
 */
import { TransferFailure } from "../errors.ts";
import { Attempt } from "./attempt.ts";
import { DirectoryListing } from "./directory_listing.ts";
import { FileRecord } from "./file_record.ts";
import type { Host } from "./host.ts";
import type { FileRequest } from "./in_file.ts";
import { localFailure } from "./local_failure.ts";
import { diskIsFull, type LocalEnd, openLocalEnd } from "./local_end.ts";
import type { Direction, FileResult } from "./result.ts";
import { retryDelay } from "./retry.ts";
import type { Scheme } from "./scheme.ts";
import { Slots } from "./slots.ts";
import { hasServer, parseTransferUrl, requestUrl, serverOf, type TransferUrl } from "./url.ts";

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
  /** Takes steps of the protocols, where anybody wants to know. */
  readonly trace?: ((text: string) => void) | undefined;
}

/** One run of the engine. */
export class Run {
  readonly #options: RunOptions;
  readonly #schemes = new Map<string, Scheme>();
  readonly #slots: Slots;
  readonly #active = new Set<Attempt>();
  readonly #stop = new AbortController();
  readonly #listing = new DirectoryListing();

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
        // Until a file's first turn comes, nothing is done for it: a batch may have thousands.
        const slot = this.#slotFor(request);
        if (slot !== undefined) await this.#slots.acquire(slot, index);
        const result = await this.#file(request, { index, slot });
        this.#options.onResult(result, index);
        return result;
      }));
    } finally {
      stopTicking();
      for (const scheme of this.#options.schemes) closeQuietly(scheme);
    }
  }

  /** Ends the run: files under way fail with this failure, and no other is begun. */
  stop(failure: TransferFailure): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(failure);
    for (const attempt of this.#active) attempt.end(failure);
    this.#slots.open();
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

  /** The slot that a file's first attempt takes; none where there will be no attempt. */
  #slotFor({ refusal, url }: FileRequest): string | undefined {
    if (refusal !== undefined) return undefined;
    try {
      return slotName(parseTransferUrl(url));
    } catch {
      return undefined;
    }
  }

  /** Moves one file, and never rejects; `slot` is held for its first attempt. */
  async #file(
    request: FileRequest,
    { index, slot }: { index: number; slot: string | undefined },
  ): Promise<FileResult> {
    const { direction, host } = this.#options;
    const file = new FileRecord(request, { index, direction, clock: host.clock });
    let local: LocalEnd;
    try {
      if (request.refusal !== undefined) throw request.refusal;
      this.#stop.signal.throwIfAborted();
      local = openLocalEnd(request, { direction, host, listing: this.#listing });
    } catch (error) {
      if (slot !== undefined) this.#slots.release(slot);
      file.fail(this.#failure(error, request));
      return file.result();
    }
    if (await this.#persist(file, local, slot)) return file.result(local.size);
    try {
      local.abandon(file.lastFailure);
    } catch {
      // a file left behind tells the owner less than why it is not whole
    }
    return file.result();
  }

  /** Attempts until one succeeds or none is left; returns whether one did. */
  async #persist(file: FileRecord, local: LocalEnd, held: string | undefined): Promise<boolean> {
    let slot = held;
    const { url, options } = file.request;
    const { clock } = this.#options.host;
    const mirrors = this.#options.direction === "download" ? options.mirrors : [];
    const places = new Set(
      [url, ...mirrors].map((url): Place => ({ url, tries: 0, notBefore: 0 })),
    );
    let firstFailureAt: number | undefined;
    for (let place; (place = nextPlace(places)) !== undefined;) {
      const wait = place.notBefore - clock.monotonic();
      if (wait > 0) {
        try {
          await clock.sleep(wait, this.#stop.signal);
        } catch {
          return false;
        }
      }
      place.tries++;
      const end = await this.#attempt(file, local, { url: place.url, slot });
      slot = undefined;
      if (end === undefined) return true;
      if (end.final || this.#stop.signal.aborted) return false;
      const now = clock.monotonic();
      firstFailureAt ??= now;
      const delay = retryDelay(end.failure, {
        attempts: place.tries,
        attemptsAllowed: options.maxRetries + 1,
        elapsed: (now - firstFailureAt) / 1000,
        elapsedAllowed: options.retryMaxTime,
      }, clock.random());
      if (delay === undefined) places.delete(place);
      else place.notBefore = now + delay * 1000;
    }
    return false;
  }

  /** One attempt at one place; returns how it failed, if it did, and whether others may follow. */
  async #attempt(
    file: FileRecord,
    local: LocalEnd,
    { url, slot: held }: { url: string; slot: string | undefined },
  ): Promise<{ failure: TransferFailure; final: boolean } | undefined> {
    let slot = held;
    let attempt: Attempt | undefined;
    try {
      const parsed = parseTransferUrl(url);
      const scheme = this.#scheme(parsed.method);
      if (slot === undefined) {
        const name = slotName(parsed);
        await this.#slots.acquire(name, file.index);
        slot = name;
      }
      this.#stop.signal.throwIfAborted();
      file.begin();
      attempt = new Attempt({
        request: file.request,
        foreign: url !== file.request.url && originOf(url) !== originOf(file.request.url),
        method: parsed.method,
        credential: parsed.credential,
        number: file.tries,
        server: serverNameOf(parsed),
        part: local.part,
        size: local.size,
        facts: file.facts,
        trace: this.#options.trace,
      }, this.#options.host);
      this.#active.add(attempt);
      attempt.trace?.(`* attempt ${file.tries}: ${this.#options.direction} ${url}`);
      await attempt.run(local.move(scheme, url, attempt));
      return undefined;
    } catch (error) {
      const failure = attempt?.failure(error) ?? this.#failure(error, file.request);
      file.fail(failure);
      return { failure, final: attempt?.abandoned === true || diskIsFull(failure) };
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

/** `host:port` of a URL whose method has a server. */
function serverNameOf(url: TransferUrl): string | undefined {
  return hasServer(url.method) ? serverOf(url) : undefined;
}

/** What limits the transfers of a URL: its server, or its method where it has none. */
function slotName(url: TransferUrl): string {
  return serverNameOf(url) ?? url.method;
}

/** A URL that the file may come from. */
interface Place {
  readonly url: string;
  tries: number;
  /** Monotonic time before which it is not to be asked again. */
  notBefore: number;
}

/** The place whose turn is first; of several, the one that stands first. */
function nextPlace(places: Iterable<Place>): Place | undefined {
  let next: Place | undefined;
  for (const place of places) {
    if (next === undefined || place.notBefore < next.notBefore) next = place;
  }
  return next;
}

/** Closes a scheme when each file has its result, which nothing may change any more. */
function closeQuietly(scheme: Scheme): void {
  try {
    scheme.close?.();
  } catch {
    // what it kept open ends with the process
  }
}

/** Scheme and server that a URL's requests go to; the text itself where it is no URL. */
function originOf(url: string): string {
  try {
    return `${/^[^:]*/.exec(requestUrl(url))![0]} ${serverOf(url)}`;
  } catch {
    return url;
  }
}

function unsupported(message: string): TransferFailure {
  return new TransferFailure("Parameter", message, {
    errorCode: UNSUPPORTED_PROTOCOL,
    retryable: -1,
  });
}
