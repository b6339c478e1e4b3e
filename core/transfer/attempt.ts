/**
 * One attempt to move one file: its clock, its progress, its end.
 */
import { TransferFailure } from "../errors.ts";
import type { Host } from "./host.ts";
import type { FileRequest } from "./in_file.ts";
import { localFailure } from "./local_failure.ts";
import type { DeveloperFacts, Digest, DownloadContext, UploadContext } from "./scheme.ts";
import type { PartFile } from "./part_file.ts";
import { stallFailure, StallWatch } from "./stall.ts";
import { hasServer } from "./url.ts";
import type { TransferOptions } from "./options.ts";

/** Milliseconds after which a server that is not known to be reached is probed. */
const SLOW = 10_000;

/** Milliseconds that a scheme has to end when its attempt was ended. */
const GRACE = 700;

/** What an attempt is about. */
export interface AttemptSubject {
  readonly request: FileRequest;
  /** Whether this attempt asks another origin than the file's own URL names, i.e. a mirror. */
  readonly foreign?: boolean;
  readonly method: string;
  readonly credential: string | undefined;
  /** 1 for the first. */
  readonly number: number;
  /** `host:port` of this attempt's URL. */
  readonly server: string | undefined;
  /** The file being filled, for a download. */
  readonly part: PartFile | undefined;
  /** Size of the local file, for an upload. */
  readonly size: number;
  /** Facts for the result's `DeveloperData`. */
  readonly facts: DeveloperFacts;
  /** Takes steps of the protocol. */
  readonly trace?: ((text: string) => void) | undefined;
}

/** An attempt under way; it is the context that its scheme sees. */
export class Attempt implements DownloadContext, UploadContext {
  readonly method: string;
  readonly credential: string | undefined;
  readonly attempt: number;
  readonly options: TransferOptions;
  readonly trace: ((text: string) => void) | undefined;
  readonly env: (name: string) => string | undefined;
  readonly size: number;
  readonly server: string | undefined;
  /** Digests that the server stated. */
  readonly offered: Digest[] = [];
  /** Payload bytes moved. */
  bytes = 0;
  readonly #host: Host;
  readonly #part: PartFile | undefined;
  readonly #facts: DeveloperFacts;
  readonly #abort = new AbortController();
  readonly #watch: StallWatch;
  readonly #startedAt: number;
  /** Size of the part file when last looked at. */
  #partSize: number;
  /** Bytes by which the part file grew. */
  #grown = 0;
  #connectedAt: number | undefined;
  #arrivedAt: number | undefined;
  #probe: (() => Promise<void>) | undefined;
  #abandon: ((failure: TransferFailure) => void) | undefined;
  #grace: AbortController | undefined;
  #over = false;
  /** Set when the scheme did not end in time and may still be at work on the file. */
  abandoned = false;

  constructor(subject: AttemptSubject, host: Host) {
    this.method = subject.method;
    this.credential = subject.credential;
    this.attempt = subject.number;
    const { options } = subject.request;
    // They may hold a credential, which is no other server's to see.
    this.options = subject.foreign ? { ...options, headers: [] } : options;
    this.size = subject.size;
    this.server = subject.server;
    this.#part = subject.part;
    // What an earlier attempt left to be continued is no progress of this one.
    const { part } = subject;
    this.#partSize = part?.identity === undefined ? 0 : part.size();
    this.#facts = subject.facts;
    this.trace = subject.trace;
    this.#host = host;
    this.env = host.env;
    this.#startedAt = host.clock.monotonic();
    this.#watch = new StallWatch(this.#startedAt, this.options);
    if (!hasServer(this.method)) this.#connectedAt = this.#startedAt;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get part(): PartFile {
    if (this.#part === undefined) throw new TypeError("An upload has no part file");
    return this.#part;
  }

  connected(): void {
    if (this.#connectedAt !== undefined) return;
    this.#connectedAt = this.#host.clock.monotonic();
    this.#probe = undefined;
    this.#watch.begin(this.#connectedAt);
  }

  whenSlow(probe: () => Promise<void>): void {
    this.#probe = probe;
  }

  moved(bytes: number): void {
    if (bytes > 0 && Number.isFinite(bytes)) this.bytes += Math.trunc(bytes);
  }

  /** The bytes are here: what is done with them from now on is no transfer, and cannot stall. */
  arrived(): void {
    this.#arrivedAt = this.#host.clock.monotonic();
  }

  note(facts: DeveloperFacts): void {
    Object.assign(this.#facts, facts);
  }

  offer(digest: Digest): void {
    this.offered.push(digest);
  }

  /**
   * Runs the scheme's work.
   *
   * @throws whatever the work throws; the failure given to `end()` when that has no effect in time
   */
  run(work: Promise<void>): Promise<void> {
    const { promise, reject } = Promise.withResolvers<void>();
    this.#abandon = (failure) => {
      this.abandoned = true;
      reject(failure);
    };
    return Promise.race([work, promise]).finally(() => {
      this.#over = true;
      this.#grace?.abort();
    });
  }

  /** Ends the attempt with this failure, and within a second whatever the scheme does. */
  end(failure: TransferFailure): void {
    if (this.#over || this.#abort.signal.aborted) return;
    this.#abort.abort(failure);
    this.#grace = new AbortController();
    this.#host.clock.sleep(GRACE, this.#grace.signal).then(
      () => this.#abandon?.(failure),
      () => {}, // it ended by itself
    );
  }

  /** Looks at the attempt, as is done about once a second, and ends it if it has stalled. */
  look(now: number): void {
    if (this.#arrivedAt !== undefined) return;
    if (this.#connectedAt === undefined) {
      const probe = this.#probe;
      const slow = Math.min(SLOW, 500 * this.options.stallSeconds);
      if (probe === undefined || now - this.#startedAt < slow) return;
      this.#probe = undefined;
      probe().then(() => this.connected(), (error) => {
        // The transfer itself may have got through meanwhile.
        if (this.#connectedAt === undefined) this.end(this.failure(error));
      });
      return;
    }
    if (this.bytes === 0) this.#measure();
    if (this.#watch.due(now) && this.#watch.look(now, this.bytes + this.#grown)) {
      this.end(stallFailure(this.server));
    }
  }

  /** Watches the file grow, for schemes that do not report what they move. */
  #measure(): void {
    const before = this.#partSize;
    try {
      this.#partSize = this.#part?.size() ?? 0;
    } catch {
      return; // the scheme will say what is wrong with the file
    }
    this.#grown += Math.max(0, this.#partSize - before);
  }

  /** Seconds from when the server was reached until the bytes were here. */
  connectionSeconds(): number {
    if (this.#connectedAt === undefined) return 0;
    const end = this.#arrivedAt ?? this.#host.clock.monotonic();
    return Math.max(0, end - this.#connectedAt) / 1000;
  }

  /** The failure that an error thrown during this attempt means. */
  failure(error: unknown): TransferFailure {
    if (error instanceof TransferFailure) return error;
    if (this.signal.aborted && this.signal.reason instanceof TransferFailure) {
      return this.signal.reason;
    }
    return localFailure(error, {
      path: this.#part?.path,
      doing: this.#part === undefined ? "reading" : "writing",
      hostname: () => this.#host.hostname(),
    });
  }
}
