import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { HELD, parseUserLog, TERMINATED, untilLogged } from "./user_log.ts";

const SUBMITTED =
  "000 (007.000.000) 2026-11-21 06:09:56 Job submitted from host: <127.0.0.1>\n...\n";
const ENDED = "005 (007.000.000) 2026-11-21 06:09:59 Job terminated.\n\t(1) Normal\n...\n";

Deno.test("parseUserLog() reads whole events and leaves a half-written one", () => {
  const events = parseUserLog(`${SUBMITTED}${ENDED}012 (007.000.000) 2026-11-21 06:10`);
  assertEquals(events.map(({ code, proc }) => [code, proc]), [[0, 0], [TERMINATED, 0]]);
  assertEquals(events[1]?.text, ENDED.slice(0, -"\n...\n".length));
  assertEquals(parseUserLog(""), []);
});

/** Runs a test with the path of a log that holds one event. */
async function withLog(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "job.log");
  await Deno.writeTextFile(path, SUBMITTED);
  await test(path).finally(() => Deno.remove(folder, { recursive: true }));
}

Deno.test("untilLogged() returns when the event is written", () =>
  withLog(async (path) => {
    const found = untilLogged(path, (events) => events.find(({ code }) => code === TERMINATED), 30);
    await Deno.writeTextFile(path, ENDED, { append: true });
    assertEquals((await found).code, TERMINATED);
  }));

Deno.test("untilLogged() gives up with the log it has", () =>
  withLog(async (path) => {
    const find = untilLogged(path, (events) => events.find(({ code }) => code === HELD), 0);
    await assertRejects(() => find, Error, "Job submitted");
  }));
