/** First submissions: from condor_submit through the monitor into a job's sandbox, and to a server. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { authoritiesFile } from "../../scripts/pool/instance.ts";
import { JOB_USER } from "../../scripts/pool/root.ts";
import { available, makeCa, missing } from "../servers/ca.ts";
import { startFault } from "../servers/fault.ts";
import { assertNotLogged, AUDIENCE, CredmonScene, ISSUER, LOCAL_ISSUER } from "./credmon_scene.ts";
import { poolTest } from "./harness.ts";

/** Milliseconds that a first submission may take; condor_credd itself looks once a second. */
const FIRST = 1500;
const LATER = 500;

poolTest("a new user's first submission is quick, and the job has the token", async (pool) => {
  const scene = await CredmonScene.open(pool, LOCAL_ISSUER);
  const submit = async () => {
    const start = performance.now();
    const job = await pool.submit([
      "executable = /bin/sh",
      `arguments = "-c 'cp $_CONDOR_CREDS/scitokens.use got; ls -ld $_CONDOR_CREDS; ls -l $_CONDOR_CREDS'"`,
    ]);
    return { job, took: performance.now() - start };
  };
  const { job, took } = await submit();
  assert(took < FIRST, `the first submission took ${took.toFixed(0)} ms`);
  const later = await submit();
  assert(later.took < LATER, `the second submission took ${later.took.toFixed(0)} ms`);
  await job.finished();

  const use = await scene.use();
  assertEquals(await job.read("got"), use);
  assertMatch(
    await job.read("out"),
    /^drwxr-xr-x .*\n.*\n-rw------- 1 alice alice \d+ .*scitokens\.use\n$/,
  );
  assertMatch(use, /^\{"access_token": "[\w.-]+", "expires_in": 1200\}$/);
  const { sub, scope, ver, aud, exp, iat, nbf, ...more } = await scene.verify(use);
  assertEquals([sub, scope, ver, aud, more["iss"]], [
    JOB_USER,
    `read:/user/${JOB_USER} write:/user/${JOB_USER}`,
    "scitoken:2.0",
    [AUDIENCE],
    ISSUER,
  ]);
  assertEquals([exp! - iat!, nbf], [1200, iat]);
  assertEquals((await Deno.stat(scene.path(JOB_USER, "scitokens.use"))).mode! & 0o7777, 0o400);
  assertEquals((await job.ad().catch(() => ({})) as { HoldReason?: string }).HoldReason, undefined);
  await later.job.finished();
  await assertNotLogged(pool, JSON.parse(use).access_token as string);
});

poolTest("condor_credd and the monitor agree on what happened", async (pool) => {
  const scene = await CredmonScene.open(pool, LOCAL_ISSUER);
  const before = (await Deno.readTextFile(pool.path("log", "CredLog"))).length;
  const logged = (await scene.log()).length;
  const job = await pool.submit(["executable = /bin/true"]);
  await job.finished();
  const text = (await Deno.readTextFile(pool.path("log", "CredLog"))).slice(before);
  assertMatch(text, /found all requested OAUTH services\. returning empty URL/);
  assertNotMatch(text, /ERROR|[Ff]ailed/);
  const lines = (await scene.log()).slice(logged);
  assertMatch(lines, /LOCAL: Successfully renewed SciToken for user: alice/);
  assertNotMatch(lines, /WARNING|ERROR|[Ff]ailed/);
  for (const name of ["ShadowLog", "SchedLog"]) {
    assertNotMatch(
      await Deno.readTextFile(pool.path("log", name)),
      /credential.*(error|failed|not available)/i,
    );
  }
});

poolTest(
  "a job's download carries its token to a server that checks it",
  async (pool) => {
    const scene = await CredmonScene.open(pool, LOCAL_ISSUER);
    const ca = await makeCa();
    const authorities = authoritiesFile(pool.instance);
    const before = await Deno.readTextFile(authorities);
    const seen: string[] = [];
    await using server = await startFault({
      "/user/*": async (request) => {
        const token = /^Bearer (\S+)$/.exec(request.header("authorization") ?? "")?.[1] ?? "";
        const claims = await scene.verifyToken(token).catch(() => undefined);
        if (claims === undefined) return { status: 401 };
        seen.push(token);
        const isAllowed = `${claims["scope"]}`.split(" ").some((one) =>
          one === `read:${request.path.split("/").slice(0, 3).join("/")}`
        );
        return isAllowed ? { body: "of alice alone\n" } : { status: 403 };
      },
    }, { tls: ca.good });
    await Deno.writeTextFile(authorities, ca.ca);
    try {
      const lines = (path: string) => [
        "executable = /bin/cat",
        "arguments = data",
        `transfer_input_files = scitokens+${server.url(path)}`,
      ];
      const job = await pool.submit(lines("/user/alice/data"));
      await job.finished();
      assertEquals(await job.read("out"), "of alice alone\n");
      assertEquals(seen.length, 1);
      assertEquals(seen[0], JSON.parse(await scene.use()).access_token);
      // The server looks at what the token is for, too.
      const other = await pool.submit(lines("/user/bob/data"));
      assertMatch((await other.held()).details, /403/);
      await other.remove();
      await assertNotLogged(pool, seen[0]!);
    } finally {
      await Deno.writeTextFile(authorities, before);
    }
  },
  { missing: available ? "" : missing },
);

poolTest("a user's own request for a local token is answered as the manual says", async (pool) => {
  const scene = await CredmonScene.open(pool, LOCAL_ISSUER.slice(0, 4));
  const job = await pool.submit([
    "executable = /bin/sh",
    `arguments = "-c 'cat $_CONDOR_CREDS/scitokens.use'"`,
    "use_oauth_services = scitokens",
  ]);
  await job.finished();
  assertEquals(await job.read("out"), await scene.use());
});
