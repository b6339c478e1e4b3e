import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { STUBS } from "../../scripts/build/stub.ts";
import { probe, run } from "./probe.ts";

const ASSEMBLERS = {
  x86_64: ["x86_64-linux-gnu-as", "x86_64-linux-gnu-objcopy"],
  aarch64: ["aarch64-linux-gnu-as", "aarch64-linux-gnu-objcopy"],
} as const;

for (const [machine, [assembler, objcopy]] of Object.entries(ASSEMBLERS)) {
  const missing = [assembler, objcopy].find((tool) => !runs(tool));
  Deno.test({
    name: `STUBS holds the bytes of stub_${machine}.s` +
      (missing ? ` (ignored: no ${missing})` : ""),
    ignore: missing !== undefined,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const [object, code] = [join(folder, "stub.o"), join(folder, "stub.bin")];
        const source = fromFileUrl(
          new URL(`../../scripts/build/stub_${machine}.s`, import.meta.url),
        );
        await tool(assembler, ["-o", object, source]);
        await tool(objcopy, ["-O", "binary", "-j", ".text", object, code]);
        assertEquals(
          (await Deno.readFile(code)).toHex(),
          STUBS[machine as keyof typeof STUBS].toHex(),
        );
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

function runs(program: string, args = ["--version"]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

async function tool(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
}

const UNMOUNT = "mount -t tmpfs none a && mkdir a/b && cd a/b && umount -l ../../a";

Deno.test("a linked executable starts where there is no working directory", async (t) => {
  await using executable = await probe({ read: true });
  const { folder, path } = executable;
  const unmounts = runs("unshare", ["-m", "true"]);
  const cases = [
    ["a removed one", ["sh"], "mkdir d && cd d && rmdir ../d"],
    ["one in a removed one", ["sh"], "mkdir -p e/f && cd e/f && rm -r ../../e"],
    ["an unmounted one", ["unshare", "-m", "sh"], `mkdir a && ${UNMOUNT}`],
  ] as const;
  for (const [what, [shell, ...args], script] of cases) {
    const ignore = shell === "unshare" && !unmounts;
    await t.step({
      name: what + (ignore ? " (ignored: no unshare -m, which needs root)" : ""),
      ignore,
      async fn() {
        const line = `${script} && exec "$0" cwd`;
        const { code, stdout, stderr } = await run(shell, [...args, "-c", line, path], {
          cwd: folder,
          env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
        });
        assertEquals([code, stdout, stderr], [0, "/", ""]);
      },
    });
  }
});

Deno.test("a linked executable stays in its working directory", async (t) => {
  await using executable = await probe({ read: true });
  const { folder, path } = executable;
  const odd = join(folder, "x \n\u00fc");
  await Deno.mkdir(odd);
  for (const cwd of ["/", folder, odd]) {
    await t.step(JSON.stringify(cwd.replace(folder, "")), async () => {
      const { stdout, stderr } = await run(path, ["cwd"], { cwd });
      assertEquals([stdout, stderr], [cwd, ""]);
    });
  }
  await t.step("a path longer than the system call can tell", async () => {
    const name = "n".repeat(255);
    const dive = `for i in $(seq 20); do mkdir ${name} && cd ${name} || exit; done`;
    const { stdout, stderr } = await run("/bin/bash", ["-c", `${dive}; exec "$0" cwd`, path], {
      cwd: folder,
      env: { PATH: "/usr/bin:/bin" },
    });
    assertEquals([stdout, stderr], [folder + `/${name}`.repeat(20), ""]);
  });
});
