import { createHash } from "node:crypto";
import type { Role } from "../../../core/cli/program.ts";

const COMMANDS: Record<string, (...args: string[]) => unknown> = {
  show: (...args) =>
    print(JSON.stringify({
      args,
      name: (globalThis as Record<symbol, unknown>)[Symbol.for("pinion.name")],
      env: Deno.env.toObject(),
    })),
  exit: (status) => Number(status),
  echo: () => Deno.stdin.readable.pipeTo(Deno.stdout.writable, { preventClose: true }),
  wait: () => {
    print("ready\n");
    return new Promise(() => setInterval(() => {}, 60_000));
  },
  interrupt: () => {
    setInterval(() => {}, 60_000);
    const signal = new Promise<number>((resolve) =>
      Deno.addSignalListener("SIGTERM", () => resolve(7))
    );
    print("ready\n");
    return signal;
  },
  hash: (text) => print(createHash("sha256").update(text).digest("hex")),
  fail: () => {
    throw new Error("Cannot do it:\n  two lines");
  },
  lose: () => {
    Promise.reject(new Error("Cannot do it: nobody waits"));
    return new Promise(() => setInterval(() => {}, 60_000));
  },
  run: async (program) => print(String((await new Deno.Command(program).output()).code)),
  connect: async (port) => {
    using _ = await Deno.connect({ port: Number(port) });
    print("connected");
  },
  write: (path) => Deno.writeTextFile(path, "x"),
  read: async (path) => print(await Deno.readTextFile(path)),
  cwd: () => print(Deno.cwd()),
  ffi: () => {
    const libc = Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } });
    print(String(libc.symbols.getpid() === Deno.pid));
  },
};

/** A role that does what its first argument says; its permissions are set by the test. */
export const role: Role = {
  program: {
    name: "probe",
    version: "1",
    summary: "Probe",
    usage: [],
    description: [],
    options: [],
    exitStatus: [],
  },
  permissions: {},
  async main([command, ...args]) {
    const status = await COMMANDS[command ?? "show"]?.(...args);
    return typeof status === "number" ? status : 0;
  },
};

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
