/** One control connection to an FTP server (RFC 959), logged in. */
import { Client, FTPError, type FTPResponse } from "basic-ftp";
import { isIP } from "node:net";
import { bareHost } from "../../http/address.ts";
import { dial } from "../../http/dial.ts";
import { connectTimeout, type Route } from "../../http/failures.ts";
import { ftpFailure, type FtpStage } from "./ftp_failure.ts";
import type { FileSink, FileSource } from "./ftp_streams.ts";
import type { FtpTarget } from "./ftp_url.ts";

/** Milliseconds for connecting and for logging in. */
const CONNECT_LIMIT = 60_000;

/** Milliseconds in which the reply that explains a broken data connection must come. */
const REPLY_LIMIT = 5_000;

/** How to open a session. */
export interface SessionOptions {
  /** Demand TLS (RFC 4217). */
  readonly tls: boolean;
  /** Certificate authorities, PEM; read only for TLS. */
  readonly authorities: () => Promise<readonly string[]>;
  readonly signal: AbortSignal;
  /** Takes commands and replies, where anybody wants to know. */
  readonly trace?: ((text: string) => void) | undefined;
}

/** See above. */
export class FtpSession {
  readonly #client = new Client(0);
  readonly #route: Route;
  /** The directory that the login led to; undefined when the server does not say. */
  #home: string | undefined;
  /** Directories changed to since; undefined after a change that failed half-way. */
  #place: readonly string[] | undefined = [];
  #type = "";
  #replyTimer: ReturnType<typeof setTimeout> | undefined;

  private constructor(route: Route) {
    this.#route = route;
    this.#explainBrokenData();
  }

  /**
   * Connects and logs in.
   *
   * @throws {TransferFailure} Resolution, Contact, Authorization or the server's refusal
   */
  static async open(target: FtpTarget, options: SessionOptions): Promise<FtpSession> {
    const session = new FtpSession({ url: target.url, proxy: undefined });
    session.#trace(options.trace);
    const started = performance.now();
    const timer = setTimeout(() => {
      const elapsed = performance.now() - started;
      session.#client.ftp.closeWithError(connectTimeout(session.#route, elapsed));
    }, CONNECT_LIMIT);
    try {
      await session.until(options.signal, () => session.#open(target, options));
      return session;
    } catch (error) {
      session.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Passes on what goes over the control connection; basic-ftp hides passwords itself. */
  #trace(trace: ((text: string) => void) | undefined): void {
    if (trace === undefined) return;
    this.#client.ftp.verbose = true;
    this.#client.ftp.log = (message) => trace(`* ${message}`);
  }

  /** Whether another transfer may use this connection. */
  get usable(): boolean {
    return !this.#client.closed && (this.#home !== undefined || this.#place?.length === 0);
  }

  /** Ends the connection, and what goes on over it. */
  close(): void {
    this.#client.close();
  }

  /** Does `work` unless `signal` is aborted, which ends the connection: its reason is thrown. */
  async until<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const abort = () => this.#client.close();
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Changes to directories, from where the login led; makes missing ones when told so. */
  async enter(directories: readonly string[], options: { make: boolean }): Promise<void> {
    await this.#at("directory", async () => {
      if (this.#place?.join("\0") === directories.join("\0")) return;
      const away = this.#place?.length !== 0;
      this.#place = undefined;
      if (away) await this.#client.cd(this.#home ?? "/");
      for (const directory of directories) await this.#change(directory, options.make);
      this.#place = directories;
    });
  }

  /** Sets the representation: `A` for text, `I` for bytes as they are. */
  async type(type: "A" | "I"): Promise<void> {
    if (this.#type === type) return;
    await this.#at("download", () => this.#client.send(`TYPE ${type}`));
    this.#type = type;
  }

  /** Size of a file in bytes (RFC 3659, section 4), when the server tells. */
  async size(name: string): Promise<number | undefined> {
    const digits = /^213[ -](\d{1,15})(?!\d)/.exec(await this.#ask("SIZE", name))?.[1];
    return digits === undefined ? undefined : Number(digits);
  }

  /** Time of a file's last change (RFC 3659, section 3), when the server tells. */
  async modified(name: string): Promise<string | undefined> {
    return /^213[ -](\d{14}(?:\.\d{1,9})?)/.exec(await this.#ask("MDTM", name))?.[1];
  }

  /** Receives a file from `start` on; returns the final reply's code. */
  async retrieve(name: string, sink: FileSink, start: number): Promise<number> {
    sink.on("error", () => undefined);
    try {
      return (await this.#at("download", () => this.#client.downloadTo(sink, name, start))).code;
    } finally {
      clearTimeout(this.#replyTimer);
      sink.destroy();
    }
  }

  /** Sends a file; returns the final reply's code. */
  async store(name: string, source: FileSource): Promise<number> {
    source.on("error", () => undefined);
    try {
      return (await this.#at("upload", () => this.#client.uploadFrom(source, name))).code;
    } finally {
      clearTimeout(this.#replyTimer);
      source.destroy();
    }
  }

  async #open(target: FtpTarget, options: SessionOptions): Promise<void> {
    const { ftp } = this.#client;
    ftp.socket = await dial(this.#route, {
      tls: { ca: [], clientCertificate: undefined },
      timeout: CONNECT_LIMIT,
      signal: options.signal,
    });
    await this.#at("greeting", () => this.#greeting());
    if (options.tls) {
      const host = bareHost(target.url.hostname);
      const authorities = await options.authorities();
      await this.#at("tls", () =>
        this.#client.useTLS({
          host,
          ...(isIP(host) === 0 && { servername: host }),
          ca: [...authorities],
          rejectUnauthorized: true,
        }));
    }
    await this.#at("login", () => this.#client.login(target.user, target.password));
    if (options.tls) {
      // Without these the file itself would cross the network in the clear.
      await this.#at("tls", async () => {
        await this.#client.send("PBSZ 0");
        await this.#client.send("PROT P");
      });
    }
    await this.#at("login", async () => {
      await this.#client.sendIgnoringError("OPTS UTF8 ON");
      const { message } = await this.#client.sendIgnoringError("PWD");
      this.#home = /^257[ -]"((?:[^"]|"")+)"/.exec(message)?.[1]?.replaceAll('""', '"');
    });
  }

  /**
   * A server that refuses a transfer resets the data connection, often before its reply arrives.
   * The library would give up at the reset; this waits for the reply, which says why.
   */
  #explainBrokenData(): void {
    const client = this.#client;
    let open = client.prepareTransfer;
    const prepare: typeof open = async (ftp) => {
      const reply = await open(ftp);
      // The library puts the mode that worked in its place.
      if (client.prepareTransfer !== prepare) open = client.prepareTransfer;
      client.prepareTransfer = prepare;
      ftp.dataSocket?.removeAllListeners("error").removeAllListeners("close");
      ftp.dataSocket?.once("error", (error) => {
        clearTimeout(this.#replyTimer);
        this.#replyTimer = setTimeout(() => ftp.closeWithError(error), REPLY_LIMIT);
      });
      return reply;
    };
    client.prepareTransfer = prepare;
  }

  /** Waits for 220; 120 announces a delay and is followed by it. */
  async #greeting(): Promise<void> {
    await this.#client.ftp.handle(undefined, (reply, task) => {
      if (reply instanceof Error) task.reject(reply);
      else if (reply.code >= 200) task.resolve(reply);
    });
  }

  async #change(directory: string, make: boolean): Promise<void> {
    try {
      await this.#client.cd(directory);
    } catch (error) {
      if (!make || !(error instanceof FTPError) || ![550, 553].includes(error.code)) throw error;
      // Another transfer may have made it meanwhile: only the second change tells.
      await this.#client.sendIgnoringError(
        `MKD ${await this.#client.protectWhitespace(directory)}`,
      );
      await this.#client.cd(directory);
    }
  }

  async #ask(command: string, name: string): Promise<string> {
    return await this.#at("download", async () => {
      const path = await this.#client.protectWhitespace(name);
      const reply = await this.#client.sendIgnoringError(`${command} ${path}`);
      if (reply.code === 421) throw new FTPError(reply);
      return reply.message;
    });
  }

  async #at<T extends FTPResponse | string | void>(
    stage: FtpStage,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof FTPError && error.code === 421) this.close();
      const { closed, ftp } = this.#client;
      throw ftpFailure(error, { stage, route: this.#route, tls: ftp.hasTLS, closed });
    }
  }
}
