import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { discoverToken } from "../../core/tokens/mod.ts";

const UID = Deno.uid() ?? -1;

/** Looks around in a scratch directory that stands for `/tmp`. */
async function within(
  work: (
    find: (env?: Record<string, string>, uid?: number) => ReturnType<typeof discoverToken>,
    dir: string,
  ) => Promise<void> | void,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const find = (env: Record<string, string> = {}, uid = UID) =>
      discoverToken({ env: (name) => env[name], uid, temporary: dir });
    await work(find, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("discoverToken() looks in four places, in this order", () =>
  within(async (find, dir) => {
    const runtime = join(dir, "run");
    await Deno.mkdir(runtime);
    await Deno.writeTextFile(join(dir, "named"), '{"access_token":"T-NAMED"}');
    await Deno.writeTextFile(join(runtime, `bt_u${UID}`), "T-RUNTIME\n", { mode: 0o600 });
    await Deno.writeTextFile(join(dir, `bt_u${UID}`), "T-TMP", { mode: 0o600 });
    const env: Record<string, string> = {
      BEARER_TOKEN: " T-ENV\n",
      BEARER_TOKEN_FILE: join(dir, "named"),
      XDG_RUNTIME_DIR: runtime,
    };
    const found: (string | undefined)[] = [];
    for (const name of ["", ...Object.keys(env)]) {
      delete env[name];
      found.push(find(env).token?.token);
    }
    assertEquals(found, ["T-ENV", "T-NAMED", "T-RUNTIME", "T-TMP"]);
    assertEquals(find().token?.path, join(dir, `bt_u${UID}`));
  }));

Deno.test("discoverToken() goes on where a place has no token, and says so", () =>
  within(async (find, dir) => {
    const { token, tried } = find({
      BEARER_TOKEN: "not a token",
      BEARER_TOKEN_FILE: join(dir, "none"),
      XDG_RUNTIME_DIR: join(dir, "run"),
    });
    assertEquals(token, undefined);
    assertEquals(tried.length, 4);
    assertEquals(tried[0], "BEARER_TOKEN is no token");
    assert(tried[1]!.includes("No such file"), tried[1]);
    assertEquals(tried[2], `${join(dir, "run")}/bt_u${UID} is not there`);
    assertEquals(tried[3], `${dir}/bt_u${UID} is not there`);
    await Deno.writeTextFile(join(dir, `bt_u${UID}`), "two words", { mode: 0o600 });
    assert(!find().tried.join().includes("two words"));
    assertEquals(find().token, undefined);
  }));

Deno.test("discoverToken() trusts no file that others may have made or read", () =>
  within(async (find, dir) => {
    const path = join(dir, `bt_u${UID}`);
    await Deno.writeTextFile(path, "T", { mode: 0o600 });
    assertEquals(find().token?.token, "T");
    for (const mode of [0o644, 0o640, 0o606, 0o620]) {
      await Deno.chmod(path, mode);
      assertEquals(find().token, undefined, mode.toString(8));
      assertEquals(find().tried.at(-1), `${path} has mode 0${mode.toString(8)}`);
    }
    await Deno.chmod(path, 0o600);
    const other = UID + 1;
    await Deno.rename(path, join(dir, `bt_u${other}`));
    assertEquals(find({}, other).tried.at(-1), `${dir}/bt_u${other} belongs to user ${UID}`);
    await Deno.symlink(join(dir, `bt_u${other}`), path);
    assertEquals(find().tried.at(-1), `${path} is not a regular file`);
    assertEquals(find().token, undefined);
  }));
