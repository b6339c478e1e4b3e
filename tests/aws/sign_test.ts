import { assertEquals } from "@std/assert";
import { signRequest } from "../../core/aws/sign.ts";

/** The example credentials of AWS's documentation. */
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const FORM = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
const iam = {
  service: "iam",
  region: "us-east-1",
  credentials,
  time: Date.UTC(2015, 7, 30, 12, 36),
};
const origin = "https://iam.amazonaws.com";

function signatureOf(headers: Headers): string | undefined {
  return /Signature=(\w+)$/.exec(headers.get("authorization") ?? "")?.[1];
}

Deno.test("signRequest() gives the signature of AWS's documentation (AWS General Reference)", async () => {
  const query = { Version: "2010-05-08", Action: "ListUsers" };
  const request = { method: "GET", origin, path: "/", query, headers: FORM };
  const { headers, target, url } = await signRequest(request, iam);
  assertEquals(target, "/?Action=ListUsers&Version=2010-05-08");
  assertEquals(url.href, "https://iam.amazonaws.com/");
  assertEquals(
    headers.get("authorization"),
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, " +
      "SignedHeaders=content-type;host;x-amz-date, " +
      "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  );
});

Deno.test("signRequest() signs bodies and session tokens", async () => {
  const text = "Action=GetInstanceProfile&Version=2010-05-08&InstanceProfileName=annexprofile";
  const { headers } = await signRequest({
    method: "POST",
    origin,
    path: "/",
    headers: FORM,
    body: new TextEncoder().encode(text),
  }, {
    ...iam,
    credentials: { ...credentials, sessionToken: "IQoJb3JpZ2luEXAMPLE//////////token==" },
  });
  assertEquals(
    signatureOf(headers),
    "ba17e5a92bfeeb140714f2e243f7c0344b835596fd8b5e9278163c291bf8829f",
  );
  assertEquals(headers.get("x-amz-security-token"), "IQoJb3JpZ2luEXAMPLE//////////token==");
});

/** "Examples: Signature Calculations in AWS Signature Version 4", Amazon S3 API Reference. */
const s3 = {
  service: "s3",
  region: "us-east-1",
  credentials: {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  },
  time: Date.UTC(2013, 4, 24),
};
const bucket = "https://examplebucket.s3.amazonaws.com";

Deno.test("signRequest() gives the signatures of S3's documentation", async () => {
  const get = { method: "GET", origin: bucket };
  const object = await signRequest(
    { ...get, path: "/test.txt", headers: { range: "bytes=0-9" } },
    s3,
  );
  assertEquals(
    signatureOf(object.headers),
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  );
  const put = await signRequest({
    method: "PUT",
    origin: bucket,
    path: "/test%24file.text",
    headers: {
      date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
    },
    body: new TextEncoder().encode("Welcome to Amazon S3."),
  }, s3);
  assertEquals(
    signatureOf(put.headers),
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  );
  const list = await signRequest(
    { ...get, path: "/", query: { prefix: "J", "max-keys": "2" } },
    s3,
  );
  assertEquals(list.target, "/?max-keys=2&prefix=J");
  assertEquals(
    signatureOf(list.headers),
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  );
  const lifecycle = await signRequest({ ...get, path: "/", query: { lifecycle: "" } }, s3);
  assertEquals(
    signatureOf(lifecycle.headers),
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  );
});

Deno.test("signRequest() sends the path as it is, and signs another for another", async () => {
  const seen = new Set<string>();
  for (
    const path of ["/a/b", "/a//b", "/a/./b", "/a/c/../b", "/a%2Fb", "/a%FFb", "/a%2Bb", "/a+b"]
  ) {
    const { target, headers } = await signRequest({ method: "DELETE", origin: bucket, path }, s3);
    assertEquals(target, path);
    seen.add(signatureOf(headers)!);
  }
  assertEquals(seen.size, 8);
});

Deno.test("signRequest() keeps derived keys where it is told, without changing signatures", async () => {
  const cache = new Map<string, ArrayBuffer>();
  const request = { method: "GET", origin: bucket, path: "/x" };
  const [plain, first, second] = [
    await signRequest(request, s3),
    await signRequest(request, { ...s3, cache }),
    await signRequest(request, { ...s3, cache }),
  ];
  assertEquals(signatureOf(first.headers), signatureOf(plain.headers));
  assertEquals(signatureOf(second.headers), signatureOf(plain.headers));
  assertEquals(cache.size, 1);
});
