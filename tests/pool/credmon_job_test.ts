/** Tokens while a job runs: renewed, withdrawn, and where the job's programs look for them. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { built } from "../build/built.ts";
import { CredmonScene, LOCAL_ISSUER } from "./credmon_scene.ts";
import { poolTest } from "./harness.ts";
import { EXECUTING } from "./user_log.ts";

/** Prints the time, the bare token and HTCondor's file whenever either changes, until there were two. */
const WATCH = `#!/bin/sh
n=0
while [ $n -lt 2 ]; do
  t=$(cat "$BEARER_TOKEN_FILE")
  if [ "$t" != "$last" ]; then
    last=$t n=$((n+1))
    echo "$(date +%s) $t"
    grep -qF "\\"$t\\"" "$_CONDOR_CREDS/scitokens.use" && echo same
  fi
  sleep 0.2
done
echo "$BEARER_TOKEN_FILE" "$@"
kill -TERM $$
`;

poolTest("a token is renewed in a running job before it expires", async (pool) => {
  const scene = await CredmonScene.open(pool, [
    ...LOCAL_ISSUER,
    "LOCAL_CREDMON_TOKEN_LIFETIME = 60",
    "SEC_CREDENTIAL_REFRESH = 1",
  ]);
  const job = await pool.submit([
    "executable = bearer_token_env",
    "transfer_executable = true",
    "arguments = \"-token scitokens ./watch.sh -x 'a b'\"",
    "transfer_input_files = watch.sh",
  ], {
    bearer_token_env: { copyOf: await built("bearer_token_env") },
    "watch.sh": WATCH,
  });
  await Deno.chmod(`${job.folder}/watch.sh`, 0o755);
  const end = await job.finished();
  // The helper is nowhere in the way of how a job ends.
  assertMatch(end.text, /Abnormal termination \(signal 15\)/);
  const lines = (await job.read("out")).trim().split("\n");
  assertEquals([lines[1], lines[3]], ["same", "same"]);
  assertMatch(lines[4]!, /\/\.condor_creds\/\.scitokens\.bt -x a b$/);
  assertEquals(await job.read("err"), "");
  const [first, second] = [lines[0]!, lines[2]!].map((line) => line.split(" "));
  const tokens = await Promise.all([first!, second!].map(([, token]) => scene.verifyToken(token!)));
  assert(tokens[0]!.jti !== tokens[1]!.jti);
  // There was a good one at any moment.
  assert(Number(second![0]) < tokens[0]!.exp!);
  assertEquals(tokens.map(({ exp, iat }) => exp! - iat!), [60, 60]);
});

poolTest(
  "USER_JOB_WRAPPER gives every job its bare token, and jobs without one nothing",
  async (pool) => {
    const wrapper = "USER_JOB_WRAPPER = $(LIBEXEC)/bearer_token_env";
    const scene = await CredmonScene.open(pool, [...LOCAL_ISSUER, wrapper]);
    const print = [
      "executable = /bin/sh",
      `arguments = "-c 'cat \${BEARER_TOKEN_FILE-/dev/null}; exit 7'"`,
    ];
    const job = await pool.submit(print);
    const end = await job.finished();
    assertMatch(end.text, /Normal termination \(return value 7\)/);
    assertEquals(await job.read("err"), "");
    await scene.verifyToken((await job.read("out")).trim());

    await scene.configure([wrapper]);
    const without = await pool.submit(print);
    assertMatch((await without.finished()).text, /Normal termination \(return value 7\)/);
    assertEquals([await without.read("out"), await without.read("err")], ["", ""]);
  },
);

poolTest("a job that USER_JOB_WRAPPER cannot start says why", async (pool) => {
  await CredmonScene.open(pool, ["USER_JOB_WRAPPER = $(LIBEXEC)/bearer_token_env"]);
  const job = await pool.submit([
    "executable = broken.sh",
    "transfer_executable = true",
  ], { "broken.sh": "#!/no/such/shell\n" });
  // The starter of 25.14 looks for the wrapper's file in another directory than it names, so that
  // the job ends and the file comes back with the output.
  assertMatch((await job.finished()).text, /Normal termination \(return value 127\)/);
  const reason = /Cannot start "[^"]*\/broken\.sh": No such file or directory\n$/;
  assertMatch(await job.read("err"), reason);
  assertMatch(await job.read(".job_wrapper_failure"), reason);
});

poolTest("a user who leaves the group keeps the job, and loses the token in it", async (pool) => {
  const map = pool.path("groups");
  await Deno.writeTextFile(map, "* alice physics,atlas\n");
  const scene = await CredmonScene.open(pool, [
    ...LOCAL_ISSUER,
    "LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE = $(ETC)/groups",
    "LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = atlas",
    "LOCAL_CREDMON_AUTHZ_GROUP_TEMPLATE = read:/groups/{groupname}",
    "SEC_CREDENTIAL_REFRESH = 1",
    "USER_JOB_WRAPPER = $(LIBEXEC)/bearer_token_env",
    "CRED_SUPER_USERS = root, condor",
  ]);
  const job = await pool.submit([
    "executable = /bin/sh",
    `arguments = "-c 'while [ -s $BEARER_TOKEN_FILE ]; do sleep 0.2; done; cat $_CONDOR_CREDS/scitokens.use'"`,
  ]);
  await job.logged(EXECUTING);
  const { scope } = await scene.verify(await scene.use());
  assertEquals(
    scope,
    "read:/user/alice write:/user/alice read:/groups/physics read:/groups/atlas",
  );
  await Deno.writeTextFile(map, "* alice physics\n");
  // Any user's request makes the monitor look.
  await scene.askFor(["somebody"]);
  assertMatch((await job.finished()).text, /Normal termination \(return value 0\)/);
  assertEquals(await job.read("out"), '{"access_token": "", "expires_in": 1200}');
  assertMatch(await scene.log(), /LOCAL: User alice is not in group "atlas", which is required/);
});
