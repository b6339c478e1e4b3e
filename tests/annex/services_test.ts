import { assertEquals, assertThrows } from "@std/assert";
import { AnnexError } from "../../core/annex/errors.ts";
import { imdsEndpoint, openMetadata, openServices } from "../../core/annex/services.ts";
import { DEFAULT_SETTINGS } from "../../core/annex/settings.ts";
import { TestHost } from "./test_host.ts";

const FACTS = {
  instanceId: "i-0123456789abcdef0",
  publicIp: "",
  region: "us-east-1",
  accountId: "123456789012",
  partition: "aws",
  dnsSuffix: "amazonaws.com",
};
const metadata = { get: () => Promise.resolve(undefined) };

Deno.test("endpoints of tests count, but not at boot", () => {
  const env = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1/",
    AWS_ENDPOINT_URL: "http://127.0.0.1:2",
    AWS_ENDPOINT_URL_S3: "http://127.0.0.1:3",
  };
  for (
    const [boot, imds, s3] of [
      [false, "http://127.0.0.1:1", "http://127.0.0.1:3"],
      [true, undefined, undefined],
    ] as const
  ) {
    using host = new TestHost({ boot, env });
    using services = openServices(host, { facts: FACTS, metadata });
    assertEquals([imdsEndpoint(host), services.s3Endpoint], [imds, s3]);
  }
  using host = new TestHost({ env: { AWS_ENDPOINT_URL: "https://h.example" } });
  using services = openServices(host, { facts: FACTS, metadata });
  assertEquals(services.s3Endpoint, "https://h.example");
  using empty = new TestHost({ env: { AWS_ENDPOINT_URL: "" } });
  using usual = openServices(empty, { facts: FACTS, metadata });
  assertEquals(usual.s3Endpoint, undefined);
});

Deno.test("endpoints that are none are refused by name", () => {
  for (const url of ["ftp://h", "nonsense", "http://h/path", "http://h/?q", "file:///etc"]) {
    using host = new TestHost({
      env: { AWS_ENDPOINT_URL_IAM: url, AWS_EC2_METADATA_SERVICE_ENDPOINT: url },
    });
    const error = assertThrows(
      () => openServices(host, { facts: FACTS, metadata }),
      AnnexError,
      "AWS_ENDPOINT_URL_IAM",
    );
    assertEquals(error.code, "bad-endpoint");
    assertThrows(() => openMetadata(host, DEFAULT_SETTINGS), AnnexError, "METADATA");
  }
});
