import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { findDeno } from "../../scripts/build/base.ts";
import { PF, PT, readElf } from "../../scripts/build/elf.ts";
import { buildExecutable } from "../../scripts/build/executable.ts";
import { ENTRY } from "../../scripts/build/segment.ts";
import { injectedEnvironment, probeSource, run } from "./probe.ts";

const TARGET = "aarch64-unknown-linux-gnu";
const QEMU = "/usr/bin/qemu-aarch64";
const SYSROOT = "/usr/aarch64-linux-gnu";

const noBase = await findDeno(TARGET).then(() => "", (error: Error) => error.message);
const noEmulator = await exists(QEMU) ? "" : `no ${QEMU}`;
const noLoader = await exists(join(SYSROOT, "lib/ld-linux-aarch64.so.1"))
  ? ""
  : `no libc of arm64 in ${SYSROOT}`;
const unrunnable = noBase || noEmulator || noLoader;

Deno.test({
  name: "the executable for arm64 has sound headers" + (noBase && ` (ignored: ${noBase})`),
  ignore: noBase !== "",
  async fn() {
    const base = await Deno.readFile(await findDeno(TARGET));
    const folder = await Deno.makeTempDir();
    try {
      const output = join(folder, "probe");
      await buildExecutable(probeSource({}), { output, target: TARGET, linker: "npm linker" });
      const file = await Deno.readFile(output);
      const before = readElf(base);
      const after = readElf(file);
      assertEquals(after.machine, "aarch64");
      const loads = after.headers.filter(({ type }) => type === PT.LOAD);
      const old = before.headers.filter(({ type }) => type === PT.LOAD);
      assertEquals(loads.slice(0, -1), old);
      const segment = loads.at(-1);
      assert(segment);
      assertEquals(segment.flags, PF.R | PF.X);
      assertEquals(after.entry, segment.address + ENTRY);
      assertEquals(segment.offset % segment.align, segment.address % segment.align);
      assertEquals(segment.offset + segment.fileSize, file.length);
      assert(segment.align >= 0x10000, "pages of 64 KiB exist");
      assert(old.every((h) => h.address + h.memorySize <= segment.address));
      assertEquals(after.headers.filter(({ type }) => type === PT.NOTE), []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "the executable for arm64 runs" + (unrunnable && ` (ignored: ${unrunnable})`),
  ignore: unrunnable !== "",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const output = join(folder, "probe");
      await buildExecutable(probeSource({ env: true }), {
        output,
        target: TARGET,
        linker: "npm linker",
      });
      const { stdout, stderr } = await run(QEMU, ["-L", SYSROOT, output, "show", "a b"], {
        env: { A: "1", DENO_V8_FLAGS: "--help", DENO_CERT: "/c" },
      });
      assertEquals(stderr, "");
      const { args, name, env } = JSON.parse(stdout) as Record<string, unknown>;
      assertEquals(args, ["a b"]);
      assertEquals(name, output);
      assertEquals(env, {
        A: "1",
        DENO_CERT: "/c",
        ...injectedEnvironment(),
      });
      assertEquals((await run(QEMU, ["-L", SYSROOT, output, "exit", "9"])).code, 9);
      for (const script of ["mkdir d && cd d && rmdir ../d", "true"]) {
        const line = `${script} && exec "$0" "$@"`;
        const lost = await run("sh", ["-c", line, QEMU, "-L", SYSROOT, output, "exit", "8"], {
          cwd: folder,
          env: { PATH: "/usr/bin:/bin" },
        });
        assertEquals([lost.code, lost.stderr], [8, ""]);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
