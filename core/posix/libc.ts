/**
 * The C library, for what the runtime has no words for: file names of any bytes, directories held
 * open while their entries go, the signal mask, becoming another user.
 *
 * It is opened at first use; a program that never gets there needs no permission for it.
 */

/** Functions as in the manual pages of section 2 and 3; paths are bytes ended by a zero byte. */
const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  // Newer kernels' calls have no functions in older C libraries (syscall(2)).
  close_range: {
    name: "syscall",
    parameters: ["isize", "usize", "usize", "usize"],
    result: "isize",
  },
  close: { parameters: ["i32"], result: "i32" },
  faccessat: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  fchmod: { parameters: ["i32", "u32"], result: "i32" },
  fchown: { parameters: ["i32", "u32", "u32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  fsync: { parameters: ["i32"], result: "i32" },
  /** The same, on a thread of its own. */
  fsync_aside: { name: "fsync", parameters: ["i32"], result: "i32", nonblocking: true },
  getdents64: {
    name: "syscall",
    parameters: ["isize", "isize", "buffer", "usize"],
    result: "isize",
  },
  geteuid: { parameters: [], result: "u32" },
  getgrnam_r: { parameters: ["buffer", "buffer", "buffer", "usize", "buffer"], result: "i32" },
  getpwnam_r: { parameters: ["buffer", "buffer", "buffer", "usize", "buffer"], result: "i32" },
  getpwuid_r: { parameters: ["u32", "buffer", "buffer", "usize", "buffer"], result: "i32" },
  initgroups: { parameters: ["buffer", "u32"], result: "i32" },
  mkdirat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  pthread_sigmask: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  realpath: { parameters: ["buffer", "buffer"], result: "pointer" },
  renameat: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
  setresgid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  setresuid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  sigaction: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  statx: {
    name: "syscall",
    parameters: ["isize", "isize", "buffer", "usize", "usize", "buffer"],
    result: "isize",
  },
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  /** The same, on a thread of its own. */
  unlinkat_aside: {
    name: "unlinkat",
    parameters: ["i32", "buffer", "i32"],
    result: "i32",
    nonblocking: true,
  },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const;

type Functions<Table extends Deno.ForeignLibraryInterface> = Deno.DynamicLibrary<Table>["symbols"];

/**
 * Makes functions of the C library from their descriptions, each when it is first used: that takes a
 * tenth of a millisecond, and no program uses all.
 *
 * @param table by name, as for `Deno.dlopen()`
 */
export function libraryFunctions<const Table extends Deno.ForeignLibraryInterface>(
  table: Table,
): Functions<Table> {
  const functions = {};
  for (const [name, description] of Object.entries(table)) {
    Object.defineProperty(functions, name, {
      configurable: true,
      get() {
        // Loading it later would change the number that the call leaves.
        if (name !== "__errno_location") libc();
        const value = Deno.dlopen("libc.so.6", { [name]: description }).symbols[name];
        Object.defineProperty(functions, name, { value });
        return value;
      },
    });
  }
  return functions as Functions<Table>;
}

let opened:
  | { readonly functions: Functions<typeof SYMBOLS>; readonly errno: Deno.UnsafePointerView }
  | undefined;

function open() {
  const functions = libraryFunctions(SYMBOLS);
  return { functions, errno: new Deno.UnsafePointerView(functions.__errno_location()!) };
}

/**
 * The functions of the C library.
 *
 * @throws {Error} where there is no GNU C library, or no permission for it
 */
export function libc(): Functions<typeof SYMBOLS> {
  return (opened ??= open()).functions;
}

/**
 * The number of the error of the call just made.
 *
 * It is to be read before anything else is called. The runtime may collect garbage in between; what
 * it then asks of the kernel does not fail, and only what fails changes the number.
 */
export function errno(): number {
  return (opened ??= open()).errno.getInt32();
}
