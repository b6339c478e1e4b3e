/** What HTCondor's own condor_manifest printed when plug-ins failed, and what it called them with. */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { batchOf, never, Reports, Workshop } from "./foreign_plugins.ts";

interface Recorded {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly stdout: string;
  readonly plugin_calls: readonly (readonly string[])[];
}

const recorded: readonly Recorded[] = JSON.parse(
  await Deno.readTextFile(new URL("../testdata/condor_manifest.json", import.meta.url)),
);
const RECPLUG = fromFileUrl(new URL("../testdata/recplug", import.meta.url));

for (
  const name of [
    "delete:plug-in not executable",
    "delete:plug-in mode fail",
    "delete:plug-in mode failquiet",
    "delete:plug-in mode sig",
    "delete:plug-in mode failsecond",
    "delete:plug-in time-out",
  ]
) {
  const { files, stdout, plugin_calls } = recorded.find((one) => one.name === name)!;

  Deno.test(`remove() calls and prints as recorded in "${name}"`, async () => {
    await using shop = new Workshop();
    const here = (text: string) => text.replaceAll("@W@", shop.path);
    Deno.copyFileSync(RECPLUG, `${shop.path}/recplug`);
    Deno.writeTextFileSync(`${shop.path}/noexec`, "");
    const [, , words = ""] = here(files["map"] ?? "").trim().split(" ");
    // In real time: the plug-in has to come to its partial output.
    const slow = name.endsWith("time-out");
    await using store = shop.open(words.split(","), {
      jobAd: `${shop.path}/j/.job.ad`,
      ...(slow ? { timeout: 2 } : {}),
      environment: {
        PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
        RECPLUG_LOG: `${shop.path}/calls.log`,
      },
    });
    let printed = "";
    for (
      const number of ["0000", "0001"].filter((one) =>
        files[`j/_condor_checkpoint_MANIFEST.${one}`]
      )
    ) {
      const reports = new Reports();
      const batch = batchOf([`file-${number}`, ...(slow ? [] : ["sub/f2"])], {
        base: `x://a/b/gid/${number}`,
      });
      try {
        await store.remove(batch, { signal: never(), done: reports.done });
      } catch (error) {
        if (!(error instanceof CleanupFailure)) throw error;
        printed += `${error.message}\n`;
      }
      // Recorded was a run that stops at the first failure.
      const first = [...reports.failures.values()].find((failure) => failure !== undefined);
      if (first !== undefined) printed += `${first.message}\n`;
    }
    assertEquals(printed, here(stdout));
    const calls = shop.read("calls.log").split("\n").filter((line) => line !== "").map((line) =>
      JSON.parse(line)
    );
    for (const call of plugin_calls) {
      assertEquals(calls.filter((one) => one.join() === here(call.join())).length, 1);
    }
  });
}
