import { assertEquals, assertThrows } from "@std/assert";
import { type ClassAd, parseAds } from "../../core/classad/mod.ts";
import { failedResult } from "../../core/transfer/file_record.ts";
import { OutFile } from "../../core/transfer/out_file.ts";
import { Report } from "../../core/transfer/report.ts";
import type { FileResult } from "../../core/transfer/result.ts";
import { TempDir } from "./contract.ts";
import { failure, request } from "./fake_scheme.ts";

const NOW = 1_780_000_000;
const FRAME = { pluginVersion: "0.2", hostname: "ep7" };
const OPTIONS = { direction: "download", frame: FRAME, now: NOW } as const;

const requests = (count: number) =>
  Array.from({ length: count }, (_, i) => request(`http://h/${i}`, `/s/f${i}`));

function failed(index: number, kind: Parameters<typeof failure>[0], tries = 1): FileResult {
  const cause = failure(kind, { retryable: -1 }, `${kind} failure`);
  const result = failedResult(requests(index + 1)[index]!, { ...OPTIONS, failure: cause });
  return { ...result, tries };
}

function moved(index: number): FileResult {
  return { ...failed(index, "Transfer"), success: true, bytes: 4, failures: [] };
}

const names = (ads: Iterable<ClassAd>) =>
  [...ads].map((ad) => [ad.getString("TransferFileName"), ad.getBoolean("TransferSuccess")]);

Deno.test("Report.refresh() names every file before the first is moved", () => {
  using dir = new TempDir();
  using out = new OutFile(dir.join("out"));
  const report = new Report(out, requests(3), OPTIONS);
  assertEquals(Deno.readTextFileSync(dir.join("out")), " ".repeat(4 * 1536));
  report.refresh();
  const ads = [...parseAds(Deno.readFileSync(dir.join("out")))];
  assertEquals(names(ads), [["/s/f0", false], ["/s/f1", false], ["/s/f2", false]]);
  for (const [i, ad] of ads.entries()) {
    assertEquals(ad.getString("TransferUrl"), `http://h/${i}`);
    assertEquals(ad.getString("TransferError"), "The transfer was not completed");
    assertEquals(ad.getList("TransferErrorData")?.length, 1);
  }
});

Deno.test("Report.update() writes finished files first, the others as not completed", () => {
  using dir = new TempDir();
  using out = new OutFile(dir.join("out"));
  const report = new Report(out, requests(4), OPTIONS);
  report.refresh();
  report.settle(moved(2), 2);
  report.settle(failed(0, "Transfer"), 0);
  const written = () => names(parseAds(Deno.readFileSync(dir.join("out"))));
  assertEquals(written().map(([name]) => name), ["/s/f0", "/s/f1", "/s/f2", "/s/f3"]);
  report.update();
  assertEquals(written(), [["/s/f2", true], ["/s/f1", false], ["/s/f3", false], ["/s/f0", false]]);
});

Deno.test("Report.update() does not write when nothing has changed", () => {
  using dir = new TempDir();
  using out = new OutFile(dir.join("out"));
  const report = new Report(out, requests(1), OPTIONS);
  report.update();
  Deno.writeTextFileSync(dir.join("out"), "untouched");
  report.update();
  assertEquals(Deno.readTextFileSync(dir.join("out")), "untouched");
  report.settle(moved(0), 0);
  report.update();
  assertEquals(names(parseAds(Deno.readFileSync(dir.join("out")))), [["/s/f0", true]]);
});

Deno.test("Report names files byte for byte, as the results will", () => {
  const odd = [request('http://h/"\\é', "/s/\n\udcff"), request("odd", ""), request("", "x\u0001")];
  const report = new Report(undefined, odd, OPTIONS);
  const ads = report.ads().flatMap((text) => [...parseAds(text)]);
  for (const [i, ad] of ads.entries()) {
    const { url, localFileName, method } = odd[i]!;
    assertEquals(ad.getString("TransferUrl"), url);
    assertEquals(ad.getString("TransferFileName"), localFileName);
    assertEquals(ad.getString("TransferProtocol"), method);
  }
});

Deno.test("Report.refresh() lets a failing disk pass, update() does not", () => {
  const out = {
    reserve: () => {},
    write: () => {
      throw new Error("no room");
    },
  } as unknown as OutFile;
  const report = new Report(out, requests(1), OPTIONS);
  report.refresh();
  report.refresh();
  assertThrows(() => report.update(), Error, "no room");
  assertThrows(() => report.update(), Error, "no room");
});

Deno.test("Report.ads() puts the most telling failure last, as hold reasons lead with it", () => {
  const report = new Report(undefined, requests(8), OPTIONS);
  report.settle(failed(0, "Specification"), 0);
  report.settle(failed(1, "Contact"), 1);
  report.settle(moved(2), 2);
  report.settle(failed(3, "Transfer", 0), 3); // never begun, e.g. after the deadline
  report.settle(failed(4, "Authorization"), 4);
  report.settle(failed(5, "Transfer"), 5);
  report.settle(moved(7), 7);
  report.add(failed(8, "Parameter", 0));
  const order = names(report.ads().flatMap((text) => [...parseAds(text)]));
  assertEquals(order.map(([name]) => name?.toString().at(-1)), [
    "2",
    "7",
    "3",
    "6",
    "5",
    "1",
    "8",
    "0",
    "4",
  ]);
});
