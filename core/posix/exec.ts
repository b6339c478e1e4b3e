/** Becoming another program (execve(2)), with what this process was started with. */
import { AT_FDCWD, openAt } from "./descriptor.ts";
import { PosixError } from "./error.ts";
import { errno, libc, libraryFunctions } from "./libc.ts";
import { stringTable } from "./string_table.ts";

/** Functions as in the manual pages of section 2 and 3. */
const c = libraryFunctions({
  execvpe: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  getppid: { parameters: [], result: "i32" },
  setsid: { parameters: [], result: "i32" },
  prlimit: { parameters: ["i32", "i32", "buffer", "buffer"], result: "i32" },
});

const SIGPIPE = 13;
/** At least struct sigaction; all zeros are the default. */
const SIGNAL_ACTION_SIZE = 256;
/**
 * Programs that start others with the signals ignored that they ignore themselves: HTCondor's daemons,
 * and shells. Language runtimes ignore SIGPIPE, too, and undo that for what they start.
 */
const HANDS_ON_IGNORED = /^(?:condor_.*|(?:ba|da|k|z)?sh|busybox)$/;
const RLIMIT_NOFILE = 7;

/** Most bytes of an environment: more than the kernel takes (execve(2), "Limits"). */
const LARGEST_ENVIRONMENT = 64 * 1024 * 1024;

const encoder = new TextEncoder();

/**
 * Becomes another program: the process, its descriptors, directory and limits stay. It returns only
 * by throwing.
 *
 * What the runtime did to the process at its start is undone: it ignores SIGPIPE, and takes the
 * highest limit of open files. When the program cannot be started, both are as before.
 *
 * @param argv the program, looked for in PATH when it has no slash, and its arguments
 * @param environment all of its environment, `NAME=value` each
 * @throws {PosixError} when it cannot be started
 */
export function become(argv: readonly string[], environment: readonly Uint8Array[]): never {
  const program = argv[0] ?? "";
  const action = `Cannot start "${program}"`;
  const args = stringTable(argv.map((word) => encoder.encode(word)), action);
  const variables = stringTable(environment, action);
  const name = encoder.encode(`${program}\0`);
  const restoreSignal = stopIgnoring(SIGPIPE);
  const restoreLimit = lowerFileLimit();
  c.execvpe(name, args, variables);
  const error = errno();
  restoreSignal();
  restoreLimit();
  throw new PosixError(error, action);
}

/**
 * The environment this process was started with, byte by byte: an executable hides some of it from
 * the runtime, which another program may want.
 *
 * @returns `NAME=value` each; undefined where `/proc` does not tell
 */
export function initialEnvironment(): Uint8Array[] | undefined {
  const bytes = readProc("/proc/self/environ", LARGEST_ENVIRONMENT);
  if (bytes === undefined) return undefined;
  const variables: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    if (end < 0) break;
    if (end > at) variables.push(bytes.slice(at, end));
    at = end + 1;
  }
  return variables;
}

/** Leaves the process group and the terminal; nothing where this process leads a group. */
export function leaveSession(): void {
  c.setsid();
}

/** When a process started, in ticks since the machine did (proc_pid_stat(5)); undefined: it ended. */
export function startOf(pid: number): string | undefined {
  const bytes = readProc(`/proc/${pid}/stat`, 4096);
  if (bytes === undefined) return undefined;
  const text = new TextDecoder("latin1").decode(bytes);
  // The program's name, in brackets, may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return /^[ZX]$/.test(fields[0] ?? "") ? undefined : fields[19];
}

/** Whether a signal was ignored already when this process started, as far as the parent tells. */
function inheritedIgnored(signal: number): boolean {
  const status = new TextDecoder().decode(readProc(`/proc/${c.getppid()}/status`, 64 * 1024));
  const name = /^Name:\t(.*)$/m.exec(status)?.[1] ?? "";
  const ignored = BigInt(`0x${/^SigIgn:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return HANDS_ON_IGNORED.test(name) && ((ignored >> BigInt(signal - 1)) & 1n) === 1n;
}

/**
 * Gives a signal its default back, unless it was ignored at the start.
 *
 * @returns puts back what was
 */
function stopIgnoring(signal: number): () => void {
  if (inheritedIgnored(signal)) return () => {};
  const before = new Uint8Array(SIGNAL_ACTION_SIZE);
  libc().sigaction(signal, new Uint8Array(SIGNAL_ACTION_SIZE), before);
  return () => libc().sigaction(signal, before, null);
}

/**
 * The parent's own limit is what this process had, unless it was started with another one.
 *
 * @returns puts back what was
 */
function lowerFileLimit(): () => void {
  const limits = new TextDecoder().decode(readProc(`/proc/${c.getppid()}/limits`, 64 * 1024));
  const soft = /^Max open files +(\d+) /m.exec(limits)?.[1];
  if (soft === undefined) return () => {};
  const before = new BigUint64Array(2);
  const bytes = new Uint8Array(before.buffer);
  if (c.prlimit(0, RLIMIT_NOFILE, null, bytes) !== 0 || BigInt(soft) >= before[0]!) return () => {};
  const lower = BigUint64Array.of(BigInt(soft), before[1]!);
  c.prlimit(0, RLIMIT_NOFILE, new Uint8Array(lower.buffer), null);
  return () => c.prlimit(0, RLIMIT_NOFILE, bytes, null);
}

/** Files of the kernel have no size; the runtime reads them only for programs that may do anything. */
function readProc(path: string, limit: number): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openAt(AT_FDCWD, encoder.encode(path), { flags: 0 });
  } catch (error) {
    if (error instanceof PosixError) return undefined;
    throw error;
  }
  try {
    let buffer = new Uint8Array(4096);
    for (let filled = 0;;) {
      const rest = buffer.subarray(filled);
      const n = Number(libc().read(fd, rest, BigInt(rest.length)));
      if (n < 0) return undefined;
      if (n === 0) return buffer.subarray(0, filled);
      filled += n;
      if (filled > limit) return undefined;
      if (filled === buffer.length) {
        const larger = new Uint8Array(buffer.length * 2);
        larger.set(buffer);
        buffer = larger;
      }
    }
  } finally {
    libc().close(fd);
  }
}
