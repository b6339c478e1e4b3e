/** A connection to a server's SFTP subsystem, through the machine's own `ssh`. */
import { errorText } from "../../errors.ts";
import { CleanupFailure } from "../failure.ts";
import { quote } from "../location.ts";
import type { SshServer } from "./ssh_address.ts";
import { sshFailure } from "./ssh_failure.ts";
import { LateStop } from "./late_stop.ts";
import { SftpClient } from "./sftp_client.ts";
import { SshOutput } from "./ssh_output.ts";

/** The program: without a search path the runtime finds no other, nor starts when it has to. */
export const SSH = "/usr/bin/ssh";
/** Seconds to get a connection. */
const CONNECT_TIMEOUT = 10;
/** Seconds of silence after which the server is asked whether it is there, three times. */
const ALIVE_INTERVAL = 5;
/** Milliseconds for `ssh` to end by itself once nothing more is asked. */
const GRACE = 1000;

/** What `ssh` is given. */
export interface SshOptions {
  /** Private key, an absolute path; without it those of the user's own set-up and agent. */
  readonly keyFile: string | undefined;
  /** Keys of servers, an absolute path; without it the user's and the machine's. */
  readonly knownHosts: string | undefined;
  /** Configuration instead of the user's and the machine's, an absolute path. */
  readonly config: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** The arguments of `ssh` (ssh(1), ssh_config(5)). Nothing that anybody could be asked is asked. */
export function sshArguments(server: SshServer, options: SshOptions): string[] {
  const { keyFile, knownHosts, config } = options;
  const settings: Record<string, string> = {
    BatchMode: "yes",
    StrictHostKeyChecking: "yes",
    ConnectTimeout: `${CONNECT_TIMEOUT}`,
    ServerAliveInterval: `${ALIVE_INTERVAL}`,
    ServerAliveCountMax: "3",
    ClearAllForwardings: "yes",
    ForwardAgent: "no",
    ForwardX11: "no",
    PermitLocalCommand: "no",
    RequestTTY: "no",
    EscapeChar: "none",
    // A master that stays would hold on to our end.
    ControlMaster: "no",
    ControlPath: "none",
    LogLevel: "ERROR",
    ...(keyFile === undefined ? {} : { IdentitiesOnly: "yes", IdentityFile: file(keyFile) }),
    ...(knownHosts === undefined
      ? {}
      : { UserKnownHostsFile: file(knownHosts), GlobalKnownHostsFile: "/dev/null" }),
  };
  return [
    ...(config === undefined ? [] : ["-F", config]),
    ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ...(server.port === undefined ? [] : ["-p", server.port]),
    ...(server.user === undefined ? [] : ["-l", server.user]),
    "-s",
    "--",
    server.host,
    "sftp",
  ];
}

/** A path in a setting: in quotes, and `%` doubled, for it begins a token. */
function file(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&").replaceAll("%", "%%")}"`;
}

/** A running `ssh`, and the conversation over it. */
export class SshSession implements AsyncDisposable {
  readonly #host: string;
  readonly #process: Deno.ChildProcess;
  readonly #output: SshOutput;
  #client: SftpClient | undefined;

  private constructor(server: SshServer, options: SshOptions) {
    this.#host = server.host;
    this.#process = start(server, options);
    this.#output = new SshOutput(this.#process.stderr);
  }

  /**
   * Connects.
   *
   * @param signal when aborted `ssh` is ended
   * @throws {CleanupFailure}
   */
  static async open(
    server: SshServer,
    options: SshOptions,
    signal: AbortSignal,
  ): Promise<SshSession> {
    const session = new SshSession(server, options);
    using _ = session.endBy(signal, 0);
    const { stdout: readable, stdin: writable } = session.#process;
    try {
      session.#client = await SftpClient.open({ readable, writable });
      return session;
    } catch (error) {
      throw await session.failure(error instanceof Error ? error : new Error(`${error}`));
    }
  }

  /** The conversation. */
  get client(): SftpClient {
    return this.#client!;
  }

  /** Ends `ssh` some milliseconds after the signal is aborted, until disposed of. */
  endBy(signal: AbortSignal, ms: number): Disposable {
    const stop = new LateStop(signal, { grace: ms });
    stop.end.addEventListener("abort", () => this.#kill(), { once: true });
    return stop;
  }

  /** The failure behind an error that ended the conversation. */
  async failure(error: Error): Promise<CleanupFailure> {
    const { code, signal } = await this.#end();
    return sshFailure(this.#host, {
      status: signal === null ? code : undefined,
      output: await this.#output.end(0),
      error,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  /** Waits for the end, which is made to come. */
  async #end(): Promise<Deno.CommandStatus> {
    const late = setTimeout(() => this.#kill(), GRACE);
    const last = setTimeout(() => this.#kill("SIGKILL"), 2 * GRACE);
    try {
      // The server sees the end of what is asked, and closes.
      await this.#client?.close();
      const status = await this.#process.status;
      // What ssh started may hold on to it for ever.
      await this.#output.end(GRACE);
      return status;
    } finally {
      clearTimeout(late);
      clearTimeout(last);
    }
  }

  #kill(signal: Deno.Signal = "SIGTERM"): void {
    try {
      this.#process.kill(signal);
    } catch {
      // It has ended already.
    }
  }
}

function start(server: SshServer, { environment, ...options }: SshOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(SSH, {
      args: sshArguments(server, { environment, ...options }),
      clearEnv: true,
      env: { ...environment },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    throw new CleanupFailure(
      "StoreUnavailable",
      `Cannot clean up at ${quote(server.host)}: ${SSH} does not start: ${errorText(error)}`,
    );
  }
}
