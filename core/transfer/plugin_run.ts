/**
 * One run of a plug-in: from what it was asked to the exit status.
 */
import { basename, resolve } from "@std/path";
import { printOldAd } from "../classad/mod.ts";
import { errorText, TransferFailure, type UsageError } from "../errors.ts";
import { Logger, PLUGIN_OUTPUT_LIMIT } from "../log/logger.ts";
import { applyLimits, readDefaults, readLimits, type Surroundings } from "./defaults.ts";
import { Run } from "./engine.ts";
import { failedResult } from "./file_record.ts";
import type { Host } from "./host.ts";
import { type FileRequest, parameterFailure, readInFile } from "./in_file.ts";
import type { Invocation } from "./invocation.ts";
import { DEFAULT_OPTIONS, type TransferOptions } from "./options.ts";
import { OutFile } from "./out_file.ts";
import { environmentPrefix, type PluginDefinition } from "./plugin_definition.ts";
import { Report } from "./report.ts";
import {
  type Direction,
  failureText,
  type FileResult,
  lastFailure,
  resultAd,
  type ResultFrame,
} from "./result.ts";
import { STANDARD_OUTPUT } from "./target.ts";
import { methodOf } from "./url.ts";

/** Largest input file, in bytes; HTCondor writes some hundred bytes for each file. */
const MAX_INFILE = 256 << 20;

interface Outcome {
  readonly results: readonly FileResult[];
  readonly report: Report;
}

/** One run of a plug-in. */
export class PluginRun {
  readonly #definition: PluginDefinition;
  readonly #host: Host;
  readonly #frame: ResultFrame;
  readonly #log: Logger;
  #known: TransferOptions | undefined;

  constructor(definition: PluginDefinition, host: Host) {
    this.#definition = definition;
    this.#host = host;
    this.#frame = { pluginVersion: definition.version, hostname: host.hostname() };
    this.#log = new Logger({
      sink: (line) => host.stderr(line),
      now: () => new Date(host.clock.now()),
      limit: PLUGIN_OUTPUT_LIMIT,
      utc: true,
    });
  }

  /** Moves one file, and prints its ad in long format; returns the exit status. */
  async single(call: Invocation & { kind: "single" }): Promise<number> {
    const request: FileRequest = {
      url: call.url,
      localFileName: call.path,
      method: methodOf(call.url) ?? "",
      options: this.#defaults,
      refusal: undefined,
    };
    const { direction } = call;
    const { results } = await this.#move([request], { direction, diagnostic: false });
    // Standard output is either the ad's or the file's.
    if (call.path !== STANDARD_OUTPUT) {
      for (const result of results) this.#host.stdout(printOldAd(resultAd(result, this.#frame)));
    }
    return results.every(({ success }) => success) ? 0 : 1;
  }

  /** Moves the files that the input file names; returns the exit status. */
  async batch(call: Invocation & { kind: "batch" }): Promise<number> {
    const { name } = this.#definition;
    let out: OutFile | undefined;
    try {
      out = call.outfile === undefined ? undefined : new OutFile(call.outfile);
    } catch (error) {
      this.#complain(`Unable to open ${name} output file: ${call.outfile}`, error);
      return 1;
    }
    let status: number;
    try {
      status = await this.#batch(call, out);
    } catch (error) {
      this.#complain(`Unable to write ${name} output file: ${call.outfile}`, error);
      status = 1;
    }
    try {
      out?.close();
    } catch (error) {
      this.#complain(`Unable to write ${name} output file: ${call.outfile}`, error);
      status = 1;
    }
    return status;
  }

  /** For a call that cannot be understood: an ad for each input all the same, where it can be told. */
  misuse(args: readonly string[], error: UsageError): void {
    const outfile = valueOf("outfile", args);
    const infile = valueOf("infile", args);
    if (outfile === undefined) return;
    const direction = args.some((arg) => /^--?upload$/.test(arg)) ? "upload" : "download";
    const failure = parameterFailure(error.message);
    try {
      using out = new OutFile(outfile);
      const requests = infile === undefined ? [] : requestsIn(infile);
      const report = this.#report(requests, direction, out);
      requests.forEach((request, index) =>
        report.settle(failedResult(request, { direction, failure, now: this.#seconds() }), index)
      );
      if (requests.length === 0) report.add(this.#noFile(failure, direction));
      report.update();
    } catch {
      // the usage error itself is still reported
    }
  }

  async #batch(call: Invocation & { kind: "batch" }, out: OutFile | undefined): Promise<number> {
    const { direction, diagnostic } = call;
    let content: Uint8Array;
    try {
      content = readBounded(call.infile);
    } catch (error) {
      const text = `Unable to open ${this.#definition.name} input file ${call.infile}.`;
      this.#complain(text, error);
      const report = this.#report([], direction, out);
      report.add(this.#noFile(parameterFailure(text), direction));
      this.#conclude(out, report);
      return 1;
    }
    const { requests: asked, malformed } = readInFile(content, this.#defaults);
    const requests = direction === "download" ? this.#spareReport(asked, call.outfile) : asked;
    if (requests.length === 0 && malformed === undefined) {
      this.#complain(`No file to transfer is named in ${call.infile}`);
    }
    const { results, report } = await this.#move(requests, { direction, diagnostic, out });
    if (malformed !== undefined) {
      this.#log.error(failureText(malformed));
      report.add(this.#noFile(malformed, direction));
    } else if (direction === "download" && matchesElsewhere(requests, results)) {
      this.#log.always("All failures are transient: reporting none, so that the job is requeued");
      out?.write([]);
      return 1;
    }
    this.#conclude(out, report);
    return malformed === undefined && results.every(({ success }) => success) ? 0 : 1;
  }

  /** Refuses downloads onto the out file, whose ads HTCondor would then not find. */
  #spareReport(
    requests: readonly FileRequest[],
    outfile: string | undefined,
  ): readonly FileRequest[] {
    if (outfile === undefined) return requests;
    const own = resolve(this.#host.cwd(), outfile);
    return requests.map((request) => {
      const { localFileName, refusal } = request;
      if (basename(localFileName) !== basename(own) || refusal !== undefined) return request;
      if (resolve(this.#host.cwd(), localFileName) !== own) return request;
      const text = `Cannot write "${localFileName}": it is the plug-in's out file`;
      return { ...request, refusal: parameterFailure(text) };
    });
  }

  /** Moves the files, keeping the out file up to date. */
  async #move(
    requests: readonly FileRequest[],
    { direction, diagnostic, out }: {
      direction: Direction;
      /** Whether to print a line for each file that was moved, and what the protocols say. */
      diagnostic: boolean;
      out?: OutFile | undefined;
    },
  ): Promise<Outcome> {
    const host = this.#host;
    const report = this.#report(requests, direction, out);
    const definition = this.#definition;
    const limits = readLimits(this.#surroundings);
    const options = applyLimits(requests[0]?.options ?? this.#defaults, limits);
    const run = new Run({
      direction,
      schemes: definition.schemes?.(host) ?? [definition],
      host,
      maxParallel: options.maxParallel,
      maxPerHost: options.maxPerHost,
      deadline: options.deadline,
      onResult: (result, index) => {
        report.settle(result, index);
        if (!result.success) this.#log.error(line(result));
        else if (diagnostic) this.#log.always(line(result));
      },
      onTick: () => report.refresh(),
      trace: diagnostic ? (text) => this.#log.always(text) : undefined,
    });
    const stopListening = host.onSignal((name) => run.stop(interrupted(name)));
    try {
      const results = run.transfer(requests);
      report.refresh(); // while the first servers are thinking
      return { results: await results, report };
    } finally {
      stopListening();
    }
  }

  #report(requests: readonly FileRequest[], direction: Direction, out: OutFile | undefined) {
    return new Report(out, requests, { direction, frame: this.#frame, now: this.#seconds() });
  }

  #noFile(failure: TransferFailure, direction: Direction): FileResult {
    const request = { url: "", localFileName: "", method: "" };
    return failedResult(request, { direction, failure, now: this.#seconds() });
  }

  #seconds(): number {
    return Math.floor(this.#host.clock.now() / 1000);
  }

  /** Writes the last word; without an out file, to standard output. */
  #conclude(out: OutFile | undefined, report: Report): void {
    if (out !== undefined) report.update();
    else for (const ad of report.ads()) this.#host.stdout(`${ad}\n`);
  }

  /** The options of this machine. */
  get #defaults(): TransferOptions {
    return this.#known ??= readDefaults(
      environmentPrefix(this.#definition.name),
      this.#surroundings,
    );
  }

  get #surroundings(): Surroundings {
    return { host: this.#host, warn: (text) => this.#log.always(text) };
  }

  /** A line that HTCondor's users know word for word, so it carries no time; then its reason. */
  #complain(text: string, reason?: unknown): void {
    this.#host.stderr(`${text}\n`);
    if (reason !== undefined) this.#log.error(errorText(reason));
  }
}

/** The value of an option among arguments that as a whole cannot be understood. */
function valueOf(name: string, args: readonly string[]): string | undefined {
  for (const [i, arg] of args.entries()) {
    const [, word, , value] = /^--?([a-z]+)(=([^]*))?$/.exec(arg) ?? [];
    if (word === name) return value ?? args[i + 1];
  }
  return undefined;
}

function requestsIn(infile: string): readonly FileRequest[] {
  try {
    return readInFile(readBounded(infile), DEFAULT_OPTIONS).requests;
  } catch {
    return []; // why it cannot be read is not what was wrong first
  }
}

function readBounded(path: string): Uint8Array {
  const { size, isFifo, isCharDevice } = Deno.statSync(path);
  if (isFifo || isCharDevice) throw new TypeError("not a regular file");
  if (size > MAX_INFILE) throw new RangeError(`larger than ${MAX_INFILE} bytes`);
  return Deno.readFileSync(path);
}

function interrupted(signal: string): TransferFailure {
  return new TransferFailure("Transfer", `Transfer interrupted by ${signal}`, {
    failureType: "TimedOut",
    errorCode: 42,
    retryable: 0,
  });
}

/** Whether files failed, all for transient reasons, and the job asked to be matched anew then. */
function matchesElsewhere(
  requests: readonly FileRequest[],
  results: readonly FileResult[],
): boolean {
  const failed = results.flatMap((result, i) => result.success ? [] : [{ result, i }]);
  return failed.length > 0 &&
    failed.every(({ result, i }) =>
      requests[i]!.options.requeueOnTransient && isSiteLocal(lastFailure(result)!)
    );
}

/** Whether a failure tells of this machine's surroundings rather than of the file. */
function isSiteLocal({ kind, facts }: TransferFailure): boolean {
  return kind === "Contact" || facts.intermediate?.errorType === "Connection" ||
    (kind === "Resolution" && facts.failureType === "PreContact");
}

/** One line on one file, for standard error. */
function line(result: FileResult): string {
  const failure = lastFailure(result);
  const what = failure === undefined ? `${result.bytes} bytes` : failureText(failure);
  const tries = result.tries > 1 ? ` (${result.tries} attempts)` : "";
  return `${result.direction} ${result.url}: ${what}${tries}`;
}
