import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { bundleRole } from "../../scripts/build/bundle.ts";
import { hasDenort, linkWithDenort } from "../../scripts/build/denort.ts";
import { makeScript } from "../../scripts/build/program_image.ts";
import { findDeno } from "../../scripts/build/base.ts";
import { hostTarget } from "./built.ts";
import { probeSource } from "./probe.ts";

Deno.test("hasDenort() asks the download site once, and takes no answer for no", async () => {
  const target = hostTarget();
  const asked: string[] = [];
  const site = (answer: () => Response): typeof fetch => (input) => {
    asked.push(String(input));
    return new Promise((resolve) => resolve(answer()));
  };
  const fail = (): never => {
    throw new TypeError("no route");
  };
  assertEquals(await hasDenort(target, { fetch: site(() => new Response()) }), true);
  assertEquals(
    await hasDenort(target, { fetch: site(() => new Response("", { status: 403 })) }),
    false,
  );
  assertEquals(await hasDenort(target, { fetch: site(fail) }), false);
  assertEquals(asked.length, 3);
  assert(asked.every((url) => url.endsWith(`/denort-${target}.zip`)));
});

Deno.test("hasDenort() refuses a DENORT_BIN that is the deno binary or nothing", async () => {
  const target = hostTarget();
  await assertRejects(
    () => hasDenort(target, { denort: "/nowhere/denort" }),
    Error,
    'Cannot use DENORT_BIN "/nowhere/denort": no such file',
  );
  const deno = await findDeno(target);
  await assertRejects(
    () => hasDenort(target, { denort: deno }),
    Error,
    'this is the "deno" binary',
  );
});

Deno.test("linkWithDenort() embeds the program (the base is the deno binary here)", async () => {
  const { path, role: { permissions } } = probeSource({ read: true });
  const folder = await Deno.makeTempDir();
  try {
    const output = join(folder, "probe");
    const program = { name: "probe", permissions, bundle: await bundleRole(path) };
    const target = hostTarget();
    await linkWithDenort(program, { output, target, denort: await findDeno(target) });
    const file = new TextDecoder("latin1").decode(await Deno.readFile(output));
    assert(file.includes("sourceURL=probe.js"), "the program is not in the file");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the script for deno compile runs the program with its arguments", async () => {
  const { path, role } = probeSource({});
  const folder = await Deno.makeTempDir();
  try {
    const script = join(folder, "probe.js");
    const program = {
      name: "probe",
      permissions: role.permissions,
      bundle: await bundleRole(path),
    };
    await Deno.writeTextFile(script, makeScript(program));
    const { stdout, code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--no-prompt", script, "hash", "abc"],
    }).output();
    assertEquals(code, 0);
    assert(new TextDecoder().decode(stdout).startsWith("ba7816bf"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
