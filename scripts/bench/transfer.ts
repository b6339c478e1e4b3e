/** Transfers: both plug-ins download the same files from the same server. */

import { join } from "@std/path";
import { printValue } from "../../core/classad/mod.ts";
import type { Area, Contender } from "./area.ts";
import type { TransferCase } from "./cases.ts";
import { startDelay } from "./delay.ts";
import type { Start, Workload } from "./measure.ts";
import type { FileServer } from "./server.ts";

/** HTCondor's own, inside the pool root. */
export const UPSTREAM_CURL = "/usr/libexec/condor/curl_plugin";

/** Blanks that HTCondor puts into the out file. */
const RESERVED = 19_264;

/** Downloads as a case has them. */
export class Transfers implements Workload {
  readonly bytes: number;
  readonly #area: Area;
  readonly #bench: TransferCase;
  readonly #paths: readonly string[];
  readonly #port: number;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    { area, bench }: { area: Area; bench: TransferCase },
    { paths, port }: { paths: readonly string[]; port: number },
    resources: AsyncDisposableStack,
  ) {
    this.bytes = bench.files * bench.size;
    this.#area = area;
    this.#bench = bench;
    this.#paths = paths;
    this.#port = port;
    this.#resources = resources;
  }

  /** Puts the files on the server, as far away as it has to be. */
  static async open(
    bench: TransferCase,
    { area, server }: { area: Area; server: FileServer },
  ): Promise<Transfers> {
    const paths = await server.serve(bench.files, bench.size);
    await using resources = new AsyncDisposableStack();
    const { port } = bench.roundTrip === 0
      ? server
      : resources.use(await startDelay({ port: server.port, delayMs: bench.roundTrip / 2 }));
    return new Transfers({ area, bench }, { paths, port }, resources.move());
  }

  /** Writes the in file and the out file of a run. */
  async prepare(contender: Contender, folder: string): Promise<Start> {
    const program = contender === "upstream" ? UPSTREAM_CURL : this.#area.executable("curl_plugin");
    await Deno.mkdir(this.#area.outside(folder, "files"), { recursive: true });
    if (this.#paths.length === 0) return { words: [program, "-classad"] };
    const ads = this.#paths.map((path, i) => {
      const name = join(this.#area.inside, folder, "files", `${i}`);
      const url = `http://127.0.0.1:${this.#port}${path}`;
      return `[ LocalFileName = ${printValue(name)}; Url = ${printValue(url)} ]`;
    });
    await Deno.writeTextFile(this.#area.outside(folder, ".in"), ads.join(""));
    await Deno.writeTextFile(this.#area.outside(folder, ".out"), " ".repeat(RESERVED));
    const inside = (name: string) => join(this.#area.inside, folder, name);
    return { words: [program, "-infile", inside(".in"), "-outfile", inside(".out")] };
  }

  /** Makes sure that all files are there in full. */
  async check(folder: string): Promise<void> {
    const { files, size, name } = this.#bench;
    for (let i = 0; i < files; i++) {
      const path = this.#area.outside(folder, "files", `${i}`);
      const found = await Deno.stat(path).catch(() => undefined);
      if (found?.size !== size) {
        throw new Error(`Cannot measure "${name}": file ${i} has ${found?.size ?? "no"} bytes`);
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources.disposeAsync();
  }
}
