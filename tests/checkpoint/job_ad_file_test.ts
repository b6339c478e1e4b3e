import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { CleanupFailure } from "../../core/checkpoint/failure.ts";
import { checkJob, JobAdFile, jobOf } from "../../core/checkpoint/job_ad_file.ts";
import { parseBase } from "../../core/checkpoint/location.ts";

/** Gives a directory with these files. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  test: (folder: string) => Promise<void> | void,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-jobad-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("JobAdFile reads a file, or .job.ad of a directory", async () => {
  await withFiles({ ".job.ad": "ClusterId = 1\nBad = (\nProcId = 2\n" }, async (folder) => {
    for (const path of [folder, `${folder}/`, join(folder, ".job.ad")]) {
      assertEquals((await new JobAdFile(path).parse())?.size, 2);
    }
  });
});

Deno.test("JobAdFile has nothing where there is no ad", async () => {
  await withFiles({ "x": "" }, async (folder) => {
    for (const path of ["", folder, join(folder, "no"), join(folder, "x", "y"), "/dev/null"]) {
      const file = new JobAdFile(path);
      assertEquals([file.text, file.gid, await file.parse()], [undefined, undefined, undefined]);
    }
  });
});

for (
  const [text, gid] of [
    ['GlobalJobId = "h#1.0#5"', "h_1.0_5"],
    ['A = "GlobalJobId"\n\tglobaljobid="h#1.0#5"  \n', "h_1.0_5"],
    ['MyGlobalJobId = "h#1.0#5"', undefined],
    ["GlobalJobId = strcat(1)", undefined],
    ["", undefined],
  ]
) {
  Deno.test(`JobAdFile finds ${gid} in ${JSON.stringify(text)}`, async () => {
    await withFiles({ ad: text! }, (folder) => {
      assertEquals(new JobAdFile(join(folder, "ad")).gid, gid);
    });
  });
}

Deno.test("checkJob() refuses a checkpoint of another job", async () => {
  await withFiles({ ad: 'GlobalJobId = "h#1.0#5"\n' }, (folder) => {
    const ad = new JobAdFile(join(folder, "ad"));
    checkJob(parseBase("x://h/d/h_1.0_5/0000"), ad);
    const error = assertThrows(() => checkJob(parseBase("x://h/d/h_1.1_5/0000"), ad));
    assertInstanceOf(error, CleanupFailure);
    assertEquals(error.kind, "Unsafe");
    checkJob(parseBase("x://h/d/h_1.1_5/0000"), new JobAdFile("/nonexistent"));
  });
});

Deno.test("jobOf() takes cluster and proc out of a job's id", () => {
  assertEquals(jobOf("ap.example.org_12.3_1795235583"), "12.3");
  assertEquals(jobOf("my_host_1.2_12.3_1795235583"), "12.3");
  for (const gid of ["gid", "h_1_5", "h_1.2_", "h_-1.2_5"]) assertEquals(jobOf(gid), undefined);
});
