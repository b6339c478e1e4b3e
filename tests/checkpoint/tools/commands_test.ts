import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { runCondorManifest } from "../../../core/checkpoint/tools/condor_manifest.ts";
import { CONDOR_MANIFEST, FUNCTIONS } from "../../../core/checkpoint/tools/program.ts";
import { CHECKPOINT_KNOBS } from "../../../core/checkpoint/knobs.ts";
import { defineKnobs } from "../../../core/config/mod.ts";
import { UsageError } from "../../../core/errors.ts";
import { makeWorkspace, type Workspace } from "../clean/workspace.ts";
import { fakeHost } from "./hosts.ts";

async function withWorkspace(test: (workspace: Workspace) => Promise<void>): Promise<void> {
  await using workspace = await makeWorkspace();
  await test(workspace);
}

const COMMANDS = CONDOR_MANIFEST.commands.map(({ name }) => name)
  .filter((name) => !FUNCTIONS.some((one) => one.name === name));

for (const name of COMMANDS) {
  Deno.test(`condor_manifest ${name} has help of its own`, async () => {
    for (const option of ["-help", "--help", "-h"]) {
      const { host, out } = fakeHost();
      assertEquals(await runCondorManifest([name, option], host), 0);
      assertStringIncludes(out.join("\n"), `Usage: condor_manifest ${name}`);
    }
  });
}

const WRONG: readonly (readonly [string, string])[] = [
  ["list", "condor_manifest list: 0 operands given, wanted 1 (see -help)"],
  ["verify -jobs 0 F", 'condor_manifest: option -jobs takes 1 to 256: "0" given'],
  ["verify -dir", 'condor_manifest verify: option "-dir" needs a value, DIR (see -help)'],
  ["plan", "condor_manifest plan: 0 operands given, wanted 1 (see -help)"],
  ["plan -dry-run D", 'condor_manifest plan: unknown option "-dry-run" (see -help)'],
  ["clean a b", "condor_manifest clean: 2 operands given, wanted 1 (see -help)"],
  ["clean -budget soon D", "condor_manifest: option -budget takes a time such as 90s, 10m"],
  ["sweep D", "condor_manifest sweep: 1 operands given, wanted 0 (see -help)"],
  ["sweep -jobs 257", 'condor_manifest: option -jobs takes 1 to 256: "257" given'],
  ["sweep -older-than -1", "condor_manifest: option -older-than takes a time"],
  ["sweep -json -json=x", 'condor_manifest sweep: option "-json" takes no value (see -help)'],
  ["status D", "condor_manifest status: 1 operands given, wanted 0 (see -help)"],
  ["explain", "condor_manifest explain: 0 operands given, wanted 1 (see -help)"],
  ["check-map a b", "condor_manifest check-map: 2 operands given, wanted 0 to 1 (see -help)"],
  ["print-file \x1b[2J", "condor_manifest print-file: no file is called"],
  ["-frobnicate", 'condor_manifest: unknown option "-frobnicate" (see -help)'],
];

for (const [line, text] of WRONG) {
  Deno.test(`condor_manifest ${JSON.stringify(line)} is refused in one line`, async () => {
    const { host, out, notes } = fakeHost();
    const error = await runCondorManifest(line.split(" "), host).catch((error) => error);
    assert(error instanceof UsageError, `${error}`);
    assertStringIncludes(error.message, text);
    assertEquals([out, notes], [[], []]);
  });
}

Deno.test("condor_manifest ends with one line and status 1 for what is wrong", () =>
  withWorkspace(async (world) => {
    for (const args of [["sweep", "-jobs", "x"], ["clean", join(world.path, "none")]]) {
      const { code, stdout, stderr } = await world.start(args);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^condor_manifest: [^\n]+\n$/);
    }
  }));

Deno.test("condor_manifest answers what it does not know as HTCondor's own does", async () => {
  for (
    const args of [[], ["-h"], ["--help"], ["frob"], ["FileFromLine"], ["FileFromLine", "a", "b"]]
  ) {
    const { host, out, notes } = fakeHost();
    assertEquals(await runCondorManifest(args, host), 1, args.join(" "));
    assertEquals(out, []);
    assertEquals(notes[0], "condor_manifest: [function] [argument]");
    assertEquals(notes.length, 8);
  }
});

Deno.test("condor_manifest's functions need no configuration, whatever it is", () =>
  withWorkspace(async (world) => {
    const environment = {
      CONDOR_CONFIG: "/nonexistent",
      _CONDOR_CHECKPOINT_CLEANUP_BUDGET: "nonsense",
      _CONDOR_CHECKPOINT_MANIFEST_STRICT: "nonsense",
    };
    const start = (...args: string[]) => world.start(args, { environment });
    assertEquals(await start("FileFromLine", "x *y"), { code: 0, stdout: "y\n", stderr: "" });
    assertEquals((await start("ChecksumFromLine", "x *y")).stdout, "x\n");
    const huge = "_condor_checkpoint_MANIFEST.99999999999";
    assertEquals((await start("getNumberFromFileName", huge)).stdout, "-1\n");
    const { code, stderr } = await start("status");
    assertEquals(code, 1);
    assertMatch(stderr, /^condor_manifest: [^\n]*\/nonexistent[^\n]*\n$/);
  }));

Deno.test("condor_manifest's functions are as strict as the environment says", () =>
  withWorkspace(async (world) => {
    const environment = { _CONDOR_CHECKPOINT_MANIFEST_STRICT: "true" };
    const args = ["getNumberFromFileName", "_condor_checkpoint_MANIFEST.99999999999"];
    assertEquals((await world.start(args, { environment })).stdout, "1215752191\n");
  }));

Deno.test("the table of knobs has names that HTCondor takes", () => {
  assertEquals(defineKnobs(CHECKPOINT_KNOBS), CHECKPOINT_KNOBS);
});

/** A value that no knob of a type takes. */
const BAD = { boolean: "perhaps", integer: "many", path: "relative/path" } as const;

Deno.test("condor_manifest does nothing while any knob has a value that it cannot have", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    await world.checkpoint(job, 0, ["a"]);
    const cases = Object.entries(CHECKPOINT_KNOBS).flatMap(([name, { type }]) =>
      type in BAD ? [[name, BAD[type as keyof typeof BAD]]] : []
    );
    cases.push(
      ["CHECKPOINT_CLEANUP_MISSING_MANIFEST", "perhaps"],
      ["CHECKPOINT_CLEANUP_PARALLELISM", "0"],
      ["CHECKPOINT_CLEANUP_TIMEOUT", "-1"],
      ["CHECKPOINT_CLEANUP_BUDGET", "99999999999"],
    );
    for (const [name, value] of cases) {
      const environment = { [`_CONDOR_${name}`]: value! };
      const { code, stdout, stderr } = await world.start(job.args, { environment });
      assertEquals([code, stdout], [1, ""], name);
      assertMatch(stderr, /^condor_manifest: [^\n]+\n$/);
      const origin = `environment variable _CONDOR_${name}: `;
      assertStringIncludes(stderr, `${origin}Cannot use ${name} = "${value}": not `);
    }
    assert(await exists(join(job.store, "0000/a")));
  }));

Deno.test("clean with CHECKPOINT_CLEANUP_DRY_RUN says what it would do, and changes nothing", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    await world.checkpoint(job, 0, ["a"]);
    const stale = join(job.directory, "._condor_checkpoint_MANIFEST.0000.12.tmp");
    await Deno.writeTextFile(stale, "");
    const environment = { _CONDOR_CHECKPOINT_CLEANUP_DRY_RUN: "true" };
    const { code, stdout } = await world.start(["clean", job.directory], { environment });
    assertEquals(code, 0);
    assertStringIncludes(stdout, "would delete 1 files");
    assert(await exists(join(job.store, "0000/a")));
    assert(await exists(stale));
  }));

Deno.test("plan and clean show nothing of an ad or a name that a terminal obeys", () =>
  withWorkspace(async (world) => {
    await world.program("fails", "#!/bin/sh\nprintf 'no\\033[2J\\n'; exit 1\n");
    await world.map(`* ${world.destination} fails`);
    const job = await world.job();
    const ad = join(job.directory, ".job.ad");
    const text = await Deno.readTextFile(ad);
    await Deno.writeTextFile(ad, text.replace(world.destination, `${world.destination}/\x1b[31m`));
    await world.checkpoint(job, 0, ["a\x1b]0;x\x07"], { notStored: true });
    for (const command of ["plan", "clean"]) {
      const { stdout, stderr } = await world.start([command, job.directory]);
      assertStringIncludes(stdout, "\\u001b[31m");
      assertMatch(stdout + stderr, /^(\n|[^\p{Cc}\p{Cf}])*$/u);
    }
    // What HTCondor's daemons start says what HTCondor's own would.
    const { stdout } = await world.start(job.args);
    assertStringIncludes(stdout, "no\x1b[2J");
  }));

Deno.test("the commands that look at the map print JSON", () =>
  withWorkspace(async (world) => {
    const explained = await world.start(["explain", "-json", `${world.destination}/x`]);
    assertEquals(explained.code, 0);
    const facts = JSON.parse(explained.stdout);
    assertEquals([facts.prefix, facts.line, facts.inProcess], [world.destination, 1, true]);
    const checked = await world.start(["check-map", "--json"]);
    assertEquals(Object.keys(JSON.parse(checked.stdout)).toSorted(), [
      "errors",
      "findings",
      "lines",
      "path",
      "warnings",
    ]);
  }));

Deno.test("list and verify work from the command line", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    const manifest = await world.checkpoint(job, 0, ["a", "\x9bb"]);
    const { code, stdout } = await world.start(["list", manifest]);
    assertEquals(code, 0);
    assertStringIncludes(stdout, "MANIFEST is whole: 2 files");
    assert(!stdout.includes("\x9b"), stdout);
    const records = JSON.parse((await world.start(["list", "-json", manifest])).stdout).records;
    assertEquals(records.map(({ name }: { name: string }) => name), ["a", "\x9bb"]);
    const verified = await world.start(["verify", "-keep-going", "-dir", job.store, manifest]);
    assertEquals(verified.code, 1);
  }));
