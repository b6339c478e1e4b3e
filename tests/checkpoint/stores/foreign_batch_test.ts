import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import fc from "fast-check";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { ended } from "../../posix/alive.ts";
import { FakeClock } from "../../transfer/fake_host.ts";
import { batchOf, never, Reports, Workshop } from "./foreign_plugins.ts";

/** Lets a plug-in remove some files by a list; the script's words are `-from BASE -delete-list`. */
async function remove(
  script: string,
  names: readonly (string | Uint8Array)[],
  options: Parameters<Workshop["open"]>[1] & Parameters<typeof batchOf>[1] = {},
) {
  await using shop = new Workshop();
  const plugin = shop.plugin(script);
  await using store = shop.open([plugin, "-x"], { batch: true, ...options });
  const reports = new Reports();
  await store.remove(batchOf(names, options), { signal: never(), done: reports.done });
  const rest = [...Deno.readDirSync(shop.path)].map(({ name }) => name).filter((name) =>
    name !== "plugin"
  );
  const list = reports.list.map((text) =>
    text.replaceAll(shop.path, "W").replaceAll(/W\/checkpoint-cleanup-\w+/g, "TEMP")
  );
  return { list, rest, calls: shop.read("calls") };
}

const CALL = "W/plugin -x -from x://a/b/gid/0000 -delete-list TEMP/names -jobad W/.job.ad";

Deno.test("remove() gives all names to one plug-in, in a list that others cannot read", async () => {
  const { list, rest, calls } = await remove(
    `printf '<%s>' "$@" | sed 's|/[^<>]*/||g' >> "$W/calls"
stat -c ' %a' "$5" >> "$W/calls"; stat -c %a "$(dirname "$5")" >> "$W/calls"
od -An -v -tx1 "$5" | tr -d ' \\n' >> "$W/calls"`,
    ["a", Uint8Array.of(0xff, 0x0a), "", "d/b c"],
    { ignoreMissing: true },
  );
  assertEquals(list, ["gone", "gone", "gone", "gone"]);
  assertEquals(
    calls,
    "<-x><-from><x:0000><-delete-list><names><-jobad><.job.ad><-ignore-missing-files> 600\n700\n" +
      new TextEncoder().encode("a\0").toHex() + "ff0a00" + "00" +
      new TextEncoder().encode("d/b c\0").toHex(),
  );
  assertEquals(rest, ["calls"]);
});

Deno.test("remove() reports the files that the plug-in names, and the others as gone", async () => {
  const { list } = await remove(
    `echo 'one moment'
echo '{"name":"b","error":"No key","status":5}'
echo '{"name_base64":"/w==","error":"Slow down","status":75,"retry_after":9}'
echo '{"name":"b","error":"again","status":2}'
echo warning >&2
exit 5`,
    ["a", "b", Uint8Array.of(0xff), "c", "b"],
  );
  assertEquals(list, [
    "gone",
    "Credentials: No key",
    "Transient: Slow down",
    "gone",
    "Credentials: No key",
  ]);
});

Deno.test("remove() believes answers of a plug-in that ends with 0", async () => {
  const { list } = await remove(`printf '{"name":"b","error":"x"}'`, ["a", "b"]);
  assertEquals(list, ["gone", "NotDeleted: x"]);
});

Deno.test("remove() takes nothing for gone when the plug-in fails without an answer", async () => {
  const cases: [script: string, kind: string, status: number, output: string][] = [
    ["echo usage; echo more >&2; exit 1", "NotDeleted", 256, "(Output: 'usage\nmore\n')\n"],
    ["exit 75", "Transient", 75 << 8, ""],
    ["kill -KILL $$", "NotDeleted", 9, ""],
  ];
  for (const [script, kind, status, output] of cases) {
    const message = `Failure running '${CALL}': exit code was ${status}, aborting.\n${output}`;
    assertEquals((await remove(script, ["a", "b"])).list, Array(2).fill(`${kind}: ${message}`));
  }
});

Deno.test("remove() takes nothing for gone when the plug-in breaks down after an answer", async () => {
  for (const [end, status] of [["exit 1", 256], ["kill -KILL $$", 9]] as const) {
    const script = `echo '{"name":"a","error":"x","status":2}'; ${end}`;
    assertEquals((await remove(script, ["a", "b"])).list, [
      "NotDeleted: x",
      `NotDeleted: Failure running '${CALL}': exit code was ${status}, aborting.\n`,
    ]);
  }
});

Deno.test("remove() takes nothing for gone when an answer names no file of the list", async () => {
  for (
    const answer of [
      `{"name":"A","error":"x"}`,
      `{"name_base64":"/w==","error":"x"}`,
      `{"name":"a\\ufffd","error":"x"}`,
      `{"error":"x"}`,
      `{"name":"a`,
    ]
  ) {
    const { list } = await remove(`echo '${answer}'`, ["a", "b"]);
    assertEquals(
      list,
      Array(2).fill(
        `NotDeleted: Cannot tell what '${CALL}' removed: ` +
          "it gave an answer for no file of its list\n",
      ),
      answer,
    );
  }
});

Deno.test("remove() survives hostile output", async () => {
  const before = Deno.memoryUsage().rss;
  const { list } = await remove(
    `head -c 100000000 /dev/zero; echo; printf '{'; head -c 100000000 /dev/zero; echo
echo '{"name":"a","error":"x","status":2}'; exit 2`,
    ["a", "b"],
  );
  assertEquals(list[0], "NotDeleted: x");
  assert(list[1]?.startsWith("NotDeleted: Cannot tell what "));
  assert(Deno.memoryUsage().rss - before < 100_000_000);
});

Deno.test("remove() answers for exactly the files a plug-in left", async () => {
  await using shop = new Workshop();
  // Removes what it finds below "there", says what it does not find, whatever the bytes.
  const plugin = shop.plugin("", "plugin");
  await Deno.writeTextFile(
    plugin,
    `#!/usr/bin/python3
import base64, json, sys
names = open(sys.argv[4], "rb").read().split(b"\\0")[:-1]
left = [name for name in names if name[0] % 3 == 0]
for name in left:
    answer = {"name_base64": base64.b64encode(name).decode(), "error": "left", "status": 2}
    print(json.dumps(answer))
sys.exit(2 if left else 0)
`,
  );
  await using store = shop.open([plugin], { batch: true });
  const name = fc.uint8Array({ min: 1, max: 255, minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(name, { minLength: 1 }), async (names) => {
      const reports = new Reports();
      await store.remove(batchOf(names), { signal: never(), done: reports.done });
      assertEquals(
        reports.list,
        names.map(([first]) => first! % 3 === 0 ? "NotDeleted: left" : "gone"),
      );
    }),
    { numRuns: 10 },
  );
});

Deno.test("remove() keeps names from the list that cannot stand there", async () => {
  const { list, calls } = await remove(`tr '\\0' '\\n' < "$5" > "$W/calls"`, [
    "a\0b",
    "c",
    "x".repeat(4096),
    "y".repeat(4095),
  ]);
  assertEquals(
    list[0],
    `NotDeleted: Cannot remove "a\\u0000b": no plug-in can be told of a zero byte`,
  );
  assertMatch(list[2]!, /^NotDeleted: Cannot remove "x+\.\.\.": .* a name of 4096 bytes$/);
  assertEquals([list[1], list[3]], ["gone", "gone"]);
  assertEquals(calls, `c\n${"y".repeat(4095)}\n`);
});

Deno.test("remove() starts no plug-in for an empty list", async () => {
  const { list, calls } = await remove(`echo >> "$W/calls"`, ["a\0"]);
  assertEquals([list.length, calls], [1, ""]);
  assertEquals((await remove(`echo >> "$W/calls"`, [])).calls, "");
});

Deno.test("remove() gives a plug-in one time-out for each hundred files", async () => {
  await using shop = new Workshop();
  const ready = await shop.fifo("ready");
  const plugin = shop.plugin(`
echo '{"name":"f0","error":"x","status":2}'; echo partial >&2
echo $$ > "$W/ready"; exec sleep 60`);
  const clock = new FakeClock();
  await using store = shop.open([plugin], { batch: true, timeout: 2, clock });
  const reports = new Reports();
  const names = Array.from({ length: 101 }, (_, i) => `f${i}`);
  const removal = store.remove(batchOf(names), { signal: never(), done: reports.done });
  await ready();
  await clock.advance(3999);
  assert(reports.failures.size <= 1);
  await clock.advance(1);
  await removal;
  const [first, ...rest] = reports.list;
  assertEquals(first, "NotDeleted: x");
  assertEquals(rest.length, 100);
  for (const text of rest) {
    assertMatch(
      text,
      /^Transient: Timed out after 4 seconds waiting for '.*', aborting\.\n\(Partial output: 'partial\n'\)\n$/,
    );
  }
  assertEquals([...Deno.readDirSync(shop.path)].filter(({ isDirectory }) => isDirectory), []);
});

Deno.test("remove() says nothing of a list whose plug-in it had to kill after the signal", async () => {
  await using shop = new Workshop();
  const ready = await shop.fifo("ready");
  const plugin = shop.plugin(`
echo '{"name":"b","error":"x","status":2}'
echo $$ > "$W/ready"; exec sleep 60`);
  const clock = new FakeClock();
  await using store = shop.open([plugin], { batch: true, clock });
  const reports = new Reports();
  const stop = new AbortController();
  const removal = store.remove(batchOf(["a", "b"]), { signal: stop.signal, done: reports.done });
  const pid = Number(await ready());
  stop.abort();
  await clock.advance(1000);
  await removal;
  await ended(pid);
  assertEquals([...reports.failures.keys()], [1]);
  await store.remove(batchOf(["c\0"]), { signal: stop.signal, done: reports.done });
  assertEquals(reports.failures.size, 1);
  assertEquals([...Deno.readDirSync(shop.path)].filter(({ isDirectory }) => isDirectory), []);
});

Deno.test("remove() throws when the plug-in for a list cannot be started, and leaves no list", async () => {
  await using shop = new Workshop();
  await using store = shop.open(["/nonexistent/plugin"], { batch: true });
  const failure = await assertRejects(
    () => store.remove(batchOf(["a"]), { signal: never(), done: () => {} }),
    CleanupFailure,
    "2 (No such file or directory), aborting.",
  );
  assertEquals(failure.kind, "StoreUnavailable");
  assertEquals([...Deno.readDirSync(shop.path)], []);
});
