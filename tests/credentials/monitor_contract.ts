/**
 * What every credential monitor has to do and must never do, whatever kind of credential it makes.
 * A monitor's own tests call {@linkcode testMonitor} with a way to make it.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { type Monitor, type Tended, TendFailure } from "../../core/credentials/monitor.ts";
import { CredentialStore, type ListedCredential } from "../../core/credentials/store/mod.ts";
import { available, missing, mountFullDisk } from "../servers/full_disk.ts";

/** A monitor to be tested, with all that it needs around it. */
export interface Subject extends AsyncDisposable {
  readonly monitor: Monitor;
  /** A second one of the same settings, as after a restart. */
  again(): Promise<Monitor>;
  /** Name of a credential that is this monitor's. */
  readonly name: string;
  /** What the credd or a storer puts into its `.top`. */
  top(user: string): string;
  /** Unix time in milliseconds. */
  readonly now: number;
  /** Texts that no line may hold: keys, refresh tokens, client secrets. */
  readonly secrets: readonly string[];
  /** Lines that the monitor said besides. */
  readonly lines: readonly string[];
  /** Called with the user's directory once its `.top` is there, for what else has to be there. */
  prepare?(directory: string): Promise<void>;
}

/** Names that no file may be made for. */
const HOSTILE_USERS = [
  ...["", ".", "..", "../outside", "a/b", "/etc", "a\0b", "-rf", ".hidden", "a b", "a\nb"],
  ...["a=b/../c", "é", "x".repeat(200), "a@b", "alice:x", "$(id)", "{username}"],
];

/** Makes a directory of credentials in a directory. */
class Place implements Disposable {
  readonly path: string;
  readonly store: CredentialStore;

  constructor(parent: string, readonly subject: Subject) {
    this.path = join(parent, "creds");
    Deno.mkdirSync(this.path);
    Deno.chmodSync(this.path, 0o770);
    const condor = { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 };
    this.store = CredentialStore.open(this.path, { condor });
  }

  at(user: string, file = ""): string {
    return join(this.path, user, file);
  }

  use(user: string): string {
    return this.at(user, `${this.subject.name}.use`);
  }

  async ask(user: string): Promise<void> {
    const { name } = this.subject;
    await Deno.mkdir(this.at(user), { mode: 0o700 });
    await Deno.writeTextFile(this.at(user, `${name}.top`), this.subject.top(user), { mode: 0o600 });
    await this.subject.prepare?.(this.at(user));
  }

  listed(user: string): ListedCredential {
    const { name } = this.subject;
    const found = [...this.store.list()].find((one) => one.user === user && one.name === name);
    if (found === undefined) throw new Error(`${user}/${name} is not listed`);
    return found;
  }

  async look(
    credential: string | ListedCredential,
    {
      monitor = this.subject.monitor,
      now = this.subject.now,
      signal = new AbortController().signal,
    }: { monitor?: Monitor; now?: number; signal?: AbortSignal } = {},
  ): Promise<Tended> {
    const listed = typeof credential === "string" ? this.listed(credential) : credential;
    monitor.begin?.();
    assert(monitor.owns(listed));
    return await monitor.tend(listed, { store: this.store, now, signal });
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
  }
}

/** All files below a directory, each with what it is: equal when nothing has changed. */
async function snapshot(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = async (directory: string) => {
    for await (const { name } of Deno.readDir(directory)) {
      const entry = join(directory, name);
      const { isDirectory, isFile, ino, mode, mtime, size } = await Deno.lstat(entry);
      const content = isFile ? await Deno.readTextFile(entry) : "";
      // A directory changes when a file in it is replaced.
      found[entry.slice(path.length + 1)] = isDirectory
        ? `${ino} ${mode}`
        : `${ino} ${mode} ${mtime?.getTime()} ${size} ${content}`;
      if (isDirectory) await visit(entry);
    }
  };
  await visit(path);
  return found;
}

/** Registers the tests. */
export function testMonitor(title: string, make: () => Promise<Subject>): void {
  const test = (what: string, run: (place: Place, subject: Subject) => Promise<void>) =>
    Deno.test(`${title} ${what}`, async () => {
      await using subject = await make();
      const parent = await Deno.makeTempDir({ prefix: "pinion-monitor-" });
      try {
        using place = new Place(parent, subject);
        await run(place, subject);
      } finally {
        await Deno.remove(parent, { recursive: true });
      }
    });

  test("puts one file into its place, in one line and for root alone", async (place, subject) => {
    await place.ask("alice");
    await Deno.writeTextFile(place.at("alice", "other.use"), "another's");
    await Deno.writeTextFile(place.at("", "README.credentials"), "read me");
    const before = await snapshot(place.path);
    const tended = await place.look("alice");
    assertEquals(tended.kind, "renewed");
    const after = await snapshot(place.path);
    const use = `alice/${subject.name}.use`;
    assert(use in after);
    delete after[use];
    assertEquals(after, before);
    const { mode, uid, nlink } = await Deno.lstat(place.use("alice"));
    assertEquals([(mode ?? 0) & 0o7777, uid, nlink], [0o400, Deno.uid(), 1]);
    const text = await Deno.readTextFile(place.use("alice"));
    // Readers take the file line by line.
    assert(!text.trimEnd().includes("\n") && text.trim() !== "");
  });

  test("leaves alone what is fresh, also after a restart", async (place, subject) => {
    await place.ask("alice");
    const { kind, ...times } = await place.look("alice");
    assertEquals(kind, "renewed");
    const before = await snapshot(place.path);
    for (const monitor of [subject.monitor, subject.monitor, await subject.again()]) {
      const tended = await place.look("alice", { monitor, now: subject.now + 1000 });
      assert(tended.kind === "fresh" && tended.next > subject.now + 1000);
      assertEquals(tended.expires, (times as { expires?: number }).expires);
    }
    assertEquals(await snapshot(place.path), before);
  });

  test("makes anew what was removed, cut or replaced", async (place, subject) => {
    await place.ask("alice");
    await place.look("alice");
    const use = place.use("alice");
    const good = await Deno.readTextFile(use);
    const spoil: (() => Promise<void>)[] = [
      () => Deno.remove(use),
      () => put(use, good.slice(0, good.length / 2)),
      () => put(use, ""),
      () => put(use, "eyJhbGciOiJub25lIn0.e30.\n"),
      () => put(use, "\0".repeat(200_000)),
      () => put(use, `{"access_token": ${"[".repeat(100_000)}`),
      async () => {
        await Deno.remove(use);
        await Deno.mkdir(`${use}.d`);
        await Deno.symlink(`${use}.d`, use);
      },
    ];
    for (const [i, act] of spoil.entries()) {
      await act();
      assertEquals((await place.look("alice")).kind, "renewed", `case ${i}`);
      assert((await Deno.lstat(use)).isFile);
      const tended = await place.look("alice", { now: subject.now + 1000 });
      assertEquals(tended.kind, "fresh", `case ${i}`);
    }
  });

  test("makes anew before it expires", async (place, subject) => {
    await place.ask("alice");
    const first = await place.look("alice");
    assert(first.kind === "renewed" && first.expires !== undefined);
    assert(first.next > subject.now && first.next < first.expires);
    assertEquals((await place.look("alice", { now: first.next - 1 })).kind, "fresh");
    const second = await place.look("alice", { now: first.next });
    assert(second.kind === "renewed" && second.expires! > first.expires);
  });

  test("brings nothing back that was removed", async (place, subject) => {
    const { name } = subject;
    await place.ask("alice");
    await place.ask("bob");
    const [alice, bob] = [place.listed("alice"), place.listed("bob")];
    await Deno.remove(place.at("alice"), { recursive: true });
    await Deno.remove(place.at("bob", `${name}.top`));
    const before = await snapshot(place.path);
    assertEquals(await place.look(alice), { kind: "gone" });
    assertEquals(await place.look(bob), { kind: "gone" });
    assertEquals(await snapshot(place.path), before);
  });

  test("writes nothing once it is told to stop", async (place) => {
    await place.ask("alice");
    const before = await snapshot(place.path);
    const stop = new AbortController();
    const reason = new Error("stop");
    stop.abort(reason);
    const thrown = await assertRejects(() => place.look("alice", { signal: stop.signal }));
    assertEquals(thrown, reason);
    const later = new AbortController();
    const look = place.look("alice", { signal: later.signal });
    later.abort(reason);
    await look.catch((error) => assertEquals(error, reason));
    // Told in the middle, it may be too late to stop; nothing half done is left.
    const after = await snapshot(place.path);
    delete after[`alice/${place.subject.name}.use`];
    assertEquals(after, before);
  });

  test("makes nothing for names that are none", async (place, subject) => {
    await place.ask("alice");
    const before = await snapshot(join(place.path, ".."));
    const { top } = place.listed("alice");
    const signal = new AbortController().signal;
    const { now, monitor } = subject;
    for (const user of HOSTILE_USERS) {
      const credential = { user, name: subject.name, top };
      if (!monitor.owns(credential)) continue;
      const tended = await monitor.tend(credential, { store: place.store, now, signal })
        .catch((error) => error);
      assert(tended instanceof TendFailure || tended.kind === "gone", user);
      // deno-lint-ignore no-control-regex
      if (tended instanceof TendFailure) assert(!/[\x00-\x1f]/.test(tended.message), user);
    }
    for (
      const name of ["", ".", "../x", `${subject.name}/x`, `${subject.name}_`, "nobody-has-this"]
    ) {
      assert(!monitor.owns({ user: "alice", name, top }), name);
    }
    assertEquals(await snapshot(join(place.path, "..")), before);
  });

  test("follows no link that is planted for a user or a file", async (place, subject) => {
    const outside = join(place.path, "../outside");
    await Deno.mkdir(outside);
    await Deno.writeTextFile(join(outside, "precious"), "precious");
    await place.ask("alice");
    const alice = place.listed("alice");
    await Deno.symlink(join(outside, "precious"), place.use("alice"));
    const before = await snapshot(outside);
    assertEquals((await place.look("alice")).kind, "renewed");
    assertEquals(await snapshot(outside), before);
    await Deno.remove(place.at("alice"), { recursive: true });
    await Deno.writeTextFile(join(outside, `${subject.name}.top`), subject.top("alice"));
    await Deno.symlink(outside, place.at("alice"));
    const planted = await snapshot(outside);
    await place.look(alice).catch((error) => assert(error instanceof TendFailure));
    assertEquals(await snapshot(outside), planted);
  });

  test("says no secret", async (place, subject) => {
    const said: string[] = [];
    for (const user of ["alice", "bob"]) {
      await place.ask(user);
      const tended = await place.look(user);
      if (tended.kind === "renewed") said.push(tended.line);
      const text = await Deno.readTextFile(place.use(user));
      for (const piece of text.match(/[\w-]{16,}/g) ?? []) {
        if (piece !== "access_token") said.forEach((line) => assert(!line.includes(piece), line));
      }
    }
    assert(
      said.length === 2 && said.every((line) => line.includes("renew") || line.includes("refresh")),
    );
    for (const line of [...said, ...subject.lines]) {
      assert(!line.includes("\n"));
      for (const secret of subject.secrets) assert(!line.includes(secret), line);
    }
  });

  test("makes many at once, each its own", async (place, subject) => {
    const users = Array.from({ length: 100 }, (_, i) => `user${i}`);
    for (const user of users) await place.ask(user);
    subject.monitor.begin?.();
    const signal = new AbortController().signal;
    const tended = await Promise.all(
      [...place.store.list()].map((one) =>
        subject.monitor.tend(one, { store: place.store, now: subject.now, signal })
      ),
    );
    assert(tended.every(({ kind }) => kind === "renewed"));
    const texts = users.map((user) => Deno.readTextFileSync(place.use(user)));
    assertEquals(new Set(texts).size, users.length);
  });

  const full = `${title} keeps the old file when the disk is full`;
  Deno.test({
    name: available ? full : `${full}: no ${missing}`,
    ignore: !available,
    fn: async () => {
      await using subject = await make();
      await using disk = await mountFullDisk({ size: 256 * 1024 });
      using place = new Place(disk.path, subject);
      await place.ask("alice");
      const first = await place.look("alice");
      const old = await Deno.readTextFile(place.use("alice"));
      await fill(join(disk.path, "filler"));
      assert(first.kind === "renewed");
      const failure = await assertRejects(
        () => place.look("alice", { now: first.next + 1000 }),
        TendFailure,
      );
      assert(/alice/.test(failure.message) && !failure.message.includes("\n"), failure.message);
      assertEquals(await Deno.readTextFile(place.use("alice")), old);
      const names = [...Deno.readDirSync(place.at("alice"))].map(({ name }) => name).sort();
      assertEquals(names.filter((name) => name.endsWith(".tmp")), []);
      await Deno.remove(join(disk.path, "filler"));
      assertEquals((await place.look("alice", { now: first.next + 2000 })).kind, "renewed");
    },
  });
}

/** Another file in the place of one. */
async function put(path: string, content: string): Promise<void> {
  await Deno.remove(path, { recursive: true });
  await Deno.writeTextFile(path, content, { mode: 0o400 });
}

/** Takes all the room there is. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true });
  try {
    while (true) await file.write(new Uint8Array(4096));
  } catch {
    // Full.
  }
}
