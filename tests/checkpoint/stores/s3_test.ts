import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UsageError } from "../../../core/errors.ts";
import { baseOf, parseBase } from "../../../core/checkpoint/location.ts";
import { s3BackEnd } from "../../../core/checkpoint/stores/s3.ts";
import { type Fault, startFault } from "../../servers/fault.ts";
import { assertFails, GONE, removeFrom } from "./contract.ts";
import { homeWithKeys, surroundings } from "./s3_buckets.ts";

const LOCATION = { destination: "s3://b/ck", gid: "ap_1.0_17" };
const BASE = baseOf(LOCATION, "0000");

/** Regions that requests were signed for. */
function regions({ requests }: Fault): (string | undefined)[] {
  return requests.map((request) =>
    /Credential=[^/]+\/\d+\/([^/]+)\/s3\//.exec(request.header("authorization") ?? "")?.[1]
  );
}

const AD = { AWSRegion: "eu-central-1" };
const REGIONS: readonly (readonly [string, string[], Record<string, string>, string, string])[] = [
  ["the map's", ["-region", "us-west-2"], AD, "s3://b", "us-west-2"],
  ["the destination's", [], AD, "s3://b.s3.ap-south-1.amazonaws.com", "ap-south-1"],
  ["the job's", [], AD, "s3://b", "eu-central-1"],
  ["the default without any", [], {}, "s3://b", "us-east-1"],
  ["the default for a strange one", [], { AWSRegion: "x.example/" }, "s3://b", "us-east-1"],
];
for (const [whose, args, ad, destination, expected] of REGIONS) {
  Deno.test(`cleanup_s3_checkpoint signs for a region: ${whose}`, async () => {
    await using service = await startFault({ "/*": { status: 204 } });
    await using home = await homeWithKeys();
    const context = surroundings({ ...home, ad });
    await using store = await s3BackEnd.open(["-endpoint", service.origin, ...args], context);
    const base = baseOf({ destination, gid: "ap_1.0_17" }, "0000");
    assertEquals(await removeFrom(store, base, { names: ["a"] }), [GONE]);
    assertEquals(regions(service), [expected]);
  });
}

Deno.test("cleanup_s3_checkpoint keeps to its prefix, up to a slash", async () => {
  await using service = await startFault({ "/*": { status: 204 } });
  await using home = await homeWithKeys();
  const open = (prefix: string) =>
    s3BackEnd.open(["-endpoint", service.origin, "-prefix", prefix], surroundings(home));
  for (const prefix of ["s3://b", "s3://b/", "s3://b/ck", "s3://b/ck/"]) {
    await using store = await open(prefix);
    assertEquals(await removeFrom(store, BASE, { names: ["a"] }), [GONE]);
    assertEquals(
      await removeFrom(store, parseBase(`s3://b/ck//ap_1.0_17/0000`), { names: ["a"] }),
      [
        GONE,
      ],
    );
  }
  const before = service.requests.length;
  for (const prefix of ["s3://a", "s3://b/c", "s3://b/ck/x", "gs://b"]) {
    await using store = await open(prefix);
    const failure = await assertFails(
      () => removeFrom(store, BASE, { names: ["a"] }),
      "Usage",
    );
    assertStringIncludes(failure.message, `it is not below "${prefix}"`);
  }
  assertEquals(service.requests.length, before);
});

Deno.test("cleanup_s3_checkpoint refuses wrong words before it looks for keys", async () => {
  for (
    const words of [
      ["-region", "us/west"],
      ["-endpoint", "https://s3.example/path"],
      ["-access-key-id-file", "/a"],
      ["-unknown"],
    ]
  ) {
    await assertRejects(() => s3BackEnd.open(words, surroundings()), UsageError);
  }
});

Deno.test("cleanup_s3_checkpoint cannot be opened without keys", async () => {
  await assertFails(() => s3BackEnd.open([], surroundings()), "Credentials");
});

Deno.test("cleanup_s3_checkpoint says what is wrong with a destination that is no bucket", async () => {
  await using home = await homeWithKeys();
  await using store = await s3BackEnd.open([], surroundings(home));
  const base = baseOf({ destination: "osdf://b/ck", gid: "ap_1.0_17" }, "0000");
  const failure = await assertFails(() => removeFrom(store, base, { names: ["a"] }), "Usage");
  assertEquals(failure.message, 'Cannot use "osdf://b/ck": not an s3:// or gs:// URL');
});
