import { assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { fromFileUrl, join } from "@std/path";
import { accountById } from "../../core/posix/mod.ts";
import { findDeno } from "../../scripts/build/base.ts";
import { buildExecutable } from "../../scripts/build/executable.ts";
import type { Target } from "../../scripts/build/pin.ts";
import { hostTarget } from "../build/built.ts";
import { run } from "../build/probe.ts";
import { Folder } from "./folder.ts";
import { role } from "./testdata/directory_tool.ts";

const ARM64 = "aarch64-unknown-linux-gnu";
const QEMU = "/usr/bin/qemu-aarch64";
const SYSROOT = "/usr/aarch64-linux-gnu";

const missing = await findDeno(ARM64).then(() => "", (error: Error) => error.message) ||
  (await exists(QEMU) ? "" : `no ${QEMU}`) ||
  (await exists(join(SYSROOT, "lib/ld-linux-aarch64.so.1"))
    ? ""
    : `no libc of arm64 in ${SYSROOT}`);

const MACHINES: readonly (readonly [Target, readonly string[], string])[] = [
  [hostTarget(), [], ""],
  [ARM64, [QEMU, "-L", SYSROOT], missing],
];

for (const [target, emulator, without] of MACHINES) {
  Deno.test({
    name: `core/posix works in an executable for ${target}` + (without && ` (ignored: ${without})`),
    ignore: without !== "",
    async fn() {
      using folder = new Folder();
      const output = join(folder.path, "tool");
      const path = fromFileUrl(new URL("testdata/directory_tool.ts", import.meta.url));
      await buildExecutable({ path, role }, { output, target, linker: "npm linker" });
      const place = join(folder.path, "place");
      await Deno.mkdir(place);
      const [program = "", ...args] = [...emulator, output, place];
      const { stdout, stderr } = await run(program, args);
      assertEquals(stderr, "");
      assertEquals(JSON.parse(stdout), {
        types: ["file file", "link symlink", "sub directory"],
        opened: [["inner"], "ENOTDIR", "ENOTDIR", "ENOENT"],
        read: ["EINVAL", "ELOOP", "text", "ENOENT"],
        removed: [21, 0, 0, 2],
        directories: [39, 2],
        mounted: [true, false],
        account: accountById(0)?.home,
        group: 0,
        changed: {
          status: ["file", 0o440, 1, 3, true, true, true],
          made: 0o2750,
          text: "new",
          locked: [true, false],
          links: ["symlink", "EEXIST", "ELOOP"],
          allowed: true,
        },
      });
    },
  });
}
