import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { AnnexState } from "../../core/annex/contracts.ts";
import { AnnexError } from "../../core/annex/errors.ts";
import { readJournal, writeJournal } from "../../core/annex/journal.ts";
import { forgetInstance, isIntact, readState, writeState } from "../../core/annex/state.ts";
import { TestHost } from "./test_host.ts";

const STATE_FILE = "/var/lib/condor-annex/state.json";
const TOKEN = "/etc/condor/tokens.d/t";
const CONFIG = "/etc/condor/config.d/00ec2-dynamic.config";

const sum = (text: string) => createHash("sha256").update(text).digest("hex");

const STATE: AnnexState = {
  version: 1,
  program: "0.1.0",
  instanceId: "i-0123456789abcdef0",
  annexName: "my_annex",
  nameSource: "client-token",
  bucket: "annex",
  key: "config-my_annex.tar.gz",
  etag: '"0123"',
  sha256: sum("archive"),
  files: [{ path: CONFIG, sha256: sum("config") }, { path: TOKEN, sha256: sum("token") }],
  firewall: { backend: "nft", verified: true, counters: { output4: 3 } },
  installedAt: "2026-11-01T00:00:00Z",
  startedAt: "2026-11-01T00:00:01Z",
};

/** A machine with what the state says. */
async function configured(): Promise<TestHost> {
  const host = new TestHost({ files: { [CONFIG]: "config", [TOKEN]: "token" } });
  await writeState(host, STATE);
  return host;
}

const isThere = (host: TestHost, path: string) =>
  Deno.lstat(host.root + path).then(() => true, () => false);

Deno.test("readState() reads back what writeState() wrote, which only root can read", async () => {
  using host = await configured();
  assertEquals(await readState(host), STATE);
  const modeOf = (path: string) => Deno.statSync(host.root + path).mode! & 0o7777;
  assertEquals([modeOf(STATE_FILE), modeOf("/var/lib/condor-annex")], [0o600, 0o700]);
  const bytes = host.read(STATE_FILE);
  await writeState(host, STATE);
  assertEquals(host.read(STATE_FILE), bytes);
  assertEquals(host.notes, []);
});

Deno.test("readState() has nothing where there is no state", async () => {
  using host = new TestHost();
  assertEquals(await readState(host), undefined);
  assertEquals(host.notes, []);
});

Deno.test("readState() leaves aside what it cannot trust or understand, and says so", async () => {
  const text = JSON.stringify(STATE);
  const change = (values: Record<string, unknown>) => JSON.stringify({ ...STATE, ...values });
  const cases: Record<string, string> = {
    "half a file": text.slice(0, -10),
    "no object": "7",
    nothing: "null",
    empty: "",
    "another version": change({ version: 2 }),
    "a number for a name": change({ annexName: 7 }),
    "a text without end": change({ key: "k".repeat(5000) }),
    "no files": change({ files: undefined }),
    "files that are none": change({ files: ["/etc/condor/a"] }),
    "a file elsewhere": change({ files: [{ path: "/etc/passwd", sha256: sum("x") }] }),
    "a file above": change({
      files: [{ path: "/etc/condor/../passwd", sha256: sum("x") }],
    }),
    "the directory itself": change({ files: [{ path: "/etc/condor/", sha256: sum("x") }] }),
    "a wrong sum": change({ files: [{ path: TOKEN, sha256: "abc" }] }),
    "too many files": change({
      files: Array(10_001).fill({ path: TOKEN, sha256: sum("x") }),
    }),
    "no firewall": change({ firewall: null }),
    "an unknown firewall": change({ firewall: { ...STATE.firewall, backend: "pf" } }),
    "counters that do not count": change({ firewall: { ...STATE.firewall, counters: { a: "b" } } }),
  };
  for (const [title, content] of Object.entries(cases)) {
    using host = new TestHost({ files: { [STATE_FILE]: content } });
    assertEquals(await readState(host), undefined, title);
    assertStringIncludes(host.notes.join(), "event=state-ignored", title);
  }
  for (const mode of [0o620, 0o602]) {
    using host = new TestHost();
    host.write(STATE_FILE, text, mode);
    assertEquals(await readState(host), undefined);
    assertStringIncludes(host.notes.join(), "code=unsafe-file");
  }
  using host = new TestHost({ files: { "/elsewhere": text } });
  host.makeDir("/var/lib/condor-annex");
  Deno.symlinkSync(`${host.root}/elsewhere`, host.root + STATE_FILE);
  assertEquals(await readState(host), undefined);
});

Deno.test("readState() understands every state that can be written", async () => {
  using host = new TestHost();
  const text = fc.string({ maxLength: 50 });
  const arbitrary = fc.record({
    annexName: text,
    key: text,
    etag: text,
    counters: fc.dictionary(fc.string({ maxLength: 10 }), fc.nat()),
  });
  await fc.assert(
    fc.asyncProperty(arbitrary, async ({ counters, ...texts }) => {
      const firewall = { ...STATE.firewall, counters: { ...counters } };
      const state = { ...STATE, ...texts, firewall };
      await writeState(host, state);
      assertEquals(JSON.stringify(await readState(host)), JSON.stringify(reordered(state)));
    }),
    { numRuns: 50 },
  );
});

/** The fields in the order in which they are read. */
function reordered({ files, firewall, ...rest }: AnnexState) {
  return { ...rest, files, firewall };
}

Deno.test("readState() hands on nothing that is not a state's", async () => {
  const more = { ...STATE, SecretAccessKey: "no", files: [{ ...STATE.files[0], more: 1 }] };
  using host = new TestHost({ files: { [STATE_FILE]: JSON.stringify(more) } });
  assertEquals(await readState(host), { ...STATE, files: [STATE.files[0]!] });
});

Deno.test("isIntact() compares the content of all files", async () => {
  const cases: Record<string, (host: TestHost) => void> = {
    changed: (host) => host.write(TOKEN, "other"),
    longer: (host) => host.write(TOKEN, "token "),
    gone: (host) => Deno.removeSync(host.root + TOKEN),
    "a link to the same": (host) => {
      host.write("/elsewhere", "token");
      Deno.removeSync(host.root + TOKEN);
      Deno.symlinkSync(`${host.root}/elsewhere`, host.root + TOKEN);
    },
    "a directory": (host) => {
      Deno.removeSync(host.root + TOKEN);
      host.makeDir(TOKEN);
    },
    "no directory any more": (host) => {
      Deno.removeSync(`${host.root}/etc/condor/tokens.d`, { recursive: true });
      host.write("/etc/condor/tokens.d", "a file");
    },
  };
  using host = await configured();
  assert(await isIntact(host, STATE));
  for (const [title, spoil] of Object.entries(cases)) {
    using host = await configured();
    spoil(host);
    assertEquals(await isIntact(host, STATE), false, title);
  }
});

Deno.test("isIntact() is false after an installation that was not finished, or of nothing", async () => {
  using host = await configured();
  await writeJournal(host, STATE.files);
  assertEquals(await isIntact(host, STATE), false);
  await writeState(host, STATE);
  assertEquals(await readJournal(host), undefined);
  assert(await isIntact(host, STATE));
  assertEquals(await isIntact(host, { ...STATE, files: [] }), false);
  host.write("/var/lib/condor-annex/installing.json", "{");
  assertEquals(await isIntact(host, STATE), false);
});

Deno.test("forgetInstance() removes what another instance was given, changed or not", async () => {
  using host = await configured();
  const own = "/etc/condor/config.d/99local.config";
  const instance = "/etc/condor/config.d/49ec2-instance.config";
  const interrupted = "/etc/condor/tokens.d/half";
  const rebalance = "/etc/condor/config.d/49ec2-rebalance.config";
  const incoming = "/var/lib/condor-annex/incoming.tar.gz";
  const staged = "/etc/condor/.annex-staging-7/new/tokens.d/t";
  const others = [instance, interrupted, rebalance, incoming, staged];
  for (const path of [own, ...others]) host.write(path, "x");
  host.write(TOKEN, "changed");
  await writeJournal(host, [{ path: interrupted, sha256: sum("x") }]);
  await forgetInstance(host, STATE);
  const gone = [CONFIG, TOKEN, ...others, STATE_FILE];
  assertEquals(await Promise.all([own, ...gone].map((path) => isThere(host, path))), [
    true,
    ...gone.map(() => false),
  ]);
  assertEquals(await readState(host), undefined);
  await forgetInstance(host, STATE);
});

Deno.test("forgetInstance() removes the settings of the archive also where no list has them", async () => {
  using host = await configured();
  await forgetInstance(host, { ...STATE, files: [] });
  assertEquals([await isThere(host, CONFIG), await isThere(host, TOKEN)], [false, true]);
});

Deno.test("forgetInstance() removes links themselves, and no directories", async () => {
  using host = await configured();
  host.write("/elsewhere", "stays");
  Deno.removeSync(host.root + TOKEN);
  Deno.symlinkSync(`${host.root}/elsewhere`, host.root + TOKEN);
  Deno.removeSync(host.root + CONFIG);
  host.write(`${CONFIG}/inside`, "stays");
  await forgetInstance(host, STATE);
  assertEquals(host.read("/elsewhere"), "stays");
  assertEquals(host.read(`${CONFIG}/inside`), "stays");
  assertEquals(await isThere(host, TOKEN), false);
});

Deno.test("forgetInstance() that is stopped half-way is done again", async () => {
  using host = await configured();
  const remove = Deno.remove;
  let count = 0;
  Deno.remove = (path, options) =>
    ++count === 2 ? Promise.reject(new Error("killed")) : remove(path, options);
  try {
    await assertRejects(() => forgetInstance(host, STATE), Error, "killed");
  } finally {
    Deno.remove = remove;
  }
  const state = await readState(host);
  assertEquals(state, STATE);
  await forgetInstance(host, state!);
  assertEquals(await isThere(host, TOKEN), false);
});

Deno.test("writeState() keeps the old state where the new one cannot be written", async () => {
  using host = await configured();
  const rename = Deno.rename;
  Deno.rename = () => Promise.reject(new Error("disk full"));
  try {
    await assertRejects(() => writeState(host, { ...STATE, annexName: "b" }), Error, "disk full");
  } finally {
    Deno.rename = rename;
  }
  assertEquals(await readState(host), STATE);
  assertEquals([...Deno.readDirSync(`${host.root}/var/lib/condor-annex`)].length, 1);
});

Deno.test("writeState() refuses a directory that is not root's own", async () => {
  using host = new TestHost();
  host.makeDir("/elsewhere");
  Deno.symlinkSync(`${host.root}/elsewhere`, `${host.root}/var/lib/condor-annex`);
  const error = await assertRejects(() => writeState(host, STATE), AnnexError);
  assertEquals(error.code, "unsafe-path");
  assertEquals([...Deno.readDirSync(`${host.root}/elsewhere`)], []);
});
