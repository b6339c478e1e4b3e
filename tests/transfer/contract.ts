/**
 * What every scheme must do, whatever it moves bytes with.
 *
 * A scheme's test calls `schemeContract()` with a way to open a server (or what stands for one) and
 * to look behind it. The context makers serve the schemes' other tests as well.
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { join } from "@std/path";
import { type FailureKind, TransferFailure } from "../../core/errors.ts";
import { DEFAULT_OPTIONS, type TransferOptions } from "../../core/transfer/options.ts";
import { PartFile } from "../../core/transfer/part_file.ts";
import type {
  DeveloperFacts,
  Digest,
  DownloadContext,
  Scheme,
  TransferContext,
  UploadContext,
} from "../../core/transfer/scheme.ts";
import { parseTransferUrl } from "../../core/transfer/url.ts";

/** A server under test, and the view behind it. */
export interface ContractServer {
  readonly scheme: Scheme;
  /** The URL of a file, its name percent-encoded as the scheme needs it. */
  url(path: string): string;
  /** Puts a file there, its directories included. */
  put(path: string, bytes: Uint8Array): void | Promise<void>;
  /** What lies there now. */
  get(path: string): Uint8Array | Promise<Uint8Array>;
  /** Stops the server and removes its files. */
  close(): void | PromiseLike<void>;
}

/** What differs between schemes. */
export interface ContractOptions {
  /** Opens a fresh server. */
  readonly open: () => ContractServer | Promise<ContractServer>;
  /** Whether the scheme uploads. */
  readonly upload: boolean;
  /** Whether a transfer can be broken off between two of its bytes. */
  readonly breakable: boolean;
  /** Kind of the failure for a file that is not there; `Specification` by default. */
  readonly missing?: FailureKind;
  /** Bytes of the largest file tried; by default more than any buffer on the way holds. */
  readonly large?: number;
  /** Whether an upload into a missing directory fails; true by default. */
  readonly needsDirectory?: boolean;
  /** Texts that no message may hold. */
  readonly secrets?: readonly string[];
  /** Reason to skip all. */
  readonly ignore?: boolean;
}

/** What a context heard. */
export interface Heard {
  moved: number;
  connected: number;
  readonly facts: DeveloperFacts;
  readonly offered: Digest[];
}

/** Settings of a context for tests. */
export interface ContextOptions {
  readonly options?: Partial<TransferOptions>;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly attempt?: number;
  /** Called after each report of bytes. */
  readonly onMoved?: (total: number) => void;
}

/** A context for one download into `part`. */
export function downloadContext(
  url: string,
  settings: ContextOptions & { part: PartFile },
): { ctx: DownloadContext; heard: Heard } {
  const { base, heard } = makeContext(url, settings);
  return {
    heard,
    ctx: { ...base, part: settings.part, offer: (digest) => void heard.offered.push(digest) },
  };
}

/** A context for one upload of `size` bytes. */
export function uploadContext(
  url: string,
  settings: ContextOptions & { size: number },
): { ctx: UploadContext; heard: Heard } {
  const { base, heard } = makeContext(url, settings);
  return { heard, ctx: { ...base, size: settings.size } };
}

function makeContext(
  url: string,
  settings: ContextOptions,
): { base: TransferContext; heard: Heard } {
  const heard: Heard = { moved: 0, connected: 0, facts: {}, offered: [] };
  let parsed: { method: string; credential: string | undefined };
  try {
    parsed = parseTransferUrl(url);
  } catch {
    parsed = { method: "", credential: undefined };
  }
  const base: TransferContext = {
    method: parsed.method,
    credential: parsed.credential,
    attempt: settings.attempt ?? 1,
    options: { ...DEFAULT_OPTIONS, ...settings.options },
    env: (name) => settings.env?.[name],
    signal: settings.signal ?? new AbortController().signal,
    connected: () => void heard.connected++,
    moved: (bytes) => {
      heard.moved += bytes;
      settings.onMoved?.(heard.moved);
    },
    whenSlow: () => {},
    note: (facts) => void Object.assign(heard.facts, facts),
  };
  return { base, heard };
}

/** Bytes that look random and are the same in each run. */
export function sampleBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** A directory that is gone after the test. */
export class TempDir {
  readonly path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "pinion-test-" }));

  join(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Names in it, sorted. */
  names(): string[] {
    return [...Deno.readDirSync(this.path)].map((entry) => entry.name).sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Runs `work`, which must fail as a `TransferFailure` fit for a result ad, and returns that. */
export async function failureOf(
  work: () => Promise<unknown>,
  secrets: readonly string[] = [],
): Promise<TransferFailure> {
  const failure = await assertRejects(work, TransferFailure);
  assertNotMatch(failure.message, /[\r\n]/);
  assert(failure.message.length > 0 && failure.message.length < 2000, failure.message);
  for (const secret of secrets) assert(!failure.message.includes(secret), failure.message);
  assert(Number.isInteger(failure.facts.errorCode) && failure.facts.errorCode > 0);
  if (failure.kind !== "Parameter" && failure.kind !== "Resolution") {
    assert(failure.facts.server, `${failure.kind} without a server`);
  }
  if (failure.kind === "Transfer" || failure.kind === "Authorization") {
    assert(failure.facts.failureType, `${failure.kind} without FailureType`);
  }
  return failure;
}

/** Declares the tests of the contract for one scheme. */
export function schemeContract(name: string, contract: ContractOptions): void {
  const { secrets = [], ignore = false, large = 8 * 1024 * 1024 + 12345 } = contract;
  const declare = (
    what: string,
    run: (server: ContractServer, dir: TempDir) => Promise<void>,
    when = true,
  ) => {
    if (!when) return;
    Deno.test({
      name: `${name}: ${what}`,
      ignore,
      fn: async () => {
        using dir = new TempDir();
        const server = await contract.open();
        try {
          await run(server, dir);
        } finally {
          server.scheme.close?.();
          await server.close();
        }
      },
    });
  };

  const fetchFile = async (server: ContractServer, dir: TempDir, path: string) => {
    const url = server.url(path);
    const part = new PartFile(dir.join("target"));
    const { ctx, heard } = downloadContext(url, { part });
    await server.scheme.download!(url, part.path, ctx);
    return { bytes: Deno.readFileSync(part.path), heard, part };
  };

  for (
    const [what, path, length] of [
      ["brings a file", "dir/file.bin", 20_000],
      ["brings an empty file", "empty", 0],
      ["brings one byte", "one", 1],
      ["brings a file larger than its buffers", "large", large],
      ["brings a file whose name needs escapes", "a b/100%#ü&+=~'.txt", 77],
    ] as const
  ) {
    declare(what, async (server, dir) => {
      const sent = sampleBytes(length);
      await server.put(path, sent);
      const { bytes, heard, part } = await fetchFile(server, dir, path);
      assertEquals(bytes.length, length);
      assert(bytes.every((byte, i) => byte === sent[i]), "content differs");
      assertEquals(heard.moved, length);
      assert(heard.connected > 0, "connected() was not called");
      assertEquals(dir.names(), [part.path.slice(dir.path.length + 1)]);
      assertEquals(part.size(), length);
    });
  }

  declare("leaves an existing target alone", async (server, dir) => {
    Deno.writeTextFileSync(dir.join("target"), "old");
    await server.put("new", sampleBytes(10));
    await fetchFile(server, dir, "new");
    assertEquals(Deno.readTextFileSync(dir.join("target")), "old");
  });

  declare("reports a missing file, once and for all", async (server, dir) => {
    const failure = await failureOf(() => fetchFile(server, dir, "absent/file"), secrets);
    assertEquals(failure.kind, contract.missing ?? "Specification");
    assertEquals(failure.facts.retryable, -1);
    assertEquals(dir.names().filter((each) => !each.startsWith(".")), []);
  });

  declare("brings files one after the other and side by side", async (server, dir) => {
    const count = 5;
    for (let i = 0; i < count; i++) await server.put(`f${i}`, sampleBytes(1000 + i, i));
    const get = async (i: number) => {
      const part = new PartFile(dir.join(`t${i}`));
      const url = server.url(`f${i}`);
      await server.scheme.download!(url, part.path, downloadContext(url, { part }).ctx);
      assertEquals(Deno.readFileSync(part.path), sampleBytes(1000 + i, i));
      part.remove();
    };
    for (let i = 0; i < count; i++) await get(i);
    await Promise.all(Array.from({ length: count }, (_, i) => get(i)));
  });

  declare("does not begin when already aborted", async (server, dir) => {
    await server.put("file", sampleBytes(100));
    const url = server.url("file");
    const part = new PartFile(dir.join("target"));
    const reason = new TransferFailure("Transfer", "Aborted due to lack of progress", {
      errorCode: 42,
      retryable: 0,
      failureType: "TooSlow",
    });
    const { ctx } = downloadContext(url, { part, signal: AbortSignal.abort(reason) });
    const thrown = await server.scheme.download!(url, part.path, ctx).catch((error) => error);
    assertStrictEquals(thrown, reason);
    assertEquals(dir.names(), []);
  });

  declare(
    "ends with the signal's reason when aborted, and brings exact bytes the next time",
    async (server, dir) => {
      const sent = sampleBytes(large);
      await server.put("large", sent);
      const url = server.url("large");
      const part = new PartFile(dir.join("target"));
      const abort = new AbortController();
      const reason = new TransferFailure("Transfer", "Deadline", {
        errorCode: 28,
        retryable: 0,
        failureType: "TimedOut",
      });
      const first = downloadContext(url, {
        part,
        signal: abort.signal,
        onMoved: () => abort.abort(reason),
      });
      const thrown = await server.scheme.download!(url, part.path, first.ctx)
        .catch((error) => error);
      assertStrictEquals(thrown, reason);
      assert(first.heard.moved < large, "all was moved before the abort was heeded");
      const second = downloadContext(url, { part, attempt: 2 });
      await server.scheme.download!(url, part.path, second.ctx);
      const bytes = Deno.readFileSync(part.path);
      assertEquals(bytes.length, large);
      assert(bytes.every((byte, i) => byte === sent[i]), "content differs");
    },
    contract.breakable,
  );

  const sendFile = async (
    server: ContractServer,
    dir: TempDir,
    { path, bytes }: { path: string; bytes: Uint8Array },
  ) => {
    const url = server.url(path);
    const source = dir.join("source");
    Deno.writeFileSync(source, bytes);
    const { ctx, heard } = uploadContext(url, { size: bytes.length });
    await server.scheme.upload!(source, url, ctx);
    return heard;
  };

  for (
    const [what, path, length] of [
      ["sends a file", "sent.bin", 20_000],
      ["sends an empty file", "empty", 0],
      ["sends a file larger than its buffers", "large", large],
      ["sends a file whose name needs escapes", "a b 100%#ü&+=~'.txt", 77],
    ] as const
  ) {
    declare(what, async (server, dir) => {
      const bytes = sampleBytes(length, 3);
      const heard = await sendFile(server, dir, { path, bytes });
      const there = await server.get(path);
      assertEquals(there.length, length);
      assert(there.every((byte, i) => byte === bytes[i]), "content differs");
      assertEquals(heard.moved, length);
      assert(heard.connected > 0, "connected() was not called");
      assertEquals(Deno.readFileSync(dir.join("source")), bytes);
      assertEquals(dir.names(), ["source"]);
    }, contract.upload);
  }

  declare("replaces a file when sending", async (server, dir) => {
    await server.put("there", sampleBytes(5000));
    await sendFile(server, dir, { path: "there", bytes: sampleBytes(10) });
    assertEquals(new Uint8Array(await server.get("there")), sampleBytes(10));
  }, contract.upload);

  declare("reports a missing directory when sending", async (server, dir) => {
    const failure = await failureOf(
      () => sendFile(server, dir, { path: "absent/dir/file", bytes: sampleBytes(10) }),
      secrets,
    );
    assertEquals(failure.kind, "Specification");
    assertEquals(failure.facts.retryable, -1);
  }, contract.upload && (contract.needsDirectory ?? true));

  declare("ends sending with the signal's reason when aborted", async (server, dir) => {
    const url = server.url("large");
    const source = dir.join("source");
    Deno.writeFileSync(source, sampleBytes(large));
    const abort = new AbortController();
    const reason = new TransferFailure("Transfer", "Deadline", {
      errorCode: 28,
      retryable: 0,
      failureType: "TimedOut",
    });
    const { ctx } = uploadContext(url, {
      size: large,
      signal: abort.signal,
      onMoved: () => abort.abort(reason),
    });
    const thrown = await server.scheme.upload!(source, url, ctx).catch((error) => error);
    assertStrictEquals(thrown, reason);
    await sendFile(server, dir, { path: "large", bytes: sampleBytes(large) });
    assertEquals((await server.get("large")).length, large);
  }, contract.upload && contract.breakable);

  declare("refuses a URL that cannot be used", async (server, dir) => {
    const method = server.scheme.methods[0]!;
    for (const url of ["", "x", `${method}://`, `${method}:///a\u0000b`, `${method}://[::/%ff,%`]) {
      const part = new PartFile(dir.join("target"));
      const { ctx } = downloadContext(url, { part });
      const failure = await failureOf(() => server.scheme.download!(url, part.path, ctx), secrets);
      assertInstanceOf(failure, TransferFailure);
      assertEquals([url, failure.kind], [url, "Parameter"]);
    }
  });
}
