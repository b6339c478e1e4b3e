/** The map file as HTCondor's own schedd reads it, and as we do. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { PoolError } from "../../scripts/pool/command.ts";
import { checkpointPool, Scene } from "./checkpoint_scene.ts";
import { poolTest } from "./harness.ts";

const PLUGIN = "cleanup_locally_mounted_checkpoint,-prefix,\\0,-path,/srv";

/** A map file with all that its lines can be. */
const MAP = [
  "# method  prefix  plug-in",
  "",
  `* ckpt://example.vo/ ${PLUGIN}`,
  `  *\tckpt://tabs.vo/\t\t${PLUGIN} and more`,
  `* "ckpt://quoted.vo/with \\"quotes\\" and \\\\/" ${PLUGIN}`,
  `* "ckpt://quoted.vo/plain/" "${PLUGIN}"`,
  `* ckpt://long.vo/ ${PLUGIN}`,
  `* ckpt://long.vo/longer/ ${PLUGIN},-require-mount`,
  `* ckpt://dots.vo/a+b(c)/ ${PLUGIN}`,
  `* /ckpt:..regex.vo.*/ ${PLUGIN}`,
  `#* ckpt://comment.vo/ ${PLUGIN}`,
  `other ckpt://method.vo/ ${PLUGIN}`,
  "* ckpt://two.columns/",
];

/** Destinations, and whether the schedd knows how to clean them up. */
const DESTINATIONS: readonly (readonly [string, boolean])[] = [
  ["ckpt://example.vo/", true],
  ["ckpt://example.vo/x", true],
  ["ckpt://example.vo", false],
  ["ckpt://EXAMPLE.vo/x", false],
  ["ckpt://other.vo/x", false],
  ["ckpt://tabs.vo/x", true],
  ['ckpt://quoted.vo/with "quotes" and \\/x', true],
  ["ckpt://quoted.vo/plain/x", true],
  ["ckpt://quoted.vo/other/x", false],
  ["ckpt://long.vo/longer/x", true],
  ["ckpt://long.vo/longest", true],
  ["ckpt://dots.vo/a+b(c)/x", true],
  ["ckpt://dots.vo/aab(c)/x", false],
  ["ckpt://regex.vo/x", false],
  ["/ckpt:..regex.vo.*/x", true],
  ["ckpt://comment.vo/x", false],
  ["ckpt://method.vo/x", false],
  ["ckpt://two.columns/x", false],
];

poolTest("the schedd and condor_manifest know the same destinations", async (pool) => {
  const scene = await Scene.make(pool);
  await scene.map(...MAP);
  await pool.configure(
    checkpointPool("use policy:OnlyRegisteredCheckpointDestinations").config ?? [],
  );
  const seen = await Promise.all(DESTINATIONS.map(async ([url]) => {
    const { code, stdout } = await scene.manifest(["explain", url]);
    return [url, code === 0, await isAccepted(scene, url), stdout];
  }));
  for (const [n, [url, ours, theirs, stdout]] of seen.entries()) {
    const expected = DESTINATIONS[n]?.[1];
    assertEquals([ours, theirs], [expected, expected], `${url}\n${stdout}`);
  }
  const checked = await scene.manifest(["check-map"]);
  assertEquals(checked.code, 1);
  assertMatch(checked.stdout, /checkpoint-map:13: error: 2 of three columns/);
  const message = "does not know how to clean up.  You may need to add a trailing / to the URL.";
  await assertRejects(() => submit(scene, "ckpt://example.vo"), PoolError, message);
}, checkpointPool());

async function isAccepted(scene: Scene, destination: string): Promise<boolean> {
  try {
    const job = await submit(scene, destination);
    await job.remove();
    return true;
  } catch (error) {
    if (error instanceof PoolError && error.message.includes("does not know")) return false;
    throw error;
  }
}

function submit({ pool }: Scene, destination: string): ReturnType<typeof pool.submit> {
  return pool.submit([
    "hold = true",
    "checkpoint_exit_code = 85",
    `+CheckpointDestination = ${JSON.stringify(destination).replaceAll("\\\\", "\\")}`,
  ]);
}
