/** Installations on a disk that is full sooner or later. */
import { assert, assertEquals } from "@std/assert";
import { installArchive } from "../../../core/annex/archive/install.ts";
import type { InstalledFile } from "../../../core/annex/contracts.ts";
import { AnnexError } from "../../../core/annex/errors.ts";
import type { AnnexHost } from "../../../core/annex/host.ts";
import { missing, mountFullDisk } from "../../servers/full_disk.ts";
import { TestClock } from "../test_host.ts";
import { type Entry, gzip, tar } from "./tar.ts";

const PAGE = 4096;

const archive = (word: string): readonly Entry[] => [
  { name: "config.d/00ec2-dynamic.config", content: `${word}\n`.repeat(500) },
  { name: "tokens.d/t", content: word },
  { name: "passwords.d/POOL", content: word },
  { name: `config.d/${word}`, content: word },
];

function hostOn(root: string): AnnexHost {
  return {
    root,
    boot: false,
    clock: new TestClock(),
    signal: new AbortController().signal,
    env: () => undefined,
    out: () => {},
    note: () => {},
    hide: () => {},
    run: () => Promise.reject(new Error("Cannot run programs here")),
    hasTool: () => Promise.resolve(false),
    readSystem: () => Promise.resolve(undefined),
    listSystem: () => Promise.resolve([]),
  };
}

/** Paths and contents of all files. */
function tree(dir: string): string[] {
  return Array.from(Deno.readDirSync(dir)).flatMap(({ name, isDirectory }) => {
    const here = `${dir}/${name}`;
    return isDirectory ? tree(here) : [`${here} ${Deno.readTextFileSync(here)}`];
  }).toSorted();
}

Deno.test({
  name: "installArchive() on a full disk installs all or nothing" +
    (missing && ` (ignored: no ${missing})`),
  ignore: missing !== "",
  async fn() {
    // The archives lie elsewhere: they came in before.
    const folder = await Deno.makeTempDir({ prefix: "pinion-annex-" });
    const install = async (host: AnnexHost, word: string, before: readonly InstalledFile[]) => {
      const path = `${folder}/incoming.tar.gz`;
      await Deno.writeFile(path, await gzip(tar(archive(word))));
      return (await installArchive(host, path, before)).files;
    };
    let [failures, successes] = [0, 0];
    try {
      for (let free = 0; free < 12; free++) {
        await using disk = await mountFullDisk({ size: 64 * PAGE });
        await Deno.chmod(disk.path, 0o755);
        const host = hostOn(disk.path);
        const files = await install(host, "old", []);
        const etc = `${disk.path}/etc/condor`;
        const before = tree(etc);
        await Deno.writeFile(
          `${disk.path}/filler`,
          new Uint8Array(Math.max(0, await disk.free() - free * PAGE)),
        );
        try {
          await install(host, "new", files);
          successes++;
          assert(tree(etc).every((line) => !line.includes("old")));
        } catch (error) {
          failures++;
          assert(error instanceof AnnexError, String(error));
          assertEquals([error.code, error.retryable], ["install-failed", true]);
          assertEquals(tree(etc), before);
          assertEquals([...Deno.readDirSync(etc)].length, 3);
          // With room again it is as if nothing had been.
          await Deno.remove(`${disk.path}/filler`);
          await install(host, "new", files);
          assert(tree(etc).every((line) => !line.includes("old")));
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    assert(failures > 2 && successes > 2, `${failures} failures, ${successes} successes`);
  },
});
