import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../core/errors.ts";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { addressOf, checkEndpoint } from "../../../core/checkpoint/stores/s3_address.ts";

/** Destination, configured region, then: what is asked, what precedes the key in paths, the key. */
const ADDRESSES: readonly (readonly [string, string | undefined, string, string, string])[] = [
  ["s3://bucket", undefined, "https://bucket.s3.amazonaws.com", "", ""],
  ["s3://bucket/a/b", undefined, "https://bucket.s3.amazonaws.com", "", "a/b"],
  ["S3://bucket/a", "eu-west-1", "https://bucket.s3.eu-west-1.amazonaws.com", "", "a"],
  ["s3://my_bucket/a", undefined, "https://s3.amazonaws.com", "/my_bucket", "a"],
  ["s3://MyBucket/a", undefined, "https://s3.amazonaws.com", "/MyBucket", "a"],
  ["s3://MyBucket/a", "eu-west-1", "https://s3.eu-west-1.amazonaws.com", "/MyBucket", "a"],
  [
    "s3://bucket.s3.us-west-2.amazonaws.com/a//b c?d#e%20",
    undefined,
    "https://bucket.s3.us-west-2.amazonaws.com",
    "",
    "a//b c?d#e%20",
  ],
  ["s3://bucket.s3.amazonaws.com/a", undefined, "https://bucket.s3.amazonaws.com", "", "a"],
  [
    "s3://bucket.s3.cn-north-1.amazonaws.com.cn/a",
    undefined,
    "https://bucket.s3.cn-north-1.amazonaws.com.cn",
    "",
    "a",
  ],
  [
    "s3://bucket.s3.dualstack.us-gov-west-1.amazonaws.com/a",
    undefined,
    "https://bucket.s3.us-gov-west-1.amazonaws.com",
    "",
    "a",
  ],
  [
    "s3://bucket.s3-accelerate.amazonaws.com/a",
    undefined,
    "https://bucket.s3.amazonaws.com",
    "",
    "a",
  ],
  // A certificate for *.s3.amazonaws.com covers no dots.
  ["s3://my.bucket.s3.amazonaws.com/a", undefined, "https://s3.amazonaws.com", "/my.bucket", "a"],
  [
    "s3://s3.us-west-2.amazonaws.com/bucket/a",
    undefined,
    "https://s3.us-west-2.amazonaws.com",
    "/bucket",
    "a",
  ],
  ["s3://minio.example:9000/b/k/l", undefined, "https://minio.example:9000", "/b", "k/l"],
  ["s3://minio.example/b", "x", "https://minio.example", "/b", ""],
  ["gs://bucket/a", undefined, "https://storage.googleapis.com", "/bucket", "a"],
  ["gs://my.bucket/a", "x", "https://storage.googleapis.com", "/my.bucket", "a"],
];

for (const [destination, region, origin, pathPrefix, key] of ADDRESSES) {
  const where = region === undefined ? "" : ` in ${region}`;
  Deno.test(`addressOf() finds "${destination}"${where}`, () => {
    const address = addressOf(destination, { pathStyle: false });
    assertEquals(
      [address.origin(region ?? address.region), address.pathPrefix, address.key],
      [origin, pathPrefix, key],
    );
  });
}

Deno.test("addressOf() knows who takes no lists of deletions", () => {
  const hasBulk = (destination: string) => addressOf(destination, { pathStyle: false }).hasBulk;
  assertEquals(
    ["s3://b", "gs://b", "s3://storage.googleapis.com/b", "s3://minio.example/b"].map(hasBulk),
    [true, false, false, true],
  );
});

Deno.test("addressOf() names the bucket in the path where it is told to", () => {
  const { origin, pathPrefix } = addressOf("s3://bucket/a", { pathStyle: true });
  assertEquals([origin("eu-west-1"), pathPrefix], [
    "https://s3.eu-west-1.amazonaws.com",
    "/bucket",
  ]);
});

Deno.test("addressOf() asks the endpoint it is told, for every form of a bucket", () => {
  const options = { pathStyle: false, endpoint: "http://127.0.0.1:9" };
  for (const start of ["s3://b", "gs://b", "s3://b.s3.amazonaws.com", "s3://minio.example/b"]) {
    const { origin, pathPrefix, key } = addressOf(`${start}/a`, options);
    assertEquals([origin("eu-west-1"), pathPrefix, key], ["http://127.0.0.1:9", "/b", "a"]);
  }
});

for (
  const destination of [
    "http://bucket/a",
    "s3:/bucket/a",
    "s3:///a",
    "s3://",
    "s3://buck et/a",
    "s3://user@host.example/b",
    "s3://host.example",
    "s3://host.example//key",
    "s3://host.example:port/b",
    "s3://..//",
    "s3://%41/a",
  ]
) {
  Deno.test(`addressOf() refuses "${destination}"`, () => {
    const error = assertThrows(
      () => addressOf(destination, { pathStyle: false }),
      CleanupFailure,
    );
    assertEquals(error.kind, "Usage");
  });
}

Deno.test("checkEndpoint() takes scheme, host and port, and nothing else", () => {
  assertEquals(checkEndpoint("http://127.0.0.1:9/"), "http://127.0.0.1:9");
  assertEquals(checkEndpoint("https://S3.example"), "https://s3.example");
  for (const wrong of ["s3.example", "ftp://h", "https://u:p@h", "https://h/path", "https://h?q"]) {
    assertThrows(() => checkEndpoint(wrong), UsageError, "-endpoint");
  }
});
