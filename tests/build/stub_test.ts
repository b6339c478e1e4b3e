import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { STUBS } from "../../scripts/build/stub.ts";

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

function runs(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

async function tool(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
}
