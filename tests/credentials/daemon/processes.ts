/** Daemons as processes of their own, over a credential directory that only they know. */
import { fromFileUrl, join } from "@std/path";

const REAL = fromFileUrl(new URL("../../../cmd/condor_credmon_local.ts", import.meta.url));
const FAKE = fromFileUrl(new URL("fake_credmon.ts", import.meta.url));

/** Milliseconds that anything may take before a test gives up on it. */
const PATIENCE = 20_000;

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a process is started. */
export interface StartOptions {
  /** The daemon with a fake monitor, that does this. */
  readonly fake?: "hang" | "publish";
  readonly environment?: Readonly<Record<string, string>>;
  /** An executable in place of the source. */
  readonly executable?: string;
  /** Words before the program, e.g. `env --block-signal=HUP`. */
  readonly before?: readonly string[];
}

/** A process. */
export class Credmon implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<Ended>;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#ended = child.output().then(({ code, signal, stdout, stderr }) => {
      const decoder = new TextDecoder();
      return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** How it ended, whoever holds its outputs. */
  async status(): Promise<Deno.CommandStatus> {
    return await this.#child.status;
  }

  /** Sends a signal, and waits for the end. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<Ended> {
    this.kill(signal);
    return await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill("SIGKILL");
    } catch {
      // it has ended
    }
    await this.#ended;
  }
}

/** A credential directory, a log directory and a configuration. */
export class Site implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "pinion-credmon-" });
  readonly cred = join(this.path, "cred");
  readonly log = join(this.path, "log/CredmonOauthLog");
  readonly config = join(this.path, "condor_config");

  constructor() {
    Deno.mkdirSync(this.cred);
    Deno.chmodSync(this.cred, 0o2770);
    Deno.mkdirSync(join(this.path, "log"));
    this.configure();
  }

  /** Writes the configuration, with more lines at its end. */
  configure(more = ""): void {
    Deno.writeTextFileSync(
      this.config,
      `LOG = ${this.path}/log
SEC_CREDENTIAL_DIRECTORY_OAUTH = ${this.cred}
LOCAL_CREDMON_PRIVATE_KEY = ${this.path}/key.pem
LOCAL_CREDMON_PUBLIC_KEY = ${this.path}/public.pem
LOCAL_CREDMON_ISSUER = https://issuer.example
LOCAL_CREDMON_TOKEN_AUDIENCE = https://audience.example
${more}
`,
    );
  }

  /** Asks for a credential, as condor_credd does. */
  ask(user: string, name = "scitokens"): void {
    const folder = join(this.cred, user);
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    Deno.writeTextFileSync(join(folder, `${name}.top`), `${user}@foo`, { mode: 0o600 });
  }

  has(name: string): boolean {
    try {
      Deno.lstatSync(join(this.cred, name));
      return true;
    } catch {
      return false;
    }
  }

  read(name: string): string {
    return Deno.readTextFileSync(join(this.cred, name));
  }

  mode(name: string): number {
    return Deno.lstatSync(join(this.cred, name)).mode! & 0o7777;
  }

  /** The log's lines without their times. */
  lines(): string[] {
    const text = Deno.readTextFileSync(this.log);
    return text.split("\n").slice(0, -1).map((line) => line.slice("MM/DD/YY HH:MM:SS ".length));
  }

  /** All of the log once some text is in it. */
  async logged(text: string): Promise<string> {
    await until(`"${text}" in the log`, () => textOf(this.log).includes(text));
    return textOf(this.log);
  }

  start(args: readonly string[] = [], options: StartOptions = {}): Credmon {
    const { fake, executable, environment = {}, before = [] } = options;
    const source = [Deno.execPath(), "run", "-A", "--no-check", fake === undefined ? REAL : FAKE];
    const words = [...before, ...(executable === undefined ? source : [executable]), ...args];
    const child = new Deno.Command(words[0]!, {
      args: words.slice(1),
      clearEnv: true,
      env: {
        HOME: Deno.env.get("HOME") ?? "/",
        PATH: "/usr/bin:/bin",
        CONDOR_CONFIG: this.config,
        ...(fake === undefined ? {} : { FAKE_ACT: fake, FAKE_SCANS: join(this.path, "scans") }),
        ...environment,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new Credmon(child);
  }

  /** Runs the program to its end. */
  async run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    await using process = this.start(args, options);
    return await process.ended();
  }

  /** Starts a daemon, and waits until its first scan was complete. */
  async daemon(args: readonly string[] = [], options: StartOptions = {}): Promise<Credmon> {
    const process = this.start(args, options);
    // Whatever was left by one before counts for nothing.
    await until("pid", () => this.#pid() === `${process.pid}`, process);
    if (options.fake !== "hang") {
      await until("CREDMON_COMPLETE", () => this.has("CREDMON_COMPLETE"), process);
    }
    return process;
  }

  /** How many scans the fake monitor has seen. */
  scans(): number {
    return textOf(join(this.path, "scans")).split("\n").length - 1;
  }

  #pid(): string {
    return this.has("pid") ? this.read("pid") : "";
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** What is in a file; nothing when there is none. */
function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** Waits for what another process does, for some seconds at most. */
export async function until(
  what: string,
  condition: () => boolean,
  process?: Credmon,
): Promise<void> {
  let ended: Ended | undefined;
  process?.ended().then((end) => (ended = end));
  for (const start = performance.now(); !condition();) {
    if (ended !== undefined) throw new Error(`No ${what}: ${JSON.stringify(ended)}`);
    if (performance.now() - start > PATIENCE) throw new Error(`No ${what} after ${PATIENCE} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
