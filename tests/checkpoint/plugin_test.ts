import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { CONDOR_Q } from "../../core/checkpoint/condor_q.ts";
import { parseDeleteAnswer, printDeleteList } from "../../core/checkpoint/delete_list.ts";
import { CleanupFailure, EXIT_STATUS } from "../../core/checkpoint/failure.ts";
import { cleanupPlugin, type PluginManners, runPlugin } from "../../core/checkpoint/plugin.ts";
import type { Store } from "../../core/checkpoint/store.ts";
import type { Permissions } from "../../core/cli/program.ts";
import { UsageError } from "../../core/errors.ts";
import { fakeBackEnd, FakePluginHost } from "./fake_plugin.ts";

const BASE = "x://h/ap.example.org_12.0_1795235583/0003";
const FROM = ["-from", BASE];
const ONE = ["-drive", "0", ...FROM, "-delete", "a", "-jobad", "/nonexistent/.job.ad"];

interface Options extends PluginManners {
  readonly remove?: Store["remove"];
  readonly permissions?: Permissions;
}

/** Starts the plug-in on a fake machine. */
function start(args: readonly string[], { remove, permissions, ...manners }: Options = {}) {
  const host = new FakePluginHost();
  const { backEnd, seen } = fakeBackEnd({
    ...(remove && { remove }),
    ...(permissions && { permissions }),
  });
  return { host, seen, status: runPlugin(backEnd, args, { ...manners, host }) };
}

const failing = (failure: CleanupFailure): Store["remove"] => (batch, { done }) => {
  for (let i = 0; i < batch.count; i++) done(i, failure);
  return Promise.resolve();
};

Deno.test("runPlugin() removes a file, closes the store, and is silent", async () => {
  const { host, seen, status } = start(ONE);
  assertEquals(await status, 0);
  assertEquals([host.out, host.err], ["", ""]);
  assertEquals(seen.bases, [BASE]);
  assertEquals(seen.names, ["a"]);
  assertEquals(seen.opened.map(({ args }) => args), [["-drive", "0"]]);
  assertEquals(seen.closed, 1);
  assertEquals(host.clock.pending, 0);
});

Deno.test("runPlugin() passes -ignore-missing-files on", async () => {
  const { seen, status } = start([...ONE, "-ignore-missing-files"]);
  assertEquals(await status, 0);
  assertEquals(seen.bases, [`${BASE} incomplete`]);
});

for (const [kind, status] of Object.entries(EXIT_STATUS)) {
  Deno.test(`runPlugin() ends with ${status} for ${kind}, of one file or of the store`, async () => {
    const failure = new CleanupFailure(kind as keyof typeof EXIT_STATUS, "Cannot remove it: no");
    const ways: Store["remove"][] = [failing(failure), () => Promise.reject(failure)];
    for (const remove of ways) {
      const run = start([...ONE, "-retries", "0"], { remove });
      assertEquals(await run.status, status);
      assertEquals(run.host.err, "cleanup_fake_checkpoint: Cannot remove it: no\n");
      assertEquals([run.host.out, run.seen.closed], ["", 1]);
    }
  });
}

const SECRET = "abcdefghijkl";

Deno.test("runPlugin() shows no secret that is in a message or a URL", async () => {
  const remove = failing(new CleanupFailure("NotDeleted", `No: Authorization: Bearer ${SECRET}`));
  const secretBase = `https://user:${SECRET}@h/gid/0003`;
  for (
    const [args, status] of [
      [ONE, 2],
      [[...ONE, "-verbose"], 2],
      [ONE.with(3, `https://user:${SECRET}@h/gid/x`), 3],
      [[...ONE.with(3, secretBase), "-dry-run"], 75],
    ] as const
  ) {
    const run = start(args, { remove });
    assertEquals(await run.status, status);
    assert(!(run.host.err + run.host.out).includes(SECRET), run.host.err + run.host.out);
  }
  await withList(NAMES, async (args) => {
    const run = start(args, { remove });
    assertEquals(await run.status, 2);
    assertEquals(answers(run.host.out).length, 3);
    assert(!run.host.out.includes(SECRET));
  });
});

Deno.test("runPlugin() says in one line what a store says in several", async () => {
  const run = start(ONE, { remove: failing(new CleanupFailure("NotDeleted", "No,\n  never\r\n")) });
  assertEquals(await run.status, 2);
  assertMatch(run.host.err, /^cleanup_fake_checkpoint: No, +never *\n$/);
});

for (
  const from of ["x://h/gid/outside", "x://h/../0003", "gid/0003", "", "x://h/gid/0003/..", "0003"]
) {
  Deno.test(`runPlugin() refuses -from ${JSON.stringify(from)} before it opens anything`, async () => {
    const { host, seen, status } = start([...ONE.with(3, from)]);
    assertEquals(await status, 3);
    assertMatch(host.err, /^cleanup_fake_checkpoint: [^\n]+\n$/);
    assertEquals(seen.opened, []);
  });
}

Deno.test("runPlugin() throws what is wrong with the arguments", async () => {
  for (const args of [[], ["-no-such"], ONE.slice(2), ONE.toSpliced(4, 2), [...ONE, "x"]]) {
    await assertRejects(() => start(args).status, UsageError);
  }
});

Deno.test("runPlugin() throws what is no failure of a clean-up", async () => {
  const { status, seen } = start(ONE, { remove: () => Promise.reject(new RangeError("bug")) });
  await assertRejects(() => status, RangeError, "bug");
  assertEquals(seen.closed, 1);
});

Deno.test("runPlugin() prints help with the common options and all exit statuses", async () => {
  const { host, seen, status } = start(["-help"]);
  assertEquals(await status, 0);
  for (
    const word of ["-drive DRIVE", "-from BASE", "-delete, -file NAME", "-retries N", "  75  "]
  ) {
    assertStringIncludes(host.out, word);
  }
  assertEquals(seen.opened, []);
});

Deno.test("runPlugin() tries again what is transient, and gives up after its time", async () => {
  const busy = new CleanupFailure("Transient", "Busy");
  let attempts = 0;
  const remove: Store["remove"] = (_, { done }) => {
    done(0, ++attempts < 3 ? busy : undefined);
    return Promise.resolve();
  };
  const run = start(ONE, { remove });
  for (let i = 0; i < 5; i++) await run.host.clock.advance(1000);
  assertEquals(await run.status, 0);
  assertEquals(attempts, 3);

  attempts = -1000;
  const long = start([...ONE, "-retries", "99", "-timeout", "5"], { remove });
  for (let i = 0; i < 7; i++) await long.host.clock.advance(1000);
  assertEquals(await long.status, 75);
  assertEquals(long.host.err, "cleanup_fake_checkpoint: Busy\n");
});

Deno.test("runPlugin() ends in time though the store does not", async () => {
  const remove: Store["remove"] = () => new Promise(() => {});
  const run = start(ONE, { remove });
  await run.host.clock.advance(17_000);
  assertEquals(run.host.err, "");
  await run.host.clock.advance(2000);
  assertEquals(await run.status, 75);
  assertEquals(run.host.err, 'cleanup_fake_checkpoint: Cannot remove "a": no answer within 18 s\n');
});

Deno.test("runPlugin() tells the store that its time is over, and hears it out", async () => {
  const remove: Store["remove"] = (_, { signal, done }) =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        done(0, new CleanupFailure("NotDeleted", "Cannot go on: told to stop"));
        resolve();
      });
    });
  const run = start([...ONE, "-timeout", "2"], { remove });
  await run.host.clock.advance(2000);
  assertEquals(await run.status, 2);
  assertStringIncludes(run.host.err, "told to stop");
});

Deno.test("runPlugin() removes nothing in a dry run, and does not say that it did", async () => {
  const { host, seen, status } = start([...ONE, "-dry-run"]);
  assertEquals(await status, 75);
  assertEquals(host.out, `Would remove "a" of "${BASE}"\n`);
  assertEquals([seen.names, seen.opened.length, seen.closed], [[], 1, 1]);
  const unsafe = start([...ONE.with(5, "../b"), "-dry-run"]);
  assertEquals(await unsafe.status, 3);
  assertEquals(unsafe.host.out, "");
});

Deno.test("runPlugin() says what it does when asked to", async () => {
  const { host, status } = start([...ONE, "-verbose"]);
  assertEquals(await status, 0);
  assertStringIncludes(host.err, `cleanup_fake_checkpoint: "a" is gone\n`);
});

/** Gives a list file with these names. */
async function withList(
  names: readonly Uint8Array[],
  test: (args: readonly string[]) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "pinion-list-" });
  try {
    await Deno.writeFile(path, printDeleteList(names));
    await test(["-drive", "0", ...FROM, "-delete-list", path, "-jobad"]);
  } finally {
    await Deno.remove(path);
  }
}

const NAMES = ["a", "b", "c"].map((name) => new TextEncoder().encode(name));

Deno.test("runPlugin() removes the files of a list, and answers for those that remain", async () => {
  await withList([...NAMES, Uint8Array.of(0xff)], async (args) => {
    const { host, status } = start(["-retries=0", ...args], {
      remove: (_, { done }) => {
        done(2);
        done(0, new CleanupFailure("Transient", "Busy", { retryAfter: 9 }));
        done(3, new CleanupFailure("NotDeleted", "No"));
        return Promise.resolve();
      },
    });
    assertEquals(await status, 2);
    assertEquals(host.err, "");
    assertEquals(answers(host.out), ["a Transient", "b Transient", "\ufffd NotDeleted"]);
    assertStringIncludes(host.out, '"retry_after":9');
  });
});

Deno.test("runPlugin() says nothing of single files where the store is at fault", async () => {
  await withList(NAMES, async (args) => {
    const { host, status } = start(args, {
      remove: () => Promise.reject(new CleanupFailure("StoreUnavailable", "Not mounted")),
    });
    assertEquals(await status, 4);
    assertEquals([host.out, host.err], ["", "cleanup_fake_checkpoint: Not mounted\n"]);
  });
});

Deno.test("runPlugin() answers for files that a fault of the store left", async () => {
  await withList(NAMES, async (args) => {
    const { host, status } = start(args, {
      remove: (_, { done }) => {
        done(0);
        return Promise.reject(new CleanupFailure("Credentials", "Expired"));
      },
    });
    assertEquals(await status, 5);
    assertEquals(answers(host.out), ["b Credentials", "c Credentials"]);
  });
});

Deno.test("runPlugin() cannot do without its list", async () => {
  const { host, status } = start([
    ...ONE.slice(0, 4),
    "-delete-list",
    "/nonexistent/list",
    "-jobad",
  ]);
  assertEquals(await status, 1);
  assertStringIncludes(host.err, '"/nonexistent/list"');
});

Deno.test("the store is told of its surroundings as far as its permissions reach", async () => {
  const none = start(ONE);
  assertEquals(await none.status, 0);
  const context = none.seen.opened[0]!.context;
  assertEquals(context.env("X"), undefined);
  assertEquals(context.user, { name: "alice", home: "/from/passwd" });
  assertEquals(await context.jobAd(), undefined);
  assertEquals(none.host.asked, []);

  const all = start(ONE, { permissions: { env: true, ffi: true, run: ["ssh", CONDOR_Q] } });
  assertEquals(await all.status, 0);
  const wide = all.seen.opened[0]!.context;
  assertEquals(wide.env("X"), "value of X");
  assertEquals(wide.user, { name: "alice", home: "/from/library" });
  assertEquals(all.host.asked, [], "the queue is not asked unless the ad is wanted");
  await wide.jobAd();
  assertEquals((await wide.jobAd())?.get("Owner") !== undefined, true);
  assertEquals(all.host.asked, ["12.0"]);
});

Deno.test("the job's ad is read from a file or from its directory, and has to be the job's", async () => {
  const directory = await Deno.makeTempDir({ prefix: "pinion-jobad-" });
  try {
    const path = join(directory, ".job.ad");
    for (const jobAd of [path, directory]) {
      await Deno.writeTextFile(
        path,
        'Owner = "bob"\nglobaljobid = "ap.example.org#12.0#1795235583"\n',
      );
      const args = ONE.with(7, jobAd);
      const right = start(args, { permissions: { run: true } });
      assertEquals(await right.status, 0);
      const ad = await right.seen.opened[0]!.context.jobAd();
      assertEquals(ad?.get("Owner")?.kind, "literal");
      assertEquals(right.host.asked, []);

      await Deno.writeTextFile(path, 'GlobalJobId = "ap.example.org#13.0#1795235583"\n');
      const wrong = start(args);
      assertEquals(await wrong.status, 3);
      assertEquals(wrong.seen.opened, []);
      assertStringIncludes(wrong.host.err, "ap.example.org_13.0_1795235583");
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("cleanupPlugin() adds what the frame itself needs to the permissions", () => {
  const { backEnd } = fakeBackEnd({ permissions: { net: true, sys: ["hostname"] } });
  assertEquals(cleanupPlugin(backEnd).permissions, {
    net: true,
    read: true,
    sys: ["hostname", "uid"],
  });
});

function answers(out: string): string[] {
  return out.trimEnd().split("\n").map((line) => {
    const answer = parseDeleteAnswer(line);
    assert(answer, line);
    return `${new TextDecoder().decode(answer.name)} ${answer.failure.kind}`;
  });
}
