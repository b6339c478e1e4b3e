import { assert, assertEquals } from "@std/assert";
import { startFault } from "../servers/fault.ts";
import { Scratch } from "./run_files.ts";

/** What a `URL` would write in another way, and what it leaves alone. */
const TARGETS = [
  "/a'b?x='y'",
  '/p?x="y"<z>',
  "/a{b}|c?q={a}|b",
  "/%7e%2F%c3%A9?%7e=%2f+%20",
  "/a/./b/../c",
  "/a/%2e%2E/c?..",
  "//a//b",
  "/a?b?c&&=",
  "/a%zz%?%",
  "/x?sig=a%2Bb+c/d==&se=2020-01-01T00:00:00Z",
  "/x?",
  "/\\a\\..\\b",
];

/** Beyond ASCII every byte is encoded, and nothing else. */
const BEYOND: [written: string, sent: string][] = [
  ["/é", "/%C3%A9"],
  ["/é\\b\"'{}?x='ü'", "/%C3%A9\\b\"'{}?x='%C3%BC'"],
  ["/é/../c%zz", "/%C3%A9/../c%zz"],
];

for (const upload of [false, true]) {
  const what = upload ? "an upload" : "a download";
  Deno.test(`http asks for the target of ${what} as it was written`, async () => {
    await using server = await startFault({ "/*": { body: "x" } });
    using scratch = new Scratch();
    const targets = [...TARGETS.map((same) => [same, same] as const), ...BEYOND];
    targets.forEach((_, i) => scratch.write(`f${i}`, ""));
    const { status } = await scratch.run(targets.map(([url]) => server.url(url)), { upload });
    assertEquals(status, 0);
    const sent = targets.map(([, target]) => target);
    assertEquals(server.requests.map(({ target }) => target).sort(), sent.sort());
  });
}

Deno.test("http follows a redirect to a target as it was written", async () => {
  await using there = await startFault({ "/*": { body: "x" } });
  const routes = TARGETS.map((target, i) =>
    [`/${i}`, { status: 307, headers: { Location: there.url(target) } }] as const
  );
  await using here = await startFault(Object.fromEntries(routes));
  using scratch = new Scratch();
  const { status } = await scratch.run(TARGETS.map((_, i) => here.url(`/${i}`)));
  assertEquals(status, 0);
  assertEquals(there.requests.map(({ target }) => target).sort(), TARGETS.toSorted());
});

Deno.test("http never sends its credentials where another server chose to go", async () => {
  const far: string[] = [];
  await using there = await startFault({
    "/x": () => ({ status: 307, headers: { Location: far[0]! } }),
  });
  await using here = await startFault({
    "/f": { status: 307, headers: { Location: there.url("/x") } },
    "/other": { body: "x" },
  });
  far.push(here.url("/other"));
  using scratch = new Scratch();
  scratch.write("k.use", "TOKEN");
  const ad = 'PluginData = [ Headers = { "X-Mine: 1" } ]';
  const { status } = await scratch.run([{ url: `k+${here.url("/f")}`, ad }], {
    env: { _CONDOR_CREDS: scratch.directory },
  });
  assertEquals(status, 0);
  const sent = here.requests.map((request) => [
    request.header("authorization"),
    request.header("x-mine"),
  ]);
  assertEquals(sent, [["Bearer TOKEN", "1"], [undefined, undefined]]);
});

Deno.test("http sends the job's headers to no mirror on another server", async () => {
  await using mirror = await startFault({ "/x": { body: "x" } });
  await using server = await startFault({ "/f": { status: 404 }, "/x": { status: 404 } });
  using scratch = new Scratch();
  const mirrors = `"${server.url("/x")}", "${mirror.url("/x")}"`;
  const ad = `PluginData = [ Headers = { "Authorization: Bearer t" }; Mirrors = { ${mirrors} } ]`;
  assertEquals((await scratch.run([{ url: server.url("/f"), ad }])).status, 0);
  assertEquals(mirror.requests.map((request) => request.header("authorization")), [undefined]);
  assertEquals(server.requests.map((r) => r.header("authorization")), ["Bearer t", "Bearer t"]);
});

Deno.test("http takes no more than a word of a cache's name", async () => {
  await using server = await startFault({
    "/f": {
      headers: { "X-Cache": "H".repeat(60_000), "Via": `1.1 ${"v".repeat(60_000)}` },
      body: "x",
    },
  });
  using scratch = new Scratch();
  const { out } = await scratch.run([server.url("/f")]);
  assert(out.trimEnd().length < 1536);
});
