/** Runs the real curl plug-in in this process, as HTCondor would, with the waiting taken out. */
import { join } from "@std/path";
import { parseAds } from "../../core/classad/mod.ts";
import type { ClassAd } from "../../core/classad/mod.ts";
import { type Clock, SYSTEM_CLOCK } from "../../core/clock.ts";
import type { Host } from "../../core/transfer/host.ts";
import { type PluginDefinition, runPlugin } from "../../core/transfer/plugin.ts";
import { FileScheme } from "../../core/transfer/schemes/file.ts";
import { httpScheme } from "../../core/transfer/schemes/http.ts";

/** A plug-in with the schemes under test. */
const PLUGIN: PluginDefinition = {
  name: "curl_plugin",
  version: "0.2",
  summary: "under test",
  methods: ["http", "https", "file", "dav", "davs"],
  schemes: (host) => [httpScheme(host), new FileScheme()],
};

/** One file to be moved. */
export interface FileToMove {
  readonly url: string;
  /** Name in the run's directory; default `f<index>`. */
  readonly name?: string;
  /** Further attributes of its ad, as text: `PluginData = [ … ]`. */
  readonly ad?: string;
}

/** How a run is set up. */
export interface RunSettings {
  readonly env?: Readonly<Record<string, string>>;
  readonly upload?: boolean;
  readonly diagnostic?: boolean;
  /** Ads before those of the files. */
  readonly header?: string;
  readonly clock?: Partial<Clock>;
}

/** A job's scratch directory, and runs of the plug-in in it. */
export class Scratch implements Disposable {
  readonly directory: string;

  /** @param parent where the directory is made; the system's place for such by default */
  constructor(parent?: string) {
    const dir = parent === undefined ? {} : { dir: parent };
    this.directory = Deno.makeTempDirSync({ prefix: "pinion-test-", ...dir });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, content: Uint8Array | string): void {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(this.path(name), bytes);
  }

  read(name: string): Uint8Array {
    return Deno.readFileSync(this.path(name));
  }

  /** Names in the directory but for those of the run itself. */
  names(): string[] {
    return [...Deno.readDirSync(this.directory)].map(({ name }) => name)
      .filter((name) => !/^\.(in|out)$/.test(name)).sort();
  }

  /** Moves files; waits between attempts are over at once, and recorded. */
  async run(files: readonly (FileToMove | string)[], settings: RunSettings = {}): Promise<RunEnd> {
    const asked = files.map((file) => typeof file === "string" ? { url: file } : file);
    const ads = asked.map(({ url, name, ad }, index) =>
      `[ Url = ${quote(url)}; LocalFileName = ${quote(this.path(name ?? `f${index}`))}; ${
        ad ?? ""
      } ]`
    );
    this.write(".in", (settings.header ?? "") + ads.join("\n"));
    this.write(".out", " ".repeat(19264));
    const end: RunEnd = { status: -1, ads: [], out: "", stderr: "", waits: [] };
    const host: Host = {
      clock: {
        ...SYSTEM_CLOCK,
        random: () => 0.5,
        sleep: (ms, signal) => {
          end.waits.push(Math.round(ms / 100) / 10);
          return signal.aborted ? Promise.reject(signal.reason) : Promise.resolve();
        },
        ...settings.clock,
      },
      env: (name) => settings.env?.[name],
      hostname: () => "ep.example",
      cwd: () => this.directory,
      stdout: () => {},
      stderr: (text) => void (end.stderr += text),
      onSignal: () => () => {},
    };
    const args = ["-infile", this.path(".in"), "-outfile", this.path(".out")];
    if (settings.upload) args.push("-upload");
    if (settings.diagnostic) args.push("-diagnostic");
    end.status = await runPlugin(PLUGIN, args, host);
    end.out = new TextDecoder().decode(this.read(".out"));
    const found = [...parseAds(this.read(".out"))];
    end.ads = asked.map(({ url, name }, index) => {
      const path = this.path(name ?? `f${index}`);
      const own = found.filter((ad) =>
        ad.getString("TransferUrl") === url && ad.getString("TransferFileName") === path
      );
      if (own.length !== 1) throw new Error(`${own.length} ads for "${url}"`);
      return own[0]!;
    });
    return end;
  }
}

/** What became of a run. */
export interface RunEnd {
  status: number;
  /** The result ads, in the order of the files. */
  ads: ClassAd[];
  /** The out file's text. */
  out: string;
  stderr: string;
  /** Seconds waited between attempts. */
  waits: number[];
}

/** The text of an ad's error, and its last stanza's kind, type, code, server and Retryable. */
export function failureOf(ad: ClassAd | undefined): Record<string, unknown> {
  const stanza = stanzas(ad).at(-1);
  return {
    text: ad?.getString("TransferError"),
    kind: stanza?.getString("ErrorType"),
    type: stanza?.getString("FailureType"),
    code: stanza?.getInteger("ErrorCode"),
    server: stanza?.getString("FailedServer"),
    retryable: stanza?.getInteger("Retryable"),
  };
}

/** The elements of `TransferErrorData`. */
export function stanzas(ad: ClassAd | undefined): ClassAd[] {
  return (ad?.getList("TransferErrorData") ?? []) as ClassAd[];
}

/** Bytes that no run of equal ones hides a mistake in. */
export function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 17 + (i >> 16)) & 0xff;
  return bytes;
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
