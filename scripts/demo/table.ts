/** What the demonstration prints about requests and files, in 80 columns. */

import type { Case } from "./cases.ts";
import { lastError, type Outcome } from "./judge.ts";
import type { Exchange } from "./origin.ts";

/** A file, what came of it, and what is wrong with that. */
export interface Row {
  readonly file: Case;
  readonly outcome: Outcome;
  readonly wrong: string | undefined;
}

/** Colours, where there are any. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  title(text: string): string;
}

/** Columns of the table with their widths; numbers are aligned to the right. */
const COLUMNS = [
  ["File", 11],
  ["Method", 6],
  ["What is special", 21],
  ["Size", -10],
  ["Tries", -5],
  ["Time", -6],
] as const;

/** Paints for a terminal, or leaves everything as it is. */
export function paint(colours: boolean): Paint {
  const style = (code: number) => (text: string) => colours ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { good: style(32), bad: style(31), title: style(1) };
}

/** The line about one request. */
export function exchangeLine({ at, method, path, status, from, cut }: Exchange): string {
  const special = [
    from === undefined ? "" : `from byte ${grouped(from)}`,
    cut === undefined ? "" : `cut after ${grouped(cut)}`,
  ].filter((words) => words !== "").join(", ");
  const start = `${at.toFixed(2).padStart(7)} s  ${method.padEnd(4)} ${path.padEnd(15)} ${status}`;
  return `${start}  ${special}`.trimEnd();
}

/** The table of all files. */
export function fileTable(rows: readonly Row[], { good, bad, title }: Paint): string {
  const head = title(`  ${line(COLUMNS.map(([name]) => name))} Outcome`);
  return [
    head,
    ...rows.map(({ file, outcome, wrong }) =>
      wrong === undefined
        ? `${good("✓")} ${line(cells(file, outcome))} ${outcomeOf(outcome)}`
        : `${bad("✗")} ${line(cells(file, outcome))} ${bad(wrong)}`
    ),
  ].join("\n");
}

function cells({ name, about }: Case, { ad }: Outcome): string[] {
  const tries = ad?.getAd("DeveloperData")?.getInteger("TransferTries");
  const size = ad?.getBoolean("TransferSuccess") ? ad.getInteger("TransferFileBytes") : undefined;
  const seconds = ad?.getReal("ConnectionTimeSeconds");
  return [
    name,
    ad?.getString("TransferProtocol") ?? "",
    about,
    size === undefined ? "-" : grouped(size),
    `${tries ?? "-"}`,
    seconds === undefined ? "-" : `${seconds.toFixed(2)} s`,
  ];
}

/** That it was moved, or the most exact word there is for why not. */
function outcomeOf({ ad }: Outcome): string {
  if (ad?.getBoolean("TransferSuccess")) return "moved";
  const error = lastError(ad);
  return error?.getString("FailureType") ?? error?.getString("ErrorType") ?? "";
}

function line(cells: readonly string[]): string {
  return COLUMNS.map(([, width], i) => {
    const text = cells[i] ?? "";
    return width < 0 ? text.padStart(-width) : text.padEnd(width);
  }).join(" ");
}

function grouped(number: number): string {
  return number.toLocaleString("en-US");
}
