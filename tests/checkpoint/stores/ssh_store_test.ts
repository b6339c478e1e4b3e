import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import { fromFileUrl } from "@std/path";
import { baseOf } from "../../../core/checkpoint/location.ts";
import type { Store } from "../../../core/checkpoint/store.ts";
import { freePort, isRoot } from "../../servers/process.ts";
import { missing, type Sshd, type SshdOptions, startSshd } from "../../servers/sshd.ts";
import { assertFails, GONE, removeFrom } from "./contract.ts";
import { openSsh, sshContext, sshWords } from "./ssh_fixture.ts";
import { sshBackEnd } from "../../../core/checkpoint/stores/ssh.ts";

const GID = "ap.example.org_12.0_1795235583";
const needsRoot = missing || (isRoot() ? "" : "root");

interface Given {
  readonly server: Sshd;
  /** Directory of the destination. */
  readonly dir: string;
  /** Makes files of checkpoint 0000. */
  put(names: readonly string[]): Promise<void>;
  remove(store: Store, names: readonly string[]): Promise<(string | undefined)[]>;
  /** Opens a store and asks it for one file, which has to fail. */
  fails(store: Store, kind: Parameters<typeof assertFails>[1]): Promise<string>;
}

function check(
  name: string,
  run: (given: Given) => Promise<void>,
  { needs = missing, ...options }: SshdOptions & { readonly needs?: string } = {},
): void {
  Deno.test({
    name: `SshStore ${name}${needs ? ` (skipped: ${needs})` : ""}`,
    ignore: needs !== "",
    async fn() {
      await using server = await startSshd(options);
      const dir = `${server.dir}/data`;
      await Deno.mkdir(dir);
      const base = baseOf({ destination: `sftp://${server.host}${dir}`, gid: GID }, "0000");
      await run({
        server,
        dir,
        async put(names) {
          for (const name of names) {
            const path = `${dir}/${GID}/0000/${name}`;
            await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
            await Deno.writeTextFile(path, "x");
          }
        },
        remove: (store, names) => removeFrom(store, base, { names }),
        async fails(store, kind) {
          await using _ = store;
          return (await assertFails(() => removeFrom(store, base, { names: ["a"] }), kind)).message;
        },
      });
    },
  });
}

check("says so when its key is not let in", async ({ server, fails }) => {
  const store = await openSsh({ ...server, keyFile: server.wrongKeyFile });
  assertStringIncludes(await fails(store, "Credentials"), "Permission denied (publickey)");
});

check("does not talk to a server it does not know", async ({ server, fails }) => {
  const none = `${server.dir}/none`;
  await Deno.writeTextFile(none, "");
  const message = await fails(await openSsh({ ...server, knownHosts: none }), "StoreUnavailable");
  assertStringIncludes(message, "known_hosts");
});

check("does not talk to a server with another key", async ({ server, fails }) => {
  const store = await openSsh({ ...server, knownHosts: server.wrongKnownHosts });
  assertStringIncludes(await fails(store, "StoreUnavailable"), "not the one in known_hosts");
});

check("says so when there is no SFTP", async ({ server, fails }) => {
  assertStringIncludes(await fails(await openSsh(server), "StoreUnavailable"), "no SFTP there");
}, { sftp: "none" });

check("says so when something else answers", async ({ server, fails }) => {
  const message = await fails(await openSsh(server), "StoreUnavailable");
  assertStringIncludes(message, "does the login shell print something?");
}, { sftp: "/bin/echo Welcome to the cluster" });

check("tries another time when nobody is there", async ({ server }) => {
  const port = freePort("127.0.0.1");
  const base = baseOf({ destination: `sftp://127.0.0.1:${port}/data`, gid: GID }, "0000");
  await using store = await openSsh(server);
  const work = () => removeFrom(store, base, { names: ["a"] });
  assertStringIncludes((await assertFails(work, "Transient")).message, "Connection refused");
});

check("tries another time when a name does not resolve", async ({ server }) => {
  const base = baseOf({ destination: `sftp://host.invalid:1/data`, gid: GID }, "0000");
  await using store = await openSsh(server);
  const work = () => removeFrom(store, base, { names: ["a"] });
  assertStringIncludes((await assertFails(work, "Transient")).message, "host.invalid");
});

check("goes on with another connection when one breaks", async ({ server, dir, put, remove }) => {
  const names = Array.from({ length: 200 }, (_, i) => `file${i}`);
  await put(names);
  await using store = await openSsh(server);
  let breaks = 0;
  for (let left = names; left.length > 0; breaks++) {
    assert(breaks < 50, "it gets on");
    try {
      assertEquals(await remove(store, left), left.map(() => GONE));
      break;
    } catch (error) {
      await assertFails(() => Promise.reject(error), "Transient");
      const there = new Set([...Deno.readDirSync(`${dir}/${GID}/0000`)].map(({ name }) => name));
      left = left.filter((name) => there.has(name));
    }
  }
  assert(breaks > 0, "it broke");
  // The directories may be left by the last connection, for its breath was short, too.
  assert(!await exists(`${dir}/${GID}/0000/file199`));
}, { sftp: `/bin/sh ${fromFileUrl(import.meta.resolve("../testdata/short_sftp"))}` });

check("follows no symbolic link", async ({ server, dir, put, remove }) => {
  await put(["d/keep", "a"]);
  await Deno.mkdir(`${dir}/outside`);
  await Deno.writeTextFile(`${dir}/outside/b`, "x");
  await Deno.symlink(`${dir}/outside`, `${dir}/${GID}/0000/link`);
  await Deno.symlink(`${dir}/outside/b`, `${dir}/${GID}/0000/file-link`);
  await using store = await openSsh(server);
  assertEquals(
    await remove(store, ["link/b", "file-link", "a", "link/x/y"]),
    ["Unsafe", GONE, GONE, "Unsafe"],
  );
  assert(await exists(`${dir}/outside/b`));
  assert(!await exists(`${dir}/${GID}/0000/file-link`));
  await Deno.remove(`${dir}/${GID}`, { recursive: true });
  await Deno.mkdir(`${dir}/outside/0000`);
  await Deno.symlink(`${dir}/outside`, `${dir}/${GID}`);
  assertEquals(await remove(store, ["a"]), ["Unsafe"]);
  await assertFails(
    () => store.prune!({ destination: `sftp://${server.host}${dir}`, gid: GID }, signal()),
    "Unsafe",
  );
  assert(await exists(`${dir}/outside/0000`));
});

check("says what it may not remove, and goes on", async ({ server, dir, put, remove }) => {
  await put(["a", "d/b", "e/c"]);
  for (const path of ["", GID, `${GID}/0000`, `${GID}/0000/e`]) {
    await Deno.chmod(`${dir}/${path}`, 0o777);
  }
  await Deno.mkdir(`${dir}/${GID}/0000/e/is-directory`);
  await Deno.mkdir(`${dir}/${GID}/0000/closed`, { mode: 0o700 });
  await using store = await openSsh(server);
  assertEquals(
    await remove(store, ["a", "d/b", "e/c", "e/is-directory", "closed/x", "closed/y/z"]),
    [GONE, "NotDeleted", GONE, "NotDeleted", "NotDeleted", "NotDeleted"],
  );
  assert(await exists(`${dir}/${GID}/0000/d/b`));
}, { needs: needsRoot, unprivileged: true });

check("does nothing where the directory of the prefix is not", async (given) => {
  const { server, dir, fails, remove } = given;
  const origin = `sftp://${server.host}`;
  await Deno.remove(dir);
  const message = await fails(
    await openSsh(server, ["-prefix", `${origin}${dir}/`]),
    "StoreUnavailable",
  );
  assertStringIncludes(message, "there is no such directory");
  assertStringIncludes(await fails(await openSsh(server), "StoreUnavailable"), "no such directory");
  await using store = await openSsh(server, ["-prefix", `${origin}${server.dir}`]);
  assertEquals(await remove(store, ["a"]), [GONE]);
  await fails(await openSsh(server, ["-prefix", `${origin}/elsewhere`]), "Usage");
  await fails(await openSsh(server, ["-prefix", `${origin}${dir.slice(0, -1)}`]), "Usage");
});

check("reads paths as its options say", async ({ server, dir, put }) => {
  await put(["a b", "c%20d"]);
  const ask = async (destination: string, words: string[], name: string) => {
    await using store = await openSsh(server, words);
    return await removeFrom(store, baseOf({ destination, gid: GID }, "0000"), { names: [name] });
  };
  const { host } = server;
  const there = `${dir}/${GID}/0000`;
  // However deep the home lies.
  const path = `${"/..".repeat(10)}${dir}`;
  assertEquals(await ask(`scp://${host}/~${path}`, [], "c%20d"), [GONE]);
  assert(!await exists(`${there}/c%20d`));
  assertEquals(
    await ask(
      `ssh://${host}${path.replace("data", "%64ata")}`,
      ["-home", "-percent-decode"],
      "a%20b",
    ),
    [GONE],
  );
  assert(!await exists(`${dir}/${GID}`));
  await assertFails(() => ask(`sftp://${host}/..%00`, ["-percent-decode"], "a"), "Unsafe");
  assertEquals(
    await ask(`sftp://${host}/~${path}`, ["-percent-decode"], "..%2f..%2fa"),
    ["Unsafe"],
  );
});

check("works below a root of the server's choice", async () => {
  const chroot = await Deno.makeTempDir({ dir: "/run", prefix: "pinion-sshd-" });
  try {
    await Deno.chmod(chroot, 0o755);
    await Deno.mkdir(`${chroot}/data/${GID}/0000/d`, { recursive: true });
    await Deno.writeTextFile(`${chroot}/data/${GID}/0000/d/a`, "x");
    await using server = await startSshd({ chroot });
    await using store = await openSsh(server);
    const base = baseOf({ destination: `sftp://${server.host}/data`, gid: GID }, "0000");
    assertEquals(await removeFrom(store, base, { names: ["d/a"] }), [GONE]);
    assertEquals([...Deno.readDirSync(`${chroot}/data`)], []);
  } finally {
    await Deno.remove(chroot, { recursive: true });
  }
}, { needs: needsRoot });

check("wants files that are there, and users that are names", async ({ server }) => {
  const open = (words: string[]) => sshBackEnd.open([...sshWords(server), ...words], sshContext());
  const other = { ...server, keyFile: "/nonexistent/key" };
  await assertFails(() => openSsh(other), "Credentials");
  await assertFails(() => openSsh({ ...server, user: "-oProxyCommand=x" }), "Unsafe");
  await open([]);
});

function signal(): AbortSignal {
  return new AbortController().signal;
}
