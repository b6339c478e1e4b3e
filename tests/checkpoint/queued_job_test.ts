import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { queuedJob } from "../../core/checkpoint/queued_job.ts";

/** Runs a test with a script in place of `condor_q`. */
async function withQueue(script: string, test: (program: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-queue-" });
  try {
    const program = join(folder, "condor_q");
    await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await test(program);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("queuedJob() reads what condor_q -long prints", async () => {
  await withQueue(`echo "Owner = \\"$1 $2\\""; echo 'Bad = ('`, async (program) => {
    const ad = await queuedJob("12.0", program);
    const owner = ad?.get("Owner");
    assertEquals(owner?.kind === "literal" && owner.value, "-long 12.0");
    assertEquals(ad?.get("Bad"), undefined);
  });
});

for (const [what, script] of [["no such job", "exit 0"], ["a failure", "echo 'A = 1'; exit 1"]]) {
  Deno.test(`queuedJob() has no ad after ${what}`, async () => {
    await withQueue(script!, async (program) => {
      assertEquals(await queuedJob("12.0", program), undefined);
    });
  });
}

Deno.test("queuedJob() has no ad where there is no condor_q", async () => {
  assertEquals(await queuedJob("12.0", "/nonexistent/condor_q"), undefined);
});
