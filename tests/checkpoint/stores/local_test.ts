import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { baseOf, parseBase } from "../../../core/checkpoint/location.ts";
import { localBackEnd } from "../../../core/checkpoint/stores/local.ts";
import { LocalStore } from "../../../core/checkpoint/stores/local_store.ts";
import type { Store, StoreContext } from "../../../core/checkpoint/store.ts";
import { UsageError } from "../../../core/errors.ts";
import { isRoot } from "../../build/built.ts";
import { assertFails, contract, GONE, removeFrom } from "./contract.ts";
import { type LocalFixture, localFixture, tree } from "./local_fixture.ts";

contract("LocalStore", localFixture, { holdsBytes: true });
contract("LocalStore on a slow disk", () => localFixture({ slow: 0 }), { holdsBytes: true });

const GID = "ap.example.org_12.0_1795235583";
const BASE = parseBase(`x://h/vo/${GID}/0000`);

/** Makes files by paths below the fixture's root. */
async function place(root: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await Deno.mkdir(join(root, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(root, path), "x");
  }
}

/** A store like the fixture's, with other options. */
function another(
  root: string,
  options: Partial<ConstructorParameters<typeof LocalStore>[0]>,
): LocalStore {
  return new LocalStore({
    prefix: "x://h/",
    path: `${root}/store`,
    requireMount: false,
    sentinel: undefined,
    parallel: 16,
    verbose: () => {},
    ...options,
  });
}

const removeOne = async (store: Store, name: string, base = BASE) =>
  (await removeFrom(store, base, { names: [name] }))[0];

async function withFixture(test: (fixture: LocalFixture) => Promise<void>): Promise<void> {
  await using fixture = await localFixture();
  await test(fixture);
}

for (
  const [what, link, target] of [
    ["a directory of the checkpoint", `store/vo/${GID}/0000/d`, "outside"],
    ["the checkpoint", `store/vo/${GID}/0000`, "outside"],
    ["the job's directory", `store/vo/${GID}`, "outside"],
    ["a directory, within the checkpoint", `store/vo/${GID}/0000/d`, `store/vo/${GID}/0000/e`],
  ] as const
) {
  Deno.test(`LocalStore does not follow a symbolic link in place of ${what}`, async () => {
    await withFixture(async ({ root, store }) => {
      const files = ["outside/d/f", "outside/f", "outside/0000/d/f", `store/vo/other/keep`];
      await place(root, files);
      if (target !== "outside") await place(root, [`${target}/f`]);
      await Deno.mkdir(join(root, link, ".."), { recursive: true });
      await Deno.symlink(join(root, target), join(root, link));
      const before = tree(root);
      assertEquals(await removeOne(store, "d/f"), "Unsafe");
      assertEquals(tree(root), before);
    });
  });
}

Deno.test("LocalStore removes symbolic links themselves, whole or dangling", async () => {
  await withFixture(async ({ root, store }) => {
    const base = `store/vo/${GID}/0000`;
    await place(root, ["outside/f", `${base}/keep`]);
    await Deno.symlink(join(root, "outside/f"), join(root, base, "file"));
    await Deno.symlink(join(root, "outside"), join(root, base, "directory"));
    await Deno.symlink("/nonexistent", join(root, base, "dangling"));
    const names = ["file", "directory", "dangling"];
    assertEquals(await removeFrom(store, BASE, { names }), [GONE, GONE, GONE]);
    const left = tree(root).filter((path) => !path.endsWith("/"));
    assertEquals(left, ["outside/f", `${base}/keep`]);
  });
});

Deno.test("LocalStore follows the site's symbolic links above the job's directory", async () => {
  await withFixture(async ({ root }) => {
    await place(root, [`real/vo.d/${GID}/0000/a`]);
    await Deno.symlink(join(root, "real"), join(root, "mounted"));
    await Deno.symlink("vo.d", join(root, "real/linked"));
    const store = another(root, { path: `${root}/mounted` });
    assertEquals(await removeOne(store, "a", parseBase(`x://h/linked/${GID}/0000`)), GONE);
    assertEquals(tree(`${root}/real`), ["linked", "vo.d/"]);
  });
});

Deno.test("LocalStore takes what would lie below a file for gone", async () => {
  await withFixture(async ({ root, store }) => {
    await place(root, [`store/vo/${GID}/0000/a`]);
    assertEquals(await removeOne(store, "a/b/c"), GONE);
    assertEquals(await removeOne(store, "a"), GONE);
  });
});

for (
  const [what, name] of [
    ["a directory", "d"],
    ["a name longer than any", "x".repeat(300)],
    ["a path longer than any", "x/".repeat(3000)],
    ["a name with a zero byte", "a\0b"],
  ] as const
) {
  Deno.test(`LocalStore removes nothing by ${what}`, async () => {
    await withFixture(async ({ root, store }) => {
      await place(root, [`store/vo/${GID}/0000/d/keep`, `store/vo/${GID}/0000/a`]);
      const before = tree(root);
      const outcome = await removeOne(store, name);
      // Nothing is called so; nor would a list of names know a zero byte.
      assertEquals(outcome, what.includes("longer") ? GONE : "NotDeleted");
      assertEquals(tree(root), before);
    });
  });
}

Deno.test({
  name: "LocalStore reports what it may not remove, and goes on (skipped as root, who may)",
  ignore: isRoot(),
  async fn() {
    await withFixture(async ({ root, store }) => {
      const locked = `store/vo/${GID}/0000/locked`;
      await place(root, [`${locked}/a`, `store/vo/${GID}/0000/b`]);
      await Deno.chmod(join(root, locked), 0o555);
      const outcome = await removeFrom(store, BASE, { names: ["locked/a", "b"] });
      await Deno.chmod(join(root, locked), 0o755);
      assertEquals(outcome, ["NotDeleted", GONE]);
    });
  },
});

Deno.test("LocalStore removes directories whatever the order of the names", async () => {
  await withFixture(async ({ root, store }) => {
    const names = Array.from({ length: 60 }, (_, i) => `d${i % 3}/e${i % 4}/f${i % 5}/file${i}`);
    await place(root, names.map((name) => `store/vo/${GID}/0000/${name}`));
    assertEquals(await removeFrom(store, BASE, { names }), names.map(() => GONE));
    assertEquals(tree(root), ["store/", "store/vo/"]);
  });
});

Deno.test("LocalStore removes the directories of what is done when it is stopped", async () => {
  await withFixture(async ({ root, store }) => {
    const names = ["d/e/a", "d/f/b", "g"];
    await place(root, names.map((name) => `store/vo/${GID}/0000/${name}`));
    const stop = new AbortController();
    let count = 0;
    const onDone = () => ++count === 2 && stop.abort();
    await removeFrom(store, BASE, { names, signal: stop.signal, onDone });
    assertEquals(tree(`${root}/store/vo/${GID}`), ["0000/", "0000/g"]);
  });
});

Deno.test("LocalStore removes directories that an earlier run left empty, and no others", async () => {
  await withFixture(async (fixture) => {
    const base = baseOf(fixture.location, "0001");
    const top = `${fixture.location.gid}/0001`;
    const remove = async (whole: boolean) => {
      const names = ["a"].map((name) => new TextEncoder().encode(name));
      await fixture.put(new TextEncoder().encode(`${top}/a`));
      await fixture.store.remove(
        { base, ignoreMissing: false, whole, count: 1, name: (index) => names[index]! },
        { signal: new AbortController().signal, done: () => {} },
      );
      return await fixture.directories!();
    };
    await fixture.makeDirectory!(`${top}/left/deep`);
    await fixture.makeDirectory!(`${fixture.location.gid}/0002`);
    // A single file's removal is not the time to look around.
    assertEquals((await remove(false)).includes(`${top}/left/deep`), true);
    assertEquals(await remove(true), [fixture.location.gid, `${fixture.location.gid}/0002`]);
  });
});

Deno.test("LocalStore lets timers and signals have their turn", async () => {
  await withFixture(async ({ store }) => {
    const names = Array(300).fill("gone/long/ago");
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 0);
    // A slow file system, where each file takes half a millisecond.
    const onDone = () => {
      for (const start = performance.now(); performance.now() < start + 0.5;);
    };
    const outcome = await removeFrom(store, BASE, { names, signal: stop.signal, onDone });
    const done = outcome.filter((one) => one === GONE).length;
    assert(done > 0 && done < names.length, `${done} of ${names.length}`);
  });
});

Deno.test("LocalStore is not available where its directory is not", async () => {
  await withFixture(async ({ root }) => {
    await place(root, ["file"]);
    for (const path of [`${root}/nonexistent`, `${root}/file`, `${root}/file/below`]) {
      const error = await assertFails(
        () => removeOne(another(root, { path }), "a"),
        "StoreUnavailable",
      );
      assertStringIncludes(error.message, path);
    }
  });
});

Deno.test("LocalStore is not available without its sentinel", async () => {
  await withFixture(async ({ root }) => {
    await place(root, [`store/vo/${GID}/0000/a`]);
    const store = another(root, { sentinel: "etc/.mounted" });
    await assertFails(() => removeOne(store, "a"), "StoreUnavailable");
    await assertFails(
      () => Promise.resolve(store.prune(BASE, new AbortController().signal)),
      "StoreUnavailable",
    );
    await place(root, ["store/etc/.mounted"]);
    assertEquals(await removeOne(store, "a"), GONE);
  });
});

Deno.test("LocalStore is not available without its mount", async () => {
  await withFixture(async ({ root }) => {
    await place(root, [`store/vo/${GID}/0000/a`]);
    await assertFails(
      () => removeOne(another(root, { requireMount: true }), "a"),
      "StoreUnavailable",
    );
    const store = another(root, { prefix: "file://", path: "/", requireMount: true });
    assertEquals(
      await removeOne(store, "a", parseBase(`file://${root}/store/vo/${GID}/0000`)),
      GONE,
    );
  });
});

Deno.test("LocalStore removes checkpoints of file URLs, whose path is that of the machine", async () => {
  await withFixture(async ({ root }) => {
    await place(root, [`store/vo/${GID}/0000/a`, `store/vo/${GID}/0000/keep`]);
    for (const prefix of ["file://", "file:///", `file://${root}/`]) {
      const path = prefix.includes(root) ? root : "/";
      const store = another(root, { prefix, path });
      await place(root, [`store/vo/${GID}/0000/a`]);
      assertEquals(
        await removeOne(store, "a", parseBase(`file://${root}/store/vo/${GID}/0000`)),
        GONE,
      );
      assertEquals(tree(`${root}/store/vo/${GID}/0000`), ["keep"]);
    }
  });
});

Deno.test("LocalStore lists links and odd files as they are, and follows none", async () => {
  await withFixture(async ({ root, store, location }) => {
    await place(root, ["outside/secret", `store/vo/${GID}/0000/d/a`, `store/vo/${GID}/notes`]);
    await Deno.symlink(join(root, "outside"), join(root, `store/vo/${GID}/0000/link`));
    await new Deno.Command("mkfifo", { args: [join(root, `store/vo/${GID}/0000/fifo`)] }).output();
    const { signal } = new AbortController();
    const found: string[] = [];
    for await (const { number, name } of store.leftovers!(location, signal)) {
      found.push(`${number} ${new TextDecoder().decode(name)}`);
      assertEquals(await removeFrom(store, baseOf(location, number), { names: [name] }), [GONE]);
    }
    assertEquals(found.toSorted(), ["0000 d/a", "0000 fifo", "0000 link"]);
    await store.prune!(location, signal);
    const left = tree(root).filter((path) => !path.endsWith("/"));
    assertEquals(left, ["outside/secret", `store/vo/${GID}/notes`]);
  });
});

Deno.test("LocalStore lists and prunes nothing behind a link in place of the job's directory", async () => {
  await withFixture(async ({ root, store, location }) => {
    await place(root, ["outside/0000/secret"]);
    await Deno.mkdir(join(root, "outside/0001"));
    await Deno.symlink(join(root, "outside"), join(root, `store/vo/${GID}`));
    const { signal } = new AbortController();
    for await (const _ of store.leftovers!(location, signal)) throw new Error("listed");
    await store.prune!(location, signal);
    assertEquals(tree(`${root}/outside`), ["0000/", "0000/secret", "0001/"]);
  });
});

Deno.test("LocalStore does not look into directories without end", async () => {
  await withFixture(async ({ root, store, location }) => {
    const deep = "d/".repeat(300);
    await place(root, [`store/vo/${GID}/0000/${deep}a`]);
    const { signal } = new AbortController();
    await assertFails(async () => {
      for await (const _ of store.leftovers!(location, signal)) throw new Error("listed");
    }, "NotDeleted");
    await assertFails(() => store.prune!(location, signal), "NotDeleted");
    assertEquals(await removeOne(store, `${deep}a`), GONE);
    assertEquals(tree(`${root}/store`), ["vo/"]);
  });
});

Deno.test("LocalStore stops listing and pruning when told to", async () => {
  await withFixture(async ({ root, store, location }) => {
    await Deno.mkdir(join(root, `store/vo/${GID}/0000/d`), { recursive: true });
    await store.prune!(location, AbortSignal.abort());
    assertEquals(tree(`${root}/store/vo/${GID}`), ["0000/", "0000/d/"]);
    await place(root, [`store/vo/${GID}/0000/d/a`]);
    for await (const _ of store.leftovers!(location, AbortSignal.abort())) {
      throw new Error("listed");
    }
  });
});

const CONTEXT: StoreContext = {
  env: () => undefined,
  parallel: 1,
  user: undefined,
  jobAd: () => Promise.resolve(undefined),
  verbose: () => {},
};

for (
  const [args, text] of [
    [["-path", "/p"], "-prefix is needed"],
    [["-prefix", "x://h/"], "-path is needed"],
    [["-prefix", "", "-path", "/p"], "-prefix is needed"],
    [["-prefix", "x://h/", "-path", "relative"], "absolute path"],
    [["-path", "/p", "-prefix", "x://h/"], "has to follow -prefix"],
    [["--path=/p", "--prefix=x://h/"], "has to follow -prefix"],
    [["-prefix", "x://h/", "-path", "/p", "-sentinel", ""], "-sentinel needs a name"],
    [["-prefix", "x://h/", "-path", "/p", "word"], "1 operands given"],
  ] as const
) {
  Deno.test(`the local back-end refuses ${args.join(" ")}`, () => {
    const error = assertThrows(() => localBackEnd.open(args, CONTEXT), UsageError);
    assertStringIncludes(error.message, text);
  });
}

Deno.test("the local back-end takes its options in any other order", async () => {
  await withFixture(async ({ root }) => {
    await place(root, [`store/vo/${GID}/0000/a`, "store/here"]);
    const args = ["-sentinel=here", "-prefix", "x://h/", "-path", `${root}/store`];
    await using store = await localBackEnd.open(args, CONTEXT);
    assertEquals(await removeOne(store, "a"), GONE);
  });
});
