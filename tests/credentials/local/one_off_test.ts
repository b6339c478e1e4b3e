import { assert, assertEquals, assertRejects } from "@std/assert";
import { issueToken, preCreate } from "../../../core/credentials/local/one_off.ts";
import { GroupMapError } from "../../../core/credentials/local/group_map.ts";
import { TendFailure } from "../../../core/credentials/monitor.ts";
import { decodeToken, Desk, NOW, SAMPLE_CONFIG, tokenOf } from "./desk.ts";

const signal = new AbortController().signal;

Deno.test("issueToken() makes a token without touching the credential directory", async () => {
  using desk = Desk.make();
  const { providers } = await desk.open(SAMPLE_CONFIG);
  const issued = await issueToken(providers, { user: "alice", provider: "scitokens", now: NOW });
  const { claims } = decodeToken(tokenOf(issued.text));
  assertEquals([claims.sub, claims.iat], ["alice", NOW / 1000]);
  assertEquals(
    claims.scope,
    "read:/user/alice write:/user/alice read:/groups/projectB write:/groups/projectB",
  );
  assertEquals([issued.expires, issued.due], [NOW + 1_200_000, NOW + 600_000]);
  assert(issued.line.startsWith("Successfully renewed SciToken for user: alice (scitokens, jti "));
  assertEquals([...Deno.readDirSync(desk.at("creds"))], []);
});

Deno.test("issueToken() says why it makes none", async () => {
  using desk = Desk.make();
  const { providers } = await desk.open([
    ...SAMPLE_CONFIG,
    "LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE = @DIR@/none",
    "LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = g",
  ]);
  const table: readonly (readonly [string, string, number, string])[] = [
    ["alice", "tokb", NOW, "alice (tokb): no such local provider works"],
    [
      "../alice",
      "scitokens",
      NOW,
      '"../alice" (scitokens): "../alice" is no name that can be in a scope',
    ],
    ["a\nb", "scitokens", NOW, '"a\\x0ab" (scitokens): "a\\x0ab" is no name'],
    ["alice", "scitokens", NOW, 'alice (scitokens): membership of "g" is required: No such file'],
  ];
  for (const [user, provider, now, state] of table) {
    const notes: string[] = [];
    await assertRejects(
      () => issueToken(providers, { user, provider, now, note: (line) => notes.push(line) }),
      TendFailure,
      `Failed to renew SciToken for user: ${state}`,
    );
  }
});

Deno.test("issueToken() makes an empty token for whom it would be issued", async () => {
  using desk = Desk.make();
  const { providers } = await desk.open([
    ...SAMPLE_CONFIG,
    "LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = projectA",
  ]);
  const { text, expires } = await issueToken(providers, {
    user: "alice",
    provider: "scitokens",
    now: NOW,
  });
  assertEquals([tokenOf(text), expires], ["", undefined]);
});

Deno.test("preCreate() asks for the credentials of all users of a map, and the next scan makes them", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  desk.ask("bob", "scitokens", "bob@foo");
  desk.write("map", "* alice a\n* bob b\n* ../carol c\n* .dave d\n* e/f g\n* a=b c\n");
  const notes: string[] = [];
  const asked: string[] = [];
  const options = {
    names: ["scitokens"],
    asked: (line: string) => asked.push(line),
    note: (line: string) => notes.push(line),
    signal,
  };
  assertEquals(await preCreate(desk.store, desk.at("map"), options), {
    created: 2,
    present: 1,
    failed: 3,
  });
  assertEquals(notes.sort(), [
    'Cannot ask for "scitokens" of user "../carol": that is no name of a user',
    'Cannot ask for "scitokens" of user ".dave": that is no name of a user',
    'Cannot ask for "scitokens" of user "e/f": that is no name of a user',
  ]);
  const line = (user: string) =>
    `Asked for credential scitokens of user ${user} (${desk.at("map")})`;
  assertEquals(asked.sort(), [line("a=b"), line("alice")]);
  const users = [...Deno.readDirSync(desk.at("creds"))].map(({ name }) => name).sort();
  assertEquals(users, ["a=b", "alice", "bob"]);
  assertEquals(Deno.readTextFileSync(desk.at("creds/alice/scitokens.top")), "alice");
  assertEquals(Deno.readTextFileSync(desk.at("creds/bob/scitokens.top")), "bob@foo");
  assertEquals(Deno.statSync(desk.at("creds/alice/scitokens.top")).mode! & 0o777, 0o600);
  assertEquals(Deno.statSync(desk.at("creds/alice")).mode! & 0o777, 0o700);
  assertEquals((await desk.look(monitor, "alice", "scitokens")).kind, "renewed");
  // Once more: nothing changes.
  const again = await preCreate(desk.store, desk.at("map"), options);
  assertEquals([again.created, again.present], [0, 3]);
});

Deno.test("preCreate() of a map that cannot be read makes nothing; told to stop it stops", async () => {
  using desk = Desk.make();
  const options = { names: ["scitokens"], asked: () => {}, note: () => {}, signal };
  await assertRejects(() => preCreate(desk.store, desk.at("none"), options), GroupMapError);
  const reason = new Error("stop");
  await assertRejects(
    () =>
      preCreate(desk.store, desk.at("group_map"), {
        ...options,
        signal: AbortSignal.abort(reason),
      }),
    Error,
    "stop",
  );
  assertEquals([...Deno.readDirSync(desk.at("creds"))], []);
});
