/** S3 as moto plays it, with the default role: signatures, session tokens and policies count. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { downloadArchive } from "../../../core/annex/archive/download.ts";
import { installArchive } from "../../../core/annex/archive/install.ts";
import type { DownloadPlan } from "../../../core/annex/contracts.ts";
import { AnnexError } from "../../../core/annex/errors.ts";
import { AwsSession } from "../../../core/aws/mod.ts";
import { HttpClient } from "../../../core/http/mod.ts";
import { type AnnexCloud, startCloud } from "../../pool/annex_cloud.ts";
import { missing } from "../../servers/moto.ts";
import { TestHost } from "../test_host.ts";

const MEMBERS = { "config.d/00ec2-dynamic.config": "X = 1\n", "tokens.d/t": "token\n" };

/** Fetches the annex's archive, or another object, with the role's credentials or others. */
async function fetching(
  cloud: AnnexCloud,
  change: Partial<DownloadPlan & { secretAccessKey: string; sessionToken: string }>,
  host: TestHost,
) {
  const { role, port, accountId } = cloud;
  const { secretAccessKey = role.secretAccessKey, sessionToken = role.token } = change;
  const credentials = { accessKeyId: role.accessKeyId, secretAccessKey, sessionToken };
  const http = new HttpClient({ env: () => undefined, userAgent: "test" });
  const session = new AwsSession(
    { get: () => Promise.resolve(credentials) },
    () => Date.now(),
  );
  try {
    return await downloadArchive(host, {
      bucket: "htcondor-annex-bucket",
      key: "config-my_annex.tar.gz",
      region: "us-east-1",
      dnsSuffix: "amazonaws.com",
      endpoint: `http://127.0.0.1:${port}`,
      expectedOwner: accountId,
      ...change,
    }, { http, session });
  } finally {
    http.close();
  }
}

Deno.test({
  name: `the archive is fetched with the default role, and nothing else is${
    missing && ` (ignored: ${missing})`
  }`,
  ignore: missing !== "",
  async fn(t) {
    await using cloud = await startCloud({ annexName: "my_annex", archive: MEMBERS });
    using host = new TestHost();
    let etag = "";
    await t.step("the archive", async () => {
      const done = await fetching(cloud, {}, host);
      assert(done.kind === "archive");
      etag = done.etag;
      assert(/^"[0-9a-f]{32}"$/.test(etag), etag);
      const { files } = await installArchive(host, done.path, []);
      assertEquals(files.length, 2);
      assertEquals(host.read("/etc/condor/tokens.d/t"), "token\n");
    });
    await t.step("only what is new", async () => {
      assertEquals(await fetching(cloud, { etag }, host), { kind: "not-modified" });
      await cloud.putArchive({ ...MEMBERS, "tokens.d/u": "another\n" });
      const done = await fetching(cloud, { etag }, host);
      assert(done.kind === "archive" && done.etag !== etag);
    });
    await t.step("refusals", async () => {
      const cases = [
        ["archive-absent", { key: "config-other.tar.gz" }],
        ["archive-absent", { key: "secrets.txt" }],
        ["archive-absent", { bucket: "somebody-elses" }],
        ["s3-refused", { secretAccessKey: "wrong" }],
        ["s3-refused", { sessionToken: "wrong" }],
      ] as const;
      for (const [code, change] of cases) {
        const error = await assertRejects(() => fetching(cloud, change, host), AnnexError);
        assertEquals([error.code, error.retryable], [code, true], JSON.stringify(change));
      }
    });
    await t.step("an archive whose lease is over", async () => {
      await cloud.putArchive(undefined);
      const error = await assertRejects(() => fetching(cloud, { etag }, host), AnnexError);
      assertEquals(error.code, "archive-absent");
    });
  },
});
