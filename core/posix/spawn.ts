/**
 * Starting programs where the runtime's own way does not reach (posix_spawn(3)): arguments of any
 * bytes, one pipe for both outputs, the kernel's own word on what cannot be started, the raw wait
 * status, default signal handling whatever this process inherited.
 */
import { PosixError } from "./error.ts";
import { errno, libc, libraryFunctions } from "./libc.ts";
import { stringTable } from "./string_table.ts";

/** Functions as in the manual pages of section 2 and 3. */
const c = libraryFunctions({
  kill: { parameters: ["i32", "i32"], result: "i32" },
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  // On a thread: it waits.
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  posix_spawn: {
    parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  posix_spawn_file_actions_adddup2: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  posix_spawn_file_actions_addopen: {
    parameters: ["buffer", "i32", "buffer", "i32", "u32"],
    result: "i32",
  },
  posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawnattr_setsigmask: { parameters: ["buffer", "buffer"], result: "i32" },
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
});

/** More than posix_spawn_file_actions_t and posix_spawnattr_t take (80 and 336 bytes). */
const OPAQUE_SIZE = 1024;
const SIGNAL_SET_SIZE = 128;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
const F_SETFL = 4;
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const POLLIN = 1;
const SIGKILL = 9;
const WNOHANG = 1;

/** Milliseconds between looks at a process that lives without its outputs, or dies leaving them. */
const LONGEST_WAIT = 50;
/** Bytes taken from an output before others have their turn. */
const READ_SIZE = 64 * 1024;
/** Most bytes looked for in an output after the process's end: the largest pipe (pipe(7)). */
const LAST_READ = 1 << 20;

/** What to start, and where its words go. */
export interface SpawnOptions {
  /** The program's absolute path, and its arguments: bytes without zeros. */
  readonly argv: readonly Uint8Array[];
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes what it writes to standard output. The bytes are the callee's only until it returns. */
  stdout(bytes: Uint8Array): void;
  /** Likewise for standard error; without it both go to `stdout`, in the order written. */
  stderr?(bytes: Uint8Array): void;
}

/** A started program, leader of a session and process group of its own; its input is `/dev/null`. */
export interface ChildProcess {
  /**
   * The raw wait status (waitpid(2)), once the process itself has ended and what it wrote was
   * taken; others that it left behind may still hold its outputs.
   */
  readonly status: Promise<number>;
  /** Kills the process and all others in its group; nothing once it has ended. */
  killGroup(): void;
}

/**
 * Starts a program.
 *
 * @throws {PosixError} when the kernel does not start it; `status` rejects with one where processes
 *   cannot be waited for
 */
export function spawn(options: SpawnOptions): ChildProcess {
  const { argv, environment, stdout, stderr } = options;
  const action = `Cannot start "${new TextDecoder().decode(argv[0])}"`;
  const outputs: Output[] = [];
  const written: number[] = [];
  try {
    for (const take of stderr === undefined ? [stdout] : [stdout, stderr]) {
      const [from, to] = pipe(action);
      outputs.push({ fd: from, take });
      written.push(to);
    }
    const pid = start(argv, environment, { written, action });
    return new Child(pid, outputs.splice(0));
  } finally {
    for (const fd of [...written, ...outputs.map(({ fd }) => fd)]) libc().close(fd);
  }
}

/** Where outputs are read to; reads do not overlap. */
const buffer = new Uint8Array(READ_SIZE);

interface Output {
  readonly fd: number;
  readonly take: (bytes: Uint8Array) => void;
}

class Child implements ChildProcess {
  readonly status: Promise<number>;
  readonly #pid: number;
  readonly #outputs: Output[];
  /** Two of struct pollfd; held here, for the thread that waits does not hold it. */
  readonly #polled = new DataView(new ArrayBuffer(16));
  #status: number | undefined;

  constructor(pid: number, outputs: Output[]) {
    this.#pid = pid;
    this.#outputs = outputs;
    this.status = this.#run();
  }

  killGroup(): void {
    // A process not yet waited for keeps its number, and that of its group.
    if (this.#status === undefined) c.kill(-this.#pid, SIGKILL);
  }

  async #run(): Promise<number> {
    try {
      for (let pause = 1;;) {
        if (this.#outputs.length > 0) await this.#wait(LONGEST_WAIT);
        else {
          await this.#wait(pause);
          pause = Math.min(pause * 2, LONGEST_WAIT);
        }
        for (const output of [...this.#outputs]) this.#read(output, READ_SIZE);
        this.#status = exited(this.#pid);
        if (this.#status === undefined) continue;
        for (const output of [...this.#outputs]) this.#read(output, LAST_READ);
        return this.#status;
      }
    } finally {
      for (const { fd } of this.#outputs) libc().close(fd);
    }
  }

  /** Waits until there is something to read, or for some milliseconds. */
  async #wait(ms: number): Promise<void> {
    this.#outputs.forEach(({ fd }, i) => {
      this.#polled.setInt32(8 * i, fd, true);
      this.#polled.setInt16(8 * i + 4, POLLIN, true);
    });
    await c.poll(new Uint8Array(this.#polled.buffer), BigInt(this.#outputs.length), ms);
  }

  /** Takes what an output has, without waiting. */
  #read(output: Output, limit: number): void {
    for (let taken = 0; taken < limit;) {
      const n = Number(libc().read(output.fd, buffer, BigInt(buffer.length)));
      // Negative: nothing there now.
      if (n < 0) return;
      if (n === 0) {
        libc().close(output.fd);
        this.#outputs.splice(this.#outputs.indexOf(output), 1);
        return;
      }
      output.take(buffer.subarray(0, n));
      taken += n;
    }
  }
}

/** The wait status of a process that has ended, or undefined. */
function exited(pid: number): number | undefined {
  const status = new Uint8Array(4);
  const found = c.waitpid(pid, status, WNOHANG);
  if (found === 0) return undefined;
  if (found !== pid) throw new PosixError(errno(), `Cannot wait for process ${pid}`);
  return new DataView(status.buffer).getInt32(0, true);
}

function pipe(action: string): [from: number, to: number] {
  // Opened before the call, so that the error's number is that of the call.
  const { fcntl } = libc();
  const ends = new Int32Array(2);
  if (c.pipe2(new Uint8Array(ends.buffer), O_CLOEXEC) !== 0) throw new PosixError(errno(), action);
  const [from = -1, to = -1] = ends;
  fcntl(from, F_SETFL, O_NONBLOCK);
  return [from, to];
}

function start(
  argv: readonly Uint8Array[],
  environment: Readonly<Record<string, string>>,
  { written, action }: { readonly written: readonly number[]; readonly action: string },
): number {
  const [out = -1, err = out] = written;
  const encoder = new TextEncoder();
  const args = stringTable(argv, action);
  const env = stringTable(
    Object.entries(environment).map(([name, value]) => encoder.encode(`${name}=${value}`)),
    action,
  );
  const program = new Uint8Array([...argv[0] ?? [], 0]);
  const actions = new Uint8Array(OPAQUE_SIZE);
  const attributes = new Uint8Array(OPAQUE_SIZE);
  const pid = new Uint8Array(4);
  c.posix_spawnattr_init(attributes);
  c.posix_spawnattr_setsigmask(attributes, new Uint8Array(SIGNAL_SET_SIZE));
  c.posix_spawnattr_setsigdefault(attributes, new Uint8Array(SIGNAL_SET_SIZE).fill(0xff));
  c.posix_spawnattr_setflags(
    attributes,
    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID,
  );
  c.posix_spawn_file_actions_init(actions);
  c.posix_spawn_file_actions_adddup2(actions, out, 1);
  c.posix_spawn_file_actions_adddup2(actions, err, 2);
  c.posix_spawn_file_actions_addopen(actions, 0, encoder.encode("/dev/null\0"), 0, 0);
  const failed = c.posix_spawn(pid, program, actions, attributes, args, env);
  c.posix_spawn_file_actions_destroy(actions);
  if (failed !== 0) throw new PosixError(failed, action);
  return new DataView(pid.buffer).getInt32(0, true);
}
