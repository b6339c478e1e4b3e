/** The demonstration itself, once the executables are there. */

import { join } from "@std/path";
import { type Case, downloads, ELSEWHERE, INLINE, resources, uploads } from "./cases.ts";
import { judge, lastError } from "./judge.ts";
import { Origin, type Resource } from "./origin.ts";
import { prettyAd } from "./pretty_ad.ts";
import { makeScratch, RESERVED, type Run, runPlugin } from "./starter.ts";
import { exchangeLine, fileTable, type Paint, type Row } from "./table.ts";

/** Settings of {@linkcode runDemo}. */
export interface DemoOptions {
  /** Directory with the executables. */
  readonly dist: string;
  readonly paint: Paint;
  /** Takes what is to be shown. */
  readonly print: (text: string) => void;
  /** Let the server ignore ranges, which has to be noticed. @default {false} */
  readonly ignoreRanges?: boolean;
  /** Serve these instead of what is expected, which has to be noticed. */
  readonly instead?: Readonly<Record<string, Resource>>;
}

/** One run of a plug-in. */
interface Batch {
  readonly plugin: string;
  readonly files: readonly Case[];
  readonly upload: boolean;
  /** The exit status it has to end with. */
  readonly code: number;
}

/**
 * Moves all files, and shows what came of them.
 *
 * @returns what was not as it has to be, one line each
 */
export async function runDemo(options: DemoOptions): Promise<string[]> {
  const { dist, paint, print, instead = {}, ignoreRanges = false } = options;
  await using elsewhere = new Origin({
    resources: ELSEWHERE,
    tell: (exchange) => print(`${exchangeLine(exchange)}  at the other server`),
  });
  await using origin = new Origin({
    resources: { ...resources(elsewhere.host), ...instead },
    ignoreRanges,
    tell: (exchange) => print(exchangeLine(exchange)),
  });
  const batches: Batch[] = [
    // Two of the files have to fail, and with them the run.
    { plugin: "curl_plugin", files: downloads(origin), upload: false, code: 1 },
    { plugin: "data_plugin", files: INLINE, upload: false, code: 0 },
    { plugin: "curl_plugin", files: uploads(origin), upload: true, code: 0 },
  ];
  const scratch = await makeScratch();
  try {
    const rows: Row[] = [];
    const wrong: string[] = [];
    for (const batch of batches) {
      const { plugin, files, upload } = batch;
      if (upload) await placeSources(files, scratch);
      print(paint.title(`\n$ ${plugin} -infile … -outfile …${upload ? " -upload" : ""}`));
      const run = await runPlugin(files, { plugin: join(dist, plugin), scratch, upload });
      print(`  exit status ${run.code}, ${run.ads.length} result ads in ${run.outSize} bytes`);
      wrong.push(...complaints(run, batch));
      for (const file of files) rows.push(await look(file, { run, origin, scratch, upload }));
    }
    wrong.push(...leaks({ origin, elsewhere }));
    print(`\n${fileTable(rows, paint)}`);
    print(paint.title("\nTwo of the result ads, as HTCondor reads them:\n"));
    for (const name of ["flaky.bin", "missing.txt"]) {
      const ad = rows.find(({ file }) => file.name === name)?.outcome.ad;
      if (ad !== undefined) print(prettyAd(ad));
    }
    return [
      ...wrong,
      ...rows.flatMap((row) => row.wrong === undefined ? [] : [`${row.file.name}: ${row.wrong}`]),
    ];
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** What the run as a whole did wrong. */
function complaints(run: Run, { plugin, files, code }: Batch): string[] {
  const wrong: string[] = [];
  if (run.code !== code) wrong.push(`exit status ${run.code}, not ${code}: ${run.stderr.trim()}`);
  if (run.ads.length !== files.length) wrong.push(`${run.ads.length} ads, not ${files.length}`);
  if (run.outSize !== RESERVED) wrong.push(`out file of ${run.outSize} bytes, not ${RESERVED}`);
  // HTCondor's hold reason begins with the last failure: it has to be the most telling one.
  const last = lastError(run.ads.at(-1))?.getString("ErrorType");
  if (code !== 0 && last !== "Specification") wrong.push(`the last ad is of type ${last}`);
  return wrong.map((text) => `${plugin}: ${text}`);
}

/** Where the token went without being asked for. */
function leaks({ origin, elsewhere }: { origin: Origin; elsewhere: Origin }): string[] {
  const guarded = (path: string) => origin.resources[path]?.bearer !== undefined;
  return [
    ...origin.exchanges.filter(({ path }) => !guarded(path)),
    ...elsewhere.exchanges,
  ].filter(({ authorization }) => authorization !== undefined)
    .map(({ path }) => `curl_plugin: a token was sent for ${path}`);
}

async function placeSources(files: readonly Case[], scratch: string): Promise<void> {
  for (const { name, content } of files) {
    if (content !== undefined) await Deno.writeFile(join(scratch, name), content);
  }
}

/** What came of one file. */
async function look(
  file: Case,
  { run, origin, scratch, upload }: {
    run: Run;
    origin: Origin;
    scratch: string;
    upload: boolean;
  },
): Promise<Row> {
  const { name, path = "" } = file;
  const outcome = {
    ad: run.ads.find((ad) => ad.getString("TransferFileName") === join(scratch, name)),
    content: upload
      ? origin.uploads.get(path)
      : await Deno.readFile(join(scratch, name)).catch(() => undefined),
    exchanges: origin.exchanges.filter((exchange) => exchange.path === path),
  };
  return { file, outcome, wrong: judge(file, outcome) };
}
