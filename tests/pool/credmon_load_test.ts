/** Many users at once, and many signals. */

import { assert, assertEquals } from "@std/assert";
import { CredmonScene, LOCAL_ISSUER } from "./credmon_scene.ts";
import { poolTest } from "./harness.ts";

/** Has condor_credd take the requests of users that this machine does not have. */
const FOR_OTHERS = "CRED_SUPER_USERS = root, condor";

const USERS = 500;
/** Seconds that each may wait. */
const LONGEST = 5;

poolTest(
  `${USERS} new users who submit at once have their tokens within ${LONGEST} s`,
  async (pool) => {
    const scene = await CredmonScene.open(pool, [...LOCAL_ISSUER, FOR_OTHERS]);
    const users = Array.from({ length: USERS }, (_, i) => `newcomer${i}`);
    // Whoever waits 20 s gives up, which would be an error here.
    await scene.askFor(users);
    // condor_credd takes one after the other, and this machine has other work to do: what counts is
    // the time between the request that it leaves and the token.
    const waits = await Promise.all(users.map(async (user) => {
      const [asked, given] = await Promise.all(
        ["top", "use"].map((one) => Deno.stat(scene.path(user, `scitokens.${one}`))),
      );
      return given!.mtime!.getTime() - asked!.mtime!.getTime();
    }));
    const longest = Math.max(...waits) / 1000;
    assert(longest < LONGEST, `one waited ${longest} s`);
    const subjects = await Promise.all(users.map(async (user) => {
      const { sub } = await scene.verify(await scene.use(user));
      return sub;
    }));
    assertEquals(subjects, users);
    await scene.forgetUsers();
  },
);

poolTest("200 signals are answered with at most 3 scans", async (pool) => {
  const scene = await CredmonScene.open(pool, [...LOCAL_ISSUER, FOR_OTHERS]);
  const pid = await scene.pid();
  await scene.askFor(["before"]);
  const scans = (text: string) => text.split("Sleeping for ").length - 1;
  const before = scans(await scene.log());
  for (let i = 0; i < 200; i++) Deno.kill(pid, "SIGHUP");
  // One more, by condor_credd: once it is answered the others are over.
  await scene.askFor(["after"]);
  const after = scans(await scene.log()) - before;
  assert(after >= 1 && after <= 4, `${after} scans`);
  assertEquals(await scene.pid(), pid);
});
