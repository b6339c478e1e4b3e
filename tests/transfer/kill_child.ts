/**
 * A plug-in that downloads `slow://h/SIZE` in small steps and says so, to be killed in between.
 *
 * Each step prints a line to standard error and waits for a line on standard input.
 */
import { runPlugin } from "../../core/transfer/plugin.ts";

const STEP = 1000;
const line = new Uint8Array(16);

if (import.meta.main) {
  Deno.exit(
    await runPlugin({
      name: "slow_plugin",
      version: "1",
      summary: "move files slowly",
      methods: ["slow"],
      async download(url, _path, ctx) {
        await Promise.resolve(); // the files are named in the out file before they are waited for
        const size = Number(url.split("/")[3]);
        using file = ctx.part.open();
        for (let done = 0; done < size; done += STEP) {
          file.writeSync(new Uint8Array(STEP).fill(0x6e));
          Deno.stderr.writeSync(new TextEncoder().encode(`${done}\n`));
          await Deno.stdin.read(line);
        }
      },
    }, Deno.args),
  );
}
