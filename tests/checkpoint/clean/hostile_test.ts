import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import { shown } from "../../../core/checkpoint/name.ts";
import { makeWorkspace, type Workspace } from "./workspace.ts";

async function withWorkspace(test: (workspace: Workspace) => Promise<void>): Promise<void> {
  await using workspace = await makeWorkspace();
  await test(workspace);
}

const DAMAGED = /^MANIFEST damaged or cut short: '.*'\n$/;

Deno.test("deleteFilesStoredAt is done with a MANIFEST that a crash filled with zeros", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ status: 2, number: 1 });
    const manifest = await world.checkpoint(job, 0, ["a", "b", "c"]);
    await world.checkpoint(job, 1, ["kept"], { noManifest: true });
    const lines = (await Deno.readTextFile(manifest)).split("\n");
    await Deno.writeTextFile(manifest, `${lines[0]}\n${lines[1]}\n${"\0".repeat(3000)}`);
    const { code, stdout } = await world.start(job.args);
    assertEquals(code, 0);
    assertMatch(stdout, DAMAGED);
    assertEquals(await world.list(job.store), ["0001/kept"]);
    assertEquals(await exists(job.directory), false);
  }));

Deno.test("deleteFilesStoredAt is done with names that no file can have", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ status: 2, number: 0 });
    const long = "x".repeat(300);
    const names = [`d/${long}`, `${long}/y`, "zero\0inside"];
    await world.checkpoint(job, 0, ["a"], { noManifest: true });
    await world.checkpoint(job, 0, [...names, "a"], { notStored: true });
    const { code, stdout } = await world.start(job.args);
    assertEquals([code, stdout], [0, ""]);
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
  }));

Deno.test("shown() shows the beginning of a name as long as a damaged MANIFEST", () => {
  const name = new Uint8Array(2 ** 30);
  name.set(new TextEncoder().encode("a\n"));
  assertMatch(shown(name), /^"a\\n(\\u0000)+\.\.\."$/);
});

Deno.test("deleteFilesStoredAt logs that nothing at all was there of a checkpoint", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ number: 3 });
    await world.checkpoint(job, 0, ["a"]);
    await world.checkpoint(job, 1, ["a", "b"], { notStored: true });
    await world.checkpoint(job, 2, ["a"], { notStored: true, failed: true });
    // Half of it went with a run that was killed.
    await world.checkpoint(job, 3, ["b"], { noManifest: true });
    await world.checkpoint(job, 3, ["a", "b"], { notStored: true });
    const { code, stdout } = await world.start(job.args);
    assertEquals([code, stdout], [0, ""]);
    const log = await Deno.readTextFile(`${world.owner}/.cleanup.log`);
    const entries = log.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(
      entries.filter(({ event }) => event === "absent").map(({ base, files }) => [base, files]),
      [[`${job.location}/0001`, 2]],
    );
  }));

Deno.test("deleteFilesStoredAt keeps an empty MANIFEST while the store is not there", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    const manifest = await world.checkpoint(job, 0, []);
    await Deno.rename(`${world.path}/store`, `${world.path}/unmounted`);
    const { code, stdout } = await world.start(job.args);
    assertEquals(code, 1);
    assertStringIncludes(stdout, "No such file or directory");
    assertEquals(await exists(manifest), true);
  }));

Deno.test("deleteFilesStoredAt does not look for numbers without end", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ status: 2 });
    await world.checkpoint(job, 3, ["a"]);
    await world.checkpoint(job, 200_000, ["z"]);
    const high = `${2n ** 63n - 1n}`;
    const environment = { _CONDOR_CHECKPOINT_CLEANUP_MISSING_MANIFEST: "error" };
    const { code, stdout } = await world.start([...job.args.slice(0, 4), high], { environment });
    assertEquals(code, 1);
    const complaints = stdout.split("\n").filter((line) => !line.startsWith("No such file"));
    assertEquals([complaints.length, complaints.at(-2)], [
      10_002,
      `Gave up looking for the MANIFESTs up to number ${high}`,
    ]);
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
  }));
