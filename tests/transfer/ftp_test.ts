import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { dirname } from "@std/path";
import { TransferFailure } from "../../core/errors.ts";
import type { TransferOptions } from "../../core/transfer/options.ts";
import { PartFile } from "../../core/transfer/part_file.ts";
import { FtpScheme } from "../../core/transfer/schemes/ftp.ts";
import { parseFtpUrl } from "../../core/transfer/schemes/ftp_url.ts";
import { makeCa } from "../servers/ca.ts";
import { available, type Ftp, type FtpOptions, missing, startFtp } from "../servers/ftp.ts";
import {
  type ContextOptions,
  downloadContext,
  failureOf,
  type Heard,
  sampleBytes,
  schemeContract,
  TempDir,
  uploadContext,
} from "./contract.ts";

const ignore = !available;
const without = ignore ? ` (needs ${missing})` : "";
const HOST = () => "ep.example";

/** Puts a file where all users of the server may read and replace it. */
function put(server: Ftp, path: string, bytes: Uint8Array): void {
  const full = `${server.root}/${path}`;
  for (let dir = dirname(path); dir !== "."; dir = dirname(dir)) {
    Deno.mkdirSync(`${server.root}/${dir}`, { recursive: true });
    Deno.chmodSync(`${server.root}/${dir}`, 0o777);
  }
  Deno.writeFileSync(full, bytes);
  Deno.chmodSync(full, 0o666);
}

const escaped = (path: string) => path.split("/").map(encodeURIComponent).join("/");

schemeContract(`ftp${without}`, {
  ignore,
  upload: true,
  breakable: true,
  secrets: ["right password", "right%20password"],
  open: async () => {
    const server = await startFtp();
    const user = `${server.user}:${encodeURIComponent(server.password)}@`;
    const origin = server.origin.replace("//", `//${user}`);
    return {
      scheme: new FtpScheme({ hostname: HOST }),
      url: (path) => `${origin}/${escaped(path)}`,
      put: (path, bytes) => put(server, path, bytes),
      get: (path) => Deno.readFileSync(`${server.root}/${path}`),
      close: () => server[Symbol.asyncDispose](),
    };
  },
});

async function download(
  scheme: FtpScheme,
  url: string,
  settings: ContextOptions & { part?: PartFile } = {},
): Promise<{ bytes: Uint8Array; heard: Heard }> {
  using dir = new TempDir();
  const part = settings.part ?? new PartFile(dir.join("target"));
  const { ctx, heard } = downloadContext(url, { ...settings, part });
  await scheme.download(url, part.path, ctx);
  return { bytes: Deno.readFileSync(part.path), heard };
}

async function upload(
  scheme: FtpScheme,
  url: string,
  settings: { bytes: Uint8Array; options?: Partial<TransferOptions>; size?: number },
): Promise<Heard> {
  using dir = new TempDir();
  Deno.writeFileSync(dir.join("source"), settings.bytes);
  const { ctx, heard } = uploadContext(url, {
    size: settings.size ?? settings.bytes.length,
    options: settings.options ?? {},
  });
  await scheme.upload(dir.join("source"), url, ctx);
  return heard;
}

/** Declares a test with a server and a scheme. */
function withServer(
  name: string,
  run: (server: Ftp, scheme: FtpScheme) => Promise<void>,
  options: FtpOptions = {},
): void {
  Deno.test({
    name: `FtpScheme ${name}${without}`,
    ignore,
    fn: async () => {
      await using server = await startFtp(options);
      const scheme = new FtpScheme({ hostname: HOST });
      try {
        await run(server, scheme);
      } finally {
        scheme.close();
      }
    },
  });
}

Deno.test("parseFtpUrl() gives one directory for each component", () => {
  for (
    const [url, directories, name, ascii] of [
      ["ftp://h/f", [], "f", false],
      ["ftp://h/a/b/f", ["a", "b"], "f", false],
      ["ftp://h/%2Fa/b/f", ["/a", "b"], "f", false],
      ["ftp://h//a/f", ["/", "a"], "f", false],
      ["ftp://h//f", ["/"], "f", false],
      ["ftp://h/a//f", ["a"], "f", false],
      ["ftp://h/a%20b/c%2Fd", ["a b"], "c/d", false],
      ["ftp://h/f;type=a", [], "f", true],
      ["ftp://h/f;TYPE=I", [], "f", false],
      ["ftp://h/a;type=a/f", ["a;type=a"], "f", false],
      ["ftp://h/f?x#y", [], "f?x#y", false],
    ] as const
  ) {
    const target = parseFtpUrl(url);
    assertEquals([url, target.directories, target.name, target.ascii], [
      url,
      [...directories],
      name,
      ascii,
    ]);
    assertEquals([target.server, target.user, target.password], [
      "h:21",
      "anonymous",
      "ftp@example.com",
    ]);
  }
});

Deno.test("parseFtpUrl() refuses what names no file, and line ends in any part", () => {
  for (
    const [url, reason] of [
      ["ftp://h", "Bad path"],
      ["ftp://h/", "Bad path"],
      ["ftp://h/a/", "Bad path"],
      ["ftp://h/f;type=d", "Bad path"],
      ["ftp://h/f%0d%0aDELE%20x", "Bad path"],
      ["ftp://h/a%0a/f", "Bad path"],
      ["ftp://h/%ff", "Bad path"],
      ["ftp://u%0d%0a@h/f", "Bad user"],
      ["ftp://u:p%0d%0aDELE%20x@h/f", "Bad password"],
      ["ftp:///f", "No host part in the URL"],
    ] as const
  ) {
    const failure = assertThrows(() => parseFtpUrl(url), TransferFailure);
    assertEquals([url, failure.message], [url, `URL rejected: ${reason}`]);
  }
});

withServer(
  "logs in as anonymous, asks for EPSV, sets TYPE I and reports 226",
  async (server, scheme) => {
    put(server, "a b/f", sampleBytes(100));
    const { bytes, heard } = await download(scheme, `${server.origin}/a%20b/f`);
    assertEquals(bytes, sampleBytes(100));
    assertEquals(heard.facts, { TransferHTTPStatusCode: 226 });
    scheme.close();
    const words = (await server.commands("RETR")).map(({ command }) => command)
      .filter((command) => !/^(OPTS|QUIT)/.test(command));
    assertEquals(words, [
      "USER anonymous",
      "PASS (hidden)",
      "PWD",
      "CWD a b",
      "TYPE I",
      "SIZE f",
      "EPSV",
      "RETR f",
    ]);
  },
);

withServer("keeps one connection for files one after the other", async (server, scheme) => {
  put(server, "a/1", sampleBytes(1));
  put(server, "a/2", sampleBytes(2));
  put(server, "b/3", sampleBytes(3));
  for (const [path, size] of [["a/1", 1], ["a/2", 2], ["b/3", 3]] as const) {
    assertEquals((await download(scheme, `${server.origin}/${path}`)).bytes, sampleBytes(size));
  }
  await failureOf(() => download(scheme, `${server.origin}/none`));
  const words = (await server.commands("RETR none")).map(({ command }) => command);
  assertEquals(words.filter((word) => word.startsWith("USER")).length, 1);
  assertEquals(words.filter((word) => word.startsWith("CWD")), [
    "CWD a",
    "CWD /",
    "CWD b",
    "CWD /",
  ]);
});

withServer("works over IPv6", async (server, scheme) => {
  put(server, "f", sampleBytes(100));
  assertEquals((await download(scheme, `${server.origin}/f`)).bytes, sampleBytes(100));
  assertMatch(server.origin, /^ftp:\/\/\[::1\]:/);
}, { hostname: "::1" });

withServer("falls back to PASV", async (server, scheme) => {
  put(server, "f", sampleBytes(100));
  assertEquals((await download(scheme, `${server.origin}/f`)).bytes, sampleBytes(100));
}, { refused: ["EPSV"] });

withServer("reports a server without passive mode as Contact", async (server, scheme) => {
  put(server, "f", sampleBytes(100));
  const failure = await failureOf(() => download(scheme, `${server.origin}/f`));
  assertEquals([failure.kind, failure.facts.retryable], ["Contact", 0]);
}, { refused: ["EPSV", "PASV"] });

withServer("reports refusals in libcurl's words, with the server", async (server, scheme) => {
  put(server, "d/f", sampleBytes(10));
  const host = `127.0.0.1:${server.port}`;
  for (
    const [url, kind, errorCode, status, message] of [
      [`ftp://${host}/none`, "Specification", 78, 550, "The file does not exist"],
      [`ftp://${host}/d`, "Specification", 78, 550, "The file does not exist"],
      [
        `ftp://${host}/x/f`,
        "Specification",
        9,
        550,
        "Server denied you to change to the given directory",
      ],
      [`ftp://tester:s3cret@${host}/d/f`, "Authorization", 67, 530, "Access denied: 530"],
    ] as const
  ) {
    const failure = await failureOf(() => download(scheme, url), ["s3cret"]);
    assertEquals([failure.message, failure.kind], [message, kind]);
    const { facts } = failure;
    assertEquals([facts.errorCode, facts.status, facts.retryable], [errorCode, status, -1]);
    assertEquals(facts.server, host);
  }
});

withServer("reports a refused upload as Specification", async (server, scheme) => {
  const failure = await failureOf(() =>
    upload(scheme, `${server.origin}/f`, { bytes: sampleBytes(10) })
  );
  assertEquals([failure.kind, failure.message], ["Specification", "Failed FTP upload: 550"]);
  assertEquals([failure.facts.errorCode, failure.facts.retryable], [25, -1]);
}, { readOnly: true });

withServer("makes missing directories only when told so", async (server, scheme) => {
  const url = `${server.origin}/new/er/f`;
  const bytes = sampleBytes(10);
  assertEquals((await failureOf(() => upload(scheme, url, { bytes }))).facts.errorCode, 9);
  const heard = await upload(scheme, url, { bytes, options: { ftpCreateDirs: true } });
  assertEquals(heard.facts, { TransferHTTPStatusCode: 226 });
  assertEquals(Deno.readFileSync(`${server.root}/new/er/f`), bytes);
});

withServer("converts line ends with ;type=a, both ways", async (server, scheme) => {
  put(server, "t", new TextEncoder().encode("a\nb\n\nc"));
  const { bytes, heard } = await download(scheme, `${server.origin}/t;type=a`);
  assertEquals(new TextDecoder().decode(bytes), "a\nb\n\nc");
  assertEquals(heard.moved, 9);
  const sent = await upload(scheme, `${server.origin}/u;type=a`, { bytes });
  assertEquals(sent.moved, 9);
  assertEquals(Deno.readTextFileSync(`${server.root}/u`), "a\nb\n\nc");
});

withServer(
  "notices that the local file changed, and checks the size when told so",
  async (server, scheme) => {
    const bytes = sampleBytes(10);
    const changed = await failureOf(() =>
      upload(scheme, `${server.origin}/f`, { bytes, size: 11 })
    );
    assertEquals(changed.kind, "Parameter");
    await upload(scheme, `${server.origin}/f`, { bytes, options: { verifyUpload: true } });
    assert((await server.commands("SIZE f")).some(({ code }) => code === 213));
  },
);

const LARGE = 3 * (1 << 20) + 5;

/** Breaks a download of `f` after `after` bytes and lets it go on. */
async function resume(
  server: Ftp,
  scheme: FtpScheme,
  { after, between }: { after: number; between: () => void },
): Promise<Heard> {
  using dir = new TempDir();
  const part = new PartFile(dir.join("target"));
  const url = `ftp://tester:right%20password@127.0.0.1:${server.port}/f`;
  const abort = new AbortController();
  const reason = new TransferFailure("Transfer", "cut", {
    errorCode: 28,
    retryable: 0,
    failureType: "TimedOut",
  });
  const thrown = await download(scheme, url, {
    part,
    signal: abort.signal,
    onMoved: (total) => total > after && abort.abort(reason),
  }).catch((error) => error);
  assertStrictEquals(thrown, reason);
  between();
  const { bytes, heard } = await download(scheme, url, { part });
  const there = Deno.readFileSync(`${server.root}/f`);
  assertEquals(bytes.length, there.length);
  assert(bytes.every((byte, i) => byte === there[i]), "content differs");
  return heard;
}

withServer("goes on with a broken download where it ended", async (server, scheme) => {
  put(server, "f", sampleBytes(LARGE));
  const heard = await resume(server, scheme, { after: 2 << 20, between: () => {} });
  assert(heard.moved <= 1 << 20, `${heard.moved} bytes were moved`);
});

withServer("begins anew when the file changed, its size or its time", async (server, scheme) => {
  put(server, "f", sampleBytes(LARGE));
  const time = await resume(server, scheme, {
    after: 2 << 20,
    between: () => {
      put(server, "f", sampleBytes(LARGE, 9));
      Deno.utimeSync(`${server.root}/f`, 1_000_000_000, 1_000_000_000);
    },
  });
  assertEquals(time.moved, LARGE);
  const size = await resume(server, scheme, {
    after: 2 << 20,
    between: () => {
      put(server, "f", sampleBytes(LARGE + 1, 9));
      Deno.utimeSync(`${server.root}/f`, 1_000_000_000, 1_000_000_000);
    },
  });
  assertEquals(size.moved, LARGE + 1);
});

withServer("begins anew when little is there", async (server, scheme) => {
  put(server, "f", sampleBytes(LARGE));
  const heard = await resume(server, scheme, { after: 0, between: () => {} });
  assertEquals(heard.moved, LARGE);
});

withServer("begins anew when the server refuses to start in the middle", async (server, scheme) => {
  put(server, "f", sampleBytes(LARGE));
  const heard = await resume(server, scheme, { after: 2 << 20, between: () => {} });
  assertEquals(heard.moved, LARGE);
}, { snippet: "<Directory />\n  AllowRetrieveRestart off\n</Directory>" });

for (
  const [protocol, sessionReuse] of [
    ["TLSv1.2", false],
    ["TLSv1.3", false],
    ["TLSv1.2", true],
    ["TLSv1.3", true],
  ] as const
) {
  const lack = sessionReuse ? " resuming sessions (needs session resumption in node:tls)" : "";
  Deno.test({
    name: `FtpScheme moves files over ${protocol}${lack}${without}`,
    ignore: ignore || sessionReuse,
    fn: async () => {
      const ca = await makeCa();
      const tls = { ...ca.good, required: true, protocol, sessionReuse };
      await using server = await startFtp({ tls });
      const scheme = new FtpScheme({ authorities: () => Promise.resolve([ca.ca]), hostname: HOST });
      const options = { ftpTls: "explicit" } as const;
      try {
        await upload(scheme, `${server.origin}/f`, { bytes: sampleBytes(300_000), options });
        const { bytes } = await download(scheme, `${server.origin}/f`, { options });
        assertEquals(bytes, sampleBytes(300_000));
        const plain = await failureOf(() => download(scheme, `${server.origin}/f`));
        assertEquals(plain.kind, "Authorization");
      } finally {
        scheme.close();
      }
    },
  });
}

for (const certificate of ["selfSigned", "expired", "wrongName", "unknownCa"] as const) {
  Deno.test({
    name: `FtpScheme refuses a certificate that is ${certificate}${without}`,
    ignore,
    fn: async () => {
      const ca = await makeCa();
      await using server = await startFtp({ tls: ca[certificate] });
      const scheme = new FtpScheme({ authorities: () => Promise.resolve([ca.ca]), hostname: HOST });
      try {
        const options = { ftpTls: "explicit" } as const;
        const failure = await failureOf(() => download(scheme, `${server.origin}/f`, { options }));
        assertEquals([failure.kind, failure.facts.failureType], [
          "Authorization",
          "Authentication",
        ]);
        assertEquals([failure.facts.errorCode, failure.facts.retryable], [60, -1]);
      } finally {
        scheme.close();
      }
    },
  });
}

withServer(
  "does not fall back to plain text when the server has no TLS",
  async (server, scheme) => {
    const failure = await failureOf(() =>
      download(scheme, `${server.origin}/f`, { options: { ftpTls: "explicit" } })
    );
    assertEquals([failure.kind, failure.facts.retryable], ["Contact", -1]);
    const commands = await server.commands("AUTH");
    assert(!commands.some(({ command }) => command.startsWith("USER")));
  },
);

Deno.test("FtpScheme refuses a proxy for ftp unless no_proxy names the server", async () => {
  using dir = new TempDir();
  const scheme = new FtpScheme({ hostname: HOST });
  const url = "ftp://127.0.0.1:1/f";
  for (const name of ["ftp_proxy", "FTP_PROXY", "all_proxy"]) {
    const env = { [name]: "http://u:s3cret@proxy.example:3128" };
    const failure = await failureOf(() => download(scheme, url, { env }), ["s3cret"]);
    assertEquals(failure.kind, "Parameter");
    assertEquals(
      failure.message,
      "Cannot reach 127.0.0.1:1: ftp through the proxy proxy.example:3128 is not supported",
    );
    const past = { ...env, no_proxy: "127.0.0.1" };
    assertEquals((await failureOf(() => download(scheme, url, { env: past }))).kind, "Contact");
  }
  assertEquals(dir.names(), []);
});

Deno.test("FtpScheme reports a refused connection as Contact with libcurl's words", async () => {
  const failure = await failureOf(() => download(new FtpScheme(), "ftp://u:s3cret@127.0.0.1:1/f"));
  assertMatch(
    failure.message,
    /^Failed to connect to 127\.0\.0\.1 port 1 after \d+ ms: Could not connect to server$/,
  );
  assertEquals([failure.kind, failure.facts.errorCode, failure.facts.retryable], ["Contact", 7, 0]);
  assertEquals(failure.facts.server, "127.0.0.1:1");
});

/** What a scripted server does with a command: the reply, data to send first, or a hang-up. */
type Script = (command: string, session: number) => string | { data: Uint8Array } | undefined;

/** An FTP server that answers by a script, for what a real one would not do. */
class ScriptedFtp implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn | Deno.Listener>();
  readonly #done: Promise<unknown>[] = [];
  readonly origin = `ftp://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  sessions = 0;

  constructor(script: Script) {
    const serve = async () => {
      for await (const conn of this.#listener) {
        this.#open.add(conn);
        const session = ++this.sessions;
        this.#done.push(
          this.#session(conn, (command) => script(command, session)).catch(() => undefined),
        );
      }
    };
    this.#done.push(serve());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const each of this.#open) {
      try {
        each.close();
      } catch {
        // It was closed in the session.
      }
    }
    await Promise.all(this.#done);
  }

  async #session(
    conn: Deno.Conn,
    script: (command: string) => string | { data: Uint8Array } | undefined,
  ): Promise<void> {
    const say = (text: string) => conn.write(new TextEncoder().encode(`${text}\r\n`));
    let data: Deno.Listener | undefined;
    const answer = async (command: string): Promise<boolean> => {
      const scripted = script(command);
      if (scripted === undefined) return false;
      if (typeof scripted !== "string") {
        await say("150 here it comes");
        const peer = await data!.accept();
        await peer.write(scripted.data);
        peer.close();
        await say("226 done");
      } else if (scripted !== "") {
        await say(scripted);
      } else if (command === "EPSV") {
        data = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        this.#open.add(data);
        await say(`229 (|||${(data.addr as Deno.NetAddr).port}|)`);
      } else {
        await say(DEFAULTS[command.split(" ")[0]!] ?? "200 fine");
      }
      return true;
    };
    let text = "";
    if (!await answer("")) return conn.close();
    for await (const chunk of conn.readable.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end; (end = text.indexOf("\r\n")) >= 0;) {
        const command = text.slice(0, end);
        text = text.slice(end + 2);
        if (command === "QUIT") return;
        if (!await answer(command)) return;
      }
    }
  }
}

const DEFAULTS: Readonly<Record<string, string>> = {
  "": "220 hello",
  USER: "331 password, please",
  PASS: "230 in",
  PWD: '257 "/"',
  SIZE: "213 10",
};

/** Declares a test of a download from a scripted server. */
function scripted(
  name: string,
  script: Script,
  run: (server: ScriptedFtp, scheme: FtpScheme) => Promise<void>,
): void {
  Deno.test(`FtpScheme ${name}`, async () => {
    await using server = new ScriptedFtp(script);
    const scheme = new FtpScheme({ hostname: HOST });
    try {
      await run(server, scheme);
    } finally {
      scheme.close();
    }
  });
}

scripted(
  "reports a file that ends early as Incomplete",
  (command) => command === "RETR f" ? { data: sampleBytes(6) } : "",
  async (server, scheme) => {
    const failure = await failureOf(() => download(scheme, `${server.origin}/f`));
    assertEquals(failure.message, "end of response with 4 bytes missing");
    const { errorCode, failureType, retryable } = failure.facts;
    assertEquals([errorCode, failureType, retryable], [18, "Incomplete", 0]);
  },
);

scripted(
  "connects anew when the server hung up on a kept connection",
  (command, session) => {
    if (command === "SIZE g" && session === 1) return undefined;
    return command.startsWith("RETR") ? { data: sampleBytes(10) } : "";
  },
  async (server, scheme) => {
    await download(scheme, `${server.origin}/f`);
    await download(scheme, `${server.origin}/g`);
    assertEquals(server.sessions, 2);
  },
);

scripted(
  "connects anew when the server says 421 on a kept connection",
  (command, session) => {
    if (command === "SIZE g" && session === 1) return "421 idle for too long";
    return command.startsWith("RETR") ? { data: sampleBytes(10) } : "";
  },
  async (server, scheme) => {
    await download(scheme, `${server.origin}/f`);
    await download(scheme, `${server.origin}/g`);
    assertEquals(server.sessions, 2);
  },
);

scripted(
  "connects anew when the server hung up before the first data connection",
  (command, session) => {
    if (command === "CWD none") return "550 no";
    if (command === "EPSV" && session === 1) return undefined;
    return command.startsWith("RETR") ? { data: sampleBytes(10) } : "";
  },
  async (server, scheme) => {
    await failureOf(() => download(scheme, `${server.origin}/none/f`));
    await download(scheme, `${server.origin}/g`);
    assertEquals(server.sessions, 2);
  },
);

scripted(
  "does not show a password that the server repeats",
  (command) => command.startsWith("PASS") ? `530 wrong: ${command}` : "",
  async (server, scheme) => {
    const url = server.origin.replace("//", "//u:s3cret@") + "/f";
    const failure = await failureOf(() => download(scheme, url), ["s3cret"]);
    assertEquals(failure.message, "Access denied: 530");
  },
);

for (
  const [stage, command, reply, kind, failureType, retryable] of [
    ["greeting", "", "421 too many users", "Transfer", "ServerError", 0],
    ["greeting", "", "500 broken", "Transfer", "ServerError", 0],
    ["greeting", "", "530 go away", "Authorization", "Authorization", -1],
    ["login", "PASS ftp@example.com", "421 too many users", "Transfer", "ServerError", 0],
    ["login", "USER anonymous", "532 account", "Authorization", "Authentication", -1],
    ["directory", "CWD d", "530 no", "Authorization", "Authorization", -1],
    ["directory", "CWD d", "550 no", "Specification", undefined, -1],
    ["directory", "CWD d", "450 busy", "Transfer", "ServerError", 0],
    ["file", "RETR f", "425 no data connection", "Transfer", "Incomplete", 0],
    ["file", "RETR f", "450 busy", "Transfer", "ServerError", 0],
    ["file", "RETR f", "502 what", "Specification", undefined, -1],
    ["file", "RETR f", "550 no", "Specification", undefined, -1],
    ["file", "RETR f", "552 quota", "Transfer", "Quota", -1],
    ["data connection", "EPSV", "229 (|||nothing|)", "Contact", undefined, 0],
    ["data connection", "EPSV", "229 (|||1|)", "Contact", undefined, 0],
    ["replies", "TYPE I", `200-${"x".repeat(1 << 20)}`, "Transfer", "Incomplete", 0],
  ] as const
) {
  scripted(
    `takes ${reply.slice(0, 20)} at ${stage} for ${kind} ${failureType ?? ""}`.trimEnd(),
    (given) => given === command ? reply : given === "PASV" ? "502 no" : "",
    async (server, scheme) => {
      const failure = await failureOf(() => download(scheme, `${server.origin}/d/f`));
      assertEquals([failure.kind, failure.facts.failureType], [kind, failureType]);
      assertEquals(failure.facts.retryable, retryable);
      assertEquals(failure.facts.server, server.origin.slice(6));
    },
  );
}
