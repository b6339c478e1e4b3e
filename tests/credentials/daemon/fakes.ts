/** A clock that moves when told to, a directory in memory, and a monitor that does what a test says. */
import type { Clock } from "../../../core/clock.ts";
import { type Level, Logger } from "../../../core/log/mod.ts";
import type { DaemonHost, DaemonSignal } from "../../../core/credentials/daemon/host.ts";
import { Ledger } from "../../../core/credentials/daemon/ledger.ts";
import { ScanLoop, type ScanLoopOptions } from "../../../core/credentials/daemon/scan_loop.ts";
import type { Monitor, TendContext, Tended } from "../../../core/credentials/monitor.ts";
import type {
  CredentialStore,
  FileFacts,
  ListedCredential,
} from "../../../core/credentials/store/mod.ts";

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Time that stands still between calls of `advance()`. */
export class FakeClock implements Clock {
  /** Unix time at monotonic 0. */
  offset = Date.UTC(2026, 10, 26, 12);
  chance = 0;
  #monotonic = 0;
  #timers: Timer[] = [];

  now = (): number => this.offset + this.#monotonic;
  monotonic = (): number => this.#monotonic;
  random = (): number => this.chance;

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const timer = { at: this.#monotonic + ms, fire: resolve };
      this.#timers.push(timer);
      signal.addEventListener("abort", () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
        reject(signal.reason);
      }, { once: true });
    });
  }

  every(): () => void {
    throw new Error("Not used");
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.length;
  }

  /** Lets time pass without anything happening, as busy work does. */
  skip(ms: number): void {
    this.#monotonic += ms;
  }

  /** Lets time pass, timer by timer, and all that these set off. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settle();
    while (true) {
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.fire();
      await settle();
    }
    this.#monotonic = end;
    await settle();
  }
}

/** Lets everything happen that waits for no clock. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Credentials that exist only here. */
export class FakeStore {
  readonly files = new Map<string, { top: FileFacts; use?: FileFacts }>();
  /** Thrown in the middle of the next listing. */
  failure: Error | undefined;
  lists = 0;
  #inodes = 0n;

  add(key: string, options: { use?: boolean } = {}): void {
    this.files.set(key, {
      top: this.#facts(),
      ...(options.use === true ? { use: this.#facts() } : {}),
    });
  }

  publish(key: string): void {
    const found = this.files.get(key);
    if (found !== undefined) found.use = this.#facts();
  }

  *list(): Generator<ListedCredential, void> {
    this.lists++;
    for (const [key, files] of [...this.files].toSorted(([a], [b]) => a < b ? -1 : 1)) {
      if (this.failure !== undefined) throw this.failure;
      const [user = "", name = ""] = key.split("/");
      yield { user, name, ...files };
    }
  }

  get store(): CredentialStore {
    return this as unknown as CredentialStore;
  }

  #facts(): FileFacts {
    return { size: 9, mtime: 0, inode: ++this.#inodes };
  }
}

/** What a fake monitor does with a credential. */
export type Act = (key: string, context: TendContext) => Tended | Promise<Tended>;

/** A monitor that remembers what it was asked. */
export class FakeMonitor implements Monitor {
  readonly label: string;
  readonly local: boolean;
  concurrency = 4;
  deadline = 20_000;
  /** `<user>/<name>`, in the order asked. */
  asked: string[] = [];
  begins = 0;
  act: Act;
  readonly #provider: string;

  constructor(label: string, options: { local?: boolean; provider?: string; act?: Act } = {}) {
    this.label = label;
    this.local = options.local ?? false;
    this.#provider = options.provider ?? "";
    this.act = options.act ?? ((_, { now }) => fresh(now));
  }

  begin(): void {
    this.begins++;
  }

  owns({ name }: ListedCredential): boolean {
    return name.startsWith(this.#provider);
  }

  async tend({ user, name }: ListedCredential, context: TendContext): Promise<Tended> {
    const key = `${user}/${name}`;
    this.asked.push(key);
    return await this.act(key, context);
  }

  /** What it was asked since the last call. */
  take(): string[] {
    return this.asked.splice(0);
  }
}

/** A file that is good for an hour. */
export function fresh(now: number, next = now + 3_600_000): Tended {
  return { kind: "fresh", expires: now + 7_200_000, next };
}

/** A loop in a world of fakes. */
export class FakeWorld implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly files = new FakeStore();
  readonly lines: string[] = [];
  readonly log: Logger;
  readonly ledger: Ledger;
  readonly stop = new AbortController();
  completed: number[] = [];
  rests = 0;
  loop!: ScanLoop;
  running!: Promise<void>;

  constructor(levels: readonly Level[] = []) {
    this.log = new Logger({
      sink: (line) => this.lines.push(line.slice("MM/DD/YY HH:MM:SS ".length).trimEnd()),
      now: () => new Date(this.clock.now()),
      levels: new Set(levels),
    });
    this.ledger = new Ledger({ clock: this.clock, log: this.log });
  }

  /** Starts the loop, whose first scan has ended when nothing hangs. */
  async start(monitors: readonly Monitor[], more: Partial<ScanLoopOptions> = {}): Promise<void> {
    this.loop = new ScanLoop({
      store: this.files.store,
      monitors,
      ledger: this.ledger,
      clock: this.clock,
      log: this.log,
      onComplete: () => this.completed.push(this.clock.monotonic()),
      onRest: () => this.rests++,
      ...more,
    });
    this.running = this.loop.run(this.stop.signal);
    this.running.catch(() => {});
    await this.clock.advance(0);
  }

  /** A signal, and all that it sets off. */
  async wake(): Promise<void> {
    this.loop.wake();
    await this.clock.advance(50);
  }

  /** The lines written since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.running.catch(() => {});
    await settle();
  }
}

/** A machine whose clock is fake, and which sends signals when told to. */
export class FakeHost implements DaemonHost {
  readonly clock = new FakeClock();
  readonly tool = false;
  readonly pid = 1234;
  readonly executable = "/usr/sbin/condor_credmon_local";
  readonly environment: Readonly<Record<string, string>>;
  readonly lines: string[] = [];
  readonly notes: string[] = [];
  #handler: ((signal: DaemonSignal) => void) | undefined;

  constructor(environment: Readonly<Record<string, string>>) {
    this.environment = environment;
  }

  cwd(): string {
    return "/";
  }

  hostname(): string {
    return "ap.example";
  }

  out(line: string): void {
    this.lines.push(line);
  }

  note(line: string): void {
    this.notes.push(line);
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  onSignals(handler: (signal: DaemonSignal) => void): () => void {
    this.#handler = handler;
    return () => {
      this.#handler = undefined;
    };
  }

  signal(signal: DaemonSignal): void {
    this.#handler?.(signal);
  }
}
