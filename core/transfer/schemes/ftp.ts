/**
 * `ftp`: downloads and uploads over FTP, with TLS where the option `ftpTls` demands it.
 *
 * Passive mode only, EPSV before PASV. Control connections are kept for files of the same user and
 * server. A download can continue where the last attempt ended when the server tells the same size
 * and time of change. A proxy for ftp is refused rather than passed by: whoever names one means it.
 */
import { TransferFailure } from "../../errors.ts";
import { proxyFor } from "../../http/proxy.ts";
import { localFailure } from "../local_failure.ts";
import type { ContentIdentity, PartFile } from "../part_file.ts";
import type { DownloadContext, Scheme, TransferContext, UploadContext } from "../scheme.ts";
import { FtpSession } from "./ftp_session.ts";
import { type EndOptions, FileSink, FileSource } from "./ftp_streams.ts";
import { type FtpTarget, parseFtpUrl } from "./ftp_url.ts";

/** A beginning shorter than this is not worth continuing. */
const MIN_RESUME = 1 << 20;

/** What the scheme needs of the machine. */
export interface FtpSettings {
  /** Certificate authorities for TLS, PEM; asked once for each connection. */
  readonly authorities?: () => Promise<readonly string[]>;
  /** The machine's name, for failures. */
  readonly hostname?: () => string;
}

/** The `ftp` method. */
export class FtpScheme implements Scheme {
  readonly methods = ["ftp"];
  readonly #authorities: () => Promise<readonly string[]>;
  readonly #hostname: () => string;
  /** Connections that wait for the next file, by server and user. */
  readonly #idle = new Map<string, FtpSession[]>();

  constructor(settings: FtpSettings = {}) {
    this.#authorities = settings.authorities ?? (() => Promise.resolve([]));
    this.#hostname = settings.hostname ?? Deno.hostname;
  }

  async download(url: string, path: string, ctx: DownloadContext): Promise<void> {
    const target = parseFtpUrl(url);
    await this.#withSession(target, ctx, async (session, moved) => {
      const end = { path, ascii: target.ascii, hostname: this.#hostname, moved };
      ctx.note({ TransferHTTPStatusCode: await receive(session, target, { ctx, end }) });
    });
  }

  async upload(path: string, url: string, ctx: UploadContext): Promise<void> {
    const target = parseFtpUrl(url);
    await this.#withSession(target, ctx, async (session, moved) => {
      const end = { path, ascii: target.ascii, hostname: this.#hostname, moved };
      ctx.note({ TransferHTTPStatusCode: await send(session, target, { ctx, end }) });
    });
  }

  close(): void {
    for (const sessions of this.#idle.values()) for (const each of sessions) each.close();
    this.#idle.clear();
  }

  /** Does `work` on a connection, kept or new; a kept one that turns out dead is replaced. */
  async #withSession(
    target: FtpTarget,
    ctx: TransferContext,
    work: (session: FtpSession, moved: (bytes: number) => void) => Promise<void>,
  ): Promise<void> {
    refuseProxy(target, ctx);
    const tls = ctx.options.ftpTls === "explicit";
    const key = JSON.stringify([target.server, target.user, target.password, tls]);
    let begun = false;
    const moved = (bytes: number) => {
      begun = true;
      ctx.moved(bytes);
    };
    for (;;) {
      ctx.signal.throwIfAborted();
      const kept = this.#take(key);
      const session = kept ?? await FtpSession.open(target, {
        tls,
        authorities: this.#authorities,
        signal: ctx.signal,
        trace: ctx.trace,
      });
      ctx.connected();
      try {
        return await session.until(ctx.signal, () => work(session, moved));
      } catch (error) {
        if (kept && !begun && !ctx.signal.aborted && isHangUp(error)) continue;
        if (error instanceof TransferFailure && error.facts.status !== undefined) {
          ctx.note({ TransferHTTPStatusCode: error.facts.status });
        }
        throw error;
      } finally {
        if (session.usable && !ctx.signal.aborted) this.#keep(key, session);
        else session.close();
      }
    }
  }

  #take(key: string): FtpSession | undefined {
    const sessions = this.#idle.get(key) ?? [];
    for (let session; (session = sessions.pop());) {
      if (session.usable) return session;
      session.close();
    }
    return undefined;
  }

  #keep(key: string, session: FtpSession): void {
    this.#idle.set(key, [...this.#idle.get(key) ?? [], session]);
  }
}

/** One transfer: its context and its local end. */
interface Transfer<Context> {
  readonly ctx: Context;
  readonly end: EndOptions;
}

/** Receives a file into the part file; returns the final reply's code. */
async function receive(
  session: FtpSession,
  target: FtpTarget,
  { ctx, end }: Transfer<DownloadContext>,
): Promise<number> {
  const { name, ascii, server } = target;
  await session.enter(target.directories, { make: false });
  await session.type(ascii ? "A" : "I");
  const size = ascii ? undefined : await session.size(name);
  const identity = size !== undefined && size >= MIN_RESUME
    ? await identify(session, target, size)
    : undefined;
  let start = continuation(ctx.part, identity);
  for (;;) {
    using file = openPart(ctx.part, start, end);
    if (identity !== undefined) ctx.part.identity = identity;
    const sink = new FileSink(file, end);
    try {
      const code = await session.retrieve(name, sink, start);
      checkLength(start + sink.received, size, server);
      return code;
    } catch (error) {
      if (start > 0 && sink.received === 0 && refusesRestart(error)) {
        start = 0;
        continue;
      }
      sink.keep();
      throw error;
    }
  }
}

/** Sends the local file; returns the final reply's code. */
async function send(
  session: FtpSession,
  target: FtpTarget,
  { ctx, end }: Transfer<UploadContext>,
): Promise<number> {
  using file = openSource(end);
  await session.enter(target.directories, { make: ctx.options.ftpCreateDirs });
  await session.type(target.ascii ? "A" : "I");
  const source = new FileSource(file, end);
  const code = await session.store(target.name, source);
  if (source.taken !== ctx.size) {
    throw new TransferFailure(
      "Parameter",
      `local file ${end.path} changed from ${ctx.size} to ${source.taken} bytes while it was sent`,
      { errorCode: 26, retryable: -1 },
    );
  }
  if (ctx.options.verifyUpload && !target.ascii) {
    const stored = await session.size(target.name);
    if (stored !== undefined && stored !== ctx.size) {
      throw new TransferFailure(
        "Transfer",
        `Checksum mismatch: the server stored ${stored} bytes of ${ctx.size}`,
        { errorCode: 18, retryable: 0, failureType: "Checksum", server: target.server },
      );
    }
  }
  return code;
}

async function identify(
  session: FtpSession,
  target: FtpTarget,
  size: number,
): Promise<ContentIdentity> {
  const modified = await session.modified(target.name);
  const place = [...target.directories, target.name].map(encodeURIComponent).join("/");
  return {
    url: `ftp://${target.server}/${place}`,
    total: size,
    ...(modified === undefined ? {} : { lastModified: modified }),
  };
}

/** Where to go on: 0, unless the part file holds the beginning of just this content. */
function continuation(part: PartFile, identity: ContentIdentity | undefined): number {
  const before = part.identity;
  if (
    before === undefined || identity === undefined || before.url !== identity.url ||
    before.total !== identity.total || before.lastModified !== identity.lastModified
  ) return 0;
  const size = part.size();
  return size >= MIN_RESUME && size < identity.total! ? size : 0;
}

function openPart(part: PartFile, start: number, end: EndOptions): Deno.FsFile {
  try {
    return part.open(start);
  } catch (error) {
    throw localFailure(error, end);
  }
}

function openSource({ path, hostname }: EndOptions): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (error) {
    throw localFailure(error, { path, hostname, doing: "opening" });
  }
}

function checkLength(received: number, size: number | undefined, server: string): void {
  if (size === undefined || received === size) return;
  const text = received < size
    ? `end of response with ${size - received} bytes missing`
    : `response is ${received - size} bytes longer than announced`;
  throw new TransferFailure("Transfer", text, {
    errorCode: 18,
    retryable: 0,
    failureType: "Incomplete",
    server,
  });
}

/** Whether the server refused, perhaps only to start in the middle (RFC 3659, section 5). */
function refusesRestart(error: unknown): boolean {
  const status = error instanceof TransferFailure ? error.facts.status ?? 0 : 0;
  return status >= 400 && status !== 421;
}

/** Whether the server ended the control connection, as it does with idle ones. */
function isHangUp(error: unknown): boolean {
  return error instanceof TransferFailure &&
    (error.facts.errorCode === 56 || error.facts.status === 421);
}

function refuseProxy(target: FtpTarget, ctx: TransferContext): void {
  const proxy = proxyFor(target.url, ctx.env);
  if (proxy === undefined) return;
  throw new TransferFailure(
    "Parameter",
    `Cannot reach ${target.server}: ftp through the proxy ${proxy.server} is not supported`,
    { errorCode: 5, retryable: -1 },
  );
}
