/** Installations that are killed between any two changes of the file system. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { installArchive } from "../../../core/annex/archive/install.ts";
import type { AnnexState } from "../../../core/annex/contracts.ts";
import { isIntact, readState, writeState } from "../../../core/annex/state.ts";
import { TestHost } from "../test_host.ts";
import { type Entry, gzip, tar } from "./tar.ts";

const INCOMING = "/var/lib/condor-annex/incoming.tar.gz";
const MAIN = fromFileUrl(new URL("./killed_main.ts", import.meta.url));
/** More changes than an installation makes. */
const MOST = 400;
/** Processes at a time. */
const WORKERS = 2;

const OLD: readonly Entry[] = [
  { name: "config.d/00ec2-dynamic.config", content: "old settings\n" },
  { name: "config.d/only-old", content: "old\n" },
  { name: "tokens.d/t", mode: 0o644, content: "old token" },
];
const NEW: readonly Entry[] = [
  { name: "config.d/00ec2-dynamic.config", content: "new settings\n" },
  { name: "passwords.d/POOL", mode: 0o644, content: "new password" },
  { name: "tokens.d/t", mode: 0o644, content: "new token" },
];

const STATE: AnnexState = {
  version: 1,
  program: "0.1.0",
  instanceId: "i-0123456789abcdef0",
  annexName: "a",
  nameSource: "tag",
  bucket: "b",
  key: "k",
  etag: '"a"',
  sha256: "0".repeat(64),
  files: [],
  firewall: { backend: "off", verified: false, counters: {} },
  installedAt: "2026-11-01T00:00:00Z",
  startedAt: "2026-11-01T00:00:00Z",
};

/** Installs an archive to its end. */
async function install(host: TestHost, entries: readonly Entry[]): Promise<void> {
  const state = await readState(host) ?? STATE;
  host.write(INCOMING, await gzip(tar(entries)), 0o600);
  const { files } = await installArchive(host, host.root + INCOMING, state.files);
  await writeState(host, { ...state, files });
}

/** Paths, modes and contents; drafts that nobody will ever read are left out. */
function tree(host: TestHost, path = "/etc/condor"): string[] {
  return Array.from(Deno.readDirSync(host.root + path)).flatMap((entry) => {
    const here = `${path}/${entry.name}`;
    if (entry.name.endsWith(".tmp~")) return [];
    if (entry.isDirectory) return tree(host, here);
    const mode = (Deno.statSync(host.root + here).mode! & 0o7777).toString(8);
    return [`${here} ${mode} ${host.read(here).trim()}`];
  }).toSorted();
}

async function treeOf(entries: readonly Entry[]): Promise<string[]> {
  using host = new TestHost();
  await install(host, entries);
  return tree(host);
}

/** Trees of the two archives. */
interface Trees {
  readonly old: readonly string[];
  readonly fresh: readonly string[];
}

/** Kills an installation before a change; whether it was still at work then. */
async function killBefore(change: number, { old, fresh }: Trees): Promise<boolean> {
  using host = new TestHost();
  await install(host, OLD);
  host.write(INCOMING, await gzip(tar(NEW)), 0o600);
  const { signal, success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "-A",
      MAIN,
      host.root,
      host.root + INCOMING,
      `${change}`,
    ],
    stderr: "piped",
  }).output();
  assert(success || signal === "SIGKILL", new TextDecoder().decode(stderr));
  // Every file is whole, and either of the old archive or of the new one.
  const found = tree(host).filter((line) => !line.includes("/.annex-staging-"));
  const known = new Set([...old, ...fresh]);
  assertEquals(found.filter((line) => !known.has(line)), [], `change ${change}`);
  const state = await readState(host);
  assert(state !== undefined, `change ${change}`);
  if (await isIntact(host, state)) {
    assertEquals(found, state.etag === '"a"' ? old : fresh, `change ${change}`);
  }
  // The next boot puts everything right, whichever archive it finds.
  const [entries, expected] = change % 2 === 0 ? [NEW, fresh] : [OLD, old];
  await install(host, entries);
  assertEquals(tree(host), expected, `change ${change}`);
  assert(await isIntact(host, (await readState(host))!));
  return !success;
}

Deno.test("installArchive() that is killed at any moment leaves whole files, and can be run again", async () => {
  const trees = { old: await treeOf(OLD), fresh: await treeOf(NEW) };
  let [next, killed, isOver] = [1, 0, false];
  const work = async () => {
    while (!isOver && next < MOST) {
      if (await killBefore(next++, trees)) killed++;
      else isOver = true;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  assert(isOver && killed > 30, `${killed} times killed`);
});
