/** Uploads by HTCondor's ways to real servers, and their removal. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { missing as noApache, startApache } from "../../servers/apache.ts";
import { makeCa, missing as noCa } from "../../servers/ca.ts";
import { missing as noNginx, startNginx } from "../../servers/nginx.ts";
import { findProgram } from "../../servers/process.ts";
import { Scratch } from "../../transfer/run_files.ts";
import { built } from "../../build/built.ts";
import { run } from "../../build/probe.ts";
import { contextWith, GID, kinds, leftovers, open, remove } from "./http_runs.ts";

const never = new AbortController().signal;

/** Names as jobs have them that the uploaders take. */
const ODD = [
  "plain",
  "d/e/f",
  "/etc/hostname",
  "a//b",
  "-rf",
  "--",
  "a%20b",
  "%41%2542",
  "naïve/日本語",
  `double"quote'single`,
  "a+b&c=d,e",
  "semi;colon",
  "q?x=y",
  "h#x",
  "*[a]{b}",
  "back\\slash",
  "ü\\ö",
  "~",
  "...",
  "a:b@c$(id)`id`|^<>",
];

function filesIn(root: string, below = ""): string[] {
  return [...Deno.readDirSync(`${root}/${below}`)].flatMap(({ name, isDirectory }) =>
    name === ".DAV" ? [] : isDirectory ? filesIn(root, `${below}${name}/`) : [`${below}${name}`]
  ).sort();
}

function directoriesIn(root: string, below = ""): string[] {
  return [...Deno.readDirSync(`${root}/${below}`)].flatMap(({ name, isDirectory }) =>
    name === ".DAV" || !isDirectory
      ? []
      : [`${below}${name}`, ...directoriesIn(root, `${below}${name}/`)]
  ).sort();
}

function check(
  name: string,
  missing: string,
  fn: (t: Deno.TestContext) => Promise<void>,
): void {
  const title = `cleanup_http_checkpoint ${name}`;
  Deno.test({
    name: missing === "" ? title : `${title} (skipped: ${missing})`,
    ignore: missing !== "",
    fn,
  });
}

/** Uploads with our own plug-in. */
async function upload(
  destination: string,
  names: readonly string[],
  settings: { env?: Record<string, string>; number?: string; ad?: string } = {},
): Promise<void> {
  const { number = "0003", ad, env } = settings;
  using scratch = new Scratch();
  names.forEach((name, i) => scratch.write(`f${i}`, `${name}\n`));
  const urls = names.map((name) => ({
    url: `${destination}/${GID}/${number}/${name}`,
    ...(ad !== undefined && { ad }),
  }));
  const end = await scratch.run(urls, { upload: true, ...(env && { env }) });
  assertEquals(end.status, 0, end.out);
}

/** Uploads with libcurl, as HTCondor's plug-in does. */
async function uploadByCurl(destination: string, names: readonly string[]): Promise<void> {
  using scratch = new Scratch();
  scratch.write("f", "x");
  for (const name of names) {
    const url = `${destination}/${GID}/0003/${name}`;
    const { code, stderr } = await new Deno.Command("curl", {
      args: ["-fsSg", "-T", scratch.path("f"), "--url", url],
      env: { no_proxy: "*" },
    }).output();
    assertEquals(code, 0, `${url}: ${new TextDecoder().decode(stderr)}`);
  }
}

check("removes from Apache exactly what was uploaded", noApache, async (t) => {
  await using server = await startApache();
  const dav = `${server.origin.replace("http", "dav")}/store`;
  await using store = await open([]);
  await upload(dav, ["keep"]);
  for (const name of ODD) {
    await t.step(JSON.stringify(name), async () => {
      await upload(dav, [name]);
      const before = filesIn(server.root);
      assertEquals(before.length, 2, `${before}`);
      assertEquals(kinds(await remove(store, dav, [name])), { [name]: "gone" });
      assertEquals(filesIn(server.root), [`store/${GID}/0003/keep`]);
    });
  }
});

const noCurl = noApache || (findProgram("curl") === undefined ? "curl" : "");
check("removes from Apache exactly what libcurl uploaded", noCurl, async (t) => {
  await using server = await startApache();
  const dav = `${server.origin.replace("http", "dav")}/store`;
  await using store = await open([]);
  await upload(dav, ["keep"]);
  // Collections, which libcurl does not make.
  await upload(dav, ODD.map((name) => `${name.replace(/[?#].*$/, "")}`));
  await remove(store, dav, ODD);
  assertEquals(filesIn(server.root), [`store/${GID}/0003/keep`]);
  for (const name of [...ODD, "d/./x/../g"]) {
    await t.step(JSON.stringify(name), async () => {
      await uploadByCurl(`${server.origin}/store`, [name]);
      assertEquals(filesIn(server.root).length, 2);
      assertEquals(kinds(await remove(store, dav, [name])), { [name]: "gone" });
      assertEquals(filesIn(server.root), [`store/${GID}/0003/keep`]);
    });
  }
});

check("removes from nginx, where DELETE is all there is", noNginx, async () => {
  await using server = await startNginx({ dav: true, snippet: "create_full_put_path on;" });
  const destination = `${server.origin}/store`;
  await upload(destination, [...ODD, "keep"]);
  await using store = await open(["-prefix", `${server.origin}/`]);
  const ended = await remove(store, destination, [...ODD, "not/there"]);
  assert(Object.values(ended).every((failure) => failure === undefined), JSON.stringify(ended));
  assertEquals(filesIn(server.root), [`store/${GID}/0003/keep`]);
  assertEquals(store.leftovers, undefined);
});

check("removes as a whole, and then what is empty above", noApache, async () => {
  await using server = await startApache();
  const dav = `${server.origin.replace("http", "dav")}/store`;
  await using store = await open(["-collection"]);
  const location = { destination: dav, gid: GID };
  await upload(dav, ODD);
  await upload(dav, ["a", "d/b"], { number: "0004" });
  const before = (await server.requests()).length;
  const ended = await remove(store, dav, ODD, { whole: true });
  assert(Object.values(ended).every((failure) => failure === undefined));
  assertEquals(
    (await server.requests(before + 1)).slice(before).map((r) => `${r.method} ${r.uri}`),
    [
      `DELETE /store/${GID}/0003/`,
    ],
  );
  await store.prune!(location, never);
  assertEquals(directoriesIn(server.root).at(-1), `store/${GID}/0004/d`);
  assertEquals(await leftovers(store, location), ["0004/a", "0004/d/b"]);
  await remove(store, dav, ["a", "d/b"], { whole: true, number: "0004" });
  await store.prune!(location, never);
  assertEquals(directoriesIn(server.root), ["store"]);
  await store.prune!(location, never);
  assertEquals(await leftovers(store, location), []);
});

check("finds what was left behind, and removes it by the name found", noApache, async () => {
  await using server = await startApache();
  const dav = `${server.origin.replace("http", "dav")}/store`;
  await using store = await open([]);
  await upload(dav, ODD);
  await upload(dav, ["x"], { number: "12345" });
  const location = { destination: dav, gid: GID };
  const count = filesIn(server.root).length;
  for (let left = count; left > 0; left--) {
    assertEquals(filesIn(server.root).length, left);
    const [first] = await leftovers(store, location);
    const [, number, name] = /^(\d+)\/([^]*)$/.exec(first!)!;
    await remove(store, dav, [name!], { number: number! });
  }
  assert(directoriesIn(server.root).length > 5);
  await store.prune!(location, never);
  assertEquals(directoriesIn(server.root), ["store"]);
});

check("prunes nothing that holds a file", noApache, async () => {
  await using server = await startApache();
  const dav = `${server.origin.replace("http", "dav")}/store`;
  await using store = await open([]);
  await upload(dav, ["a/b/c", "a/d/e", "f/g"]);
  await remove(store, dav, ["a/d/e", "f/g"]);
  await store.prune!({ destination: dav, gid: GID }, never);
  assertEquals(directoriesIn(server.root), [
    "store",
    `store/${GID}`,
    `store/${GID}/0003`,
    `store/${GID}/0003/a`,
    `store/${GID}/0003/a/b`,
  ]);
});

check("shows a token over TLS, and no other will do", noNginx || noCa, async () => {
  const ca = await makeCa();
  await using server = await startNginx({
    tls: ca.good,
    bearer: "token-1",
    dav: true,
    snippet: "create_full_put_path on;",
  });
  const env = { X509_CERT_DIR: ca.hashedDir };
  using creds = new Scratch();
  creds.write("chtc_ro.use", "token-1");
  const destination = `chtc.ro+${server.origin}/store`;
  await upload(destination, ["a", "b"], { env: { ...env, _CONDOR_CREDS: creds.directory } });
  const sets: [args: string[], env: Record<string, string>, kind: string][] = [
    [[], {}, "Credentials"],
    [[], { BEARER_TOKEN: "token-2" }, "Credentials"],
    [["-token-file", creds.path("chtc_ro.use")], {}, "gone"],
    [["-token-file", creds.path("%n.use")], {}, "gone"],
    [[], { BEARER_TOKEN_FILE: creds.path("chtc_ro.use") }, "gone"],
    [[], { _CONDOR_CREDS: creds.directory }, "gone"],
  ];
  for (const [args, more, kind] of sets) {
    await using store = await open(args, contextWith({ env: { ...env, ...more } }));
    const removal = remove(store, destination, ["a"]);
    if (kind === "gone") assertEquals(kinds(await removal), { a: "gone" });
    else assertEquals((await assertRejects(() => removal, CleanupFailure)).kind, "Credentials");
  }
  assertEquals(filesIn(server.root), [`store/${GID}/0003/b`]);
});

check("shows a client certificate", noNginx || noCa, async () => {
  const ca = await makeCa();
  await using server = await startNginx({
    tls: ca.good,
    clientCa: { file: ca.caFile, required: true },
    dav: true,
  });
  const env = { X509_CERT_DIR: ca.hashedDir };
  const sets: [args: string[], parts: Parameters<typeof contextWith>[0], status: number][] = [
    [["-client-cert", ca.client.bundleFile], { env }, 204],
    [[], { env, ad: { x509userproxy: ca.client.bundleFile } }, 204],
    [[], { env: { ...env, X509_USER_PROXY: ca.client.bundleFile } }, 204],
  ];
  for (const [args, parts] of sets) {
    await Deno.mkdir(`${server.root}/store/${GID}/0003`, { recursive: true });
    await Deno.writeTextFile(`${server.root}/store/${GID}/0003/a`, "");
    await using store = await open(args, contextWith(parts));
    assertEquals(kinds(await remove(store, `${server.origin}/store`, ["a"])), { a: "gone" });
    assertEquals(filesIn(server.root), []);
  }
  await using store = await open([], contextWith({ env }));
  assertEquals(kinds(await remove(store, `${server.origin}/store`, ["a"])), { a: "NotDeleted" });
});

check("logs in by .netrc and by the URL", noApache, async () => {
  await using server = await startApache({ basic: { user: "alice", password: "p w" } });
  using home = new Scratch();
  home.write(".netrc", 'machine 127.0.0.1 login alice password "p w"\n');
  await Deno.chmod(home.path(".netrc"), 0o600);
  const url = server.origin.replace("http://", "dav://alice:p%20w@");
  await upload(`${url}/store`, ["a", "b"]);
  const context = contextWith({ home: home.directory });
  const plain = `${server.origin}/store`;
  for (
    const [args, destination, name] of [[["-netrc"], plain, "a"], [
      [],
      `${url}/store`,
      "b",
    ]] as const
  ) {
    await using store = await open([...args, "-token-over-http"], context);
    assertEquals(kinds(await remove(store, destination, [name])), { [name]: "gone" });
  }
  assertEquals(filesIn(server.root), []);
});

check("removes 1,000 files over 16 connections", noNginx || noCa, async () => {
  const ca = await makeCa();
  await using server = await startNginx({ dav: true, tls: ca.good });
  const directory = `${server.root}/store/${GID}/0003`;
  await Deno.mkdir(directory, { recursive: true });
  const names = Array.from({ length: 1000 }, (_, i) => `file ${i}`);
  for (const name of names) await Deno.writeTextFile(`${directory}/${name}`, "x");
  await using store = await open([], contextWith({ env: { X509_CERT_DIR: ca.hashedDir } }));
  const ended = await remove(store, `${server.origin}/store`, names);
  assertEquals(Object.values(ended).filter((failure) => failure !== undefined), []);
  assertEquals(filesIn(server.root), []);
  const requests = await server.requests(1000);
  assertEquals(requests.length, 1000);
  assertEquals(new Set(requests.map(({ connection }) => connection)).size, 16);
});

check("works as an executable", noNginx, async () => {
  await using server = await startNginx({ dav: true, snippet: "create_full_put_path on;" });
  await upload(`${server.origin}/store`, ["a%20b?", "keep"]);
  const base = `${server.origin}/store/${GID}/0003`;
  const path = await built("cleanup_http_checkpoint");
  const start = (...args: string[]) =>
    run(path, ["-prefix", `${server.origin}/store/`, "-jobad", "/nowhere", ...args], { cwd: "/" });
  const silent = { code: 0, stdout: "", stderr: "" };
  const { code, stdout, stderr } = await start("-from", base, "-delete", "a%20b?");
  assertEquals({ code, stdout, stderr }, silent);
  assertEquals(filesIn(server.root), [`store/${GID}/0003/keep`]);
  assertEquals((await start("-from", base, "-file", "a%20b?")).code, 0);
  const refused = await start("-from", base, "-file", "../keep");
  assertEquals([refused.code, refused.stdout], [3, ""]);
  assertEquals((await start("-from", "http://h/s/g/0001", "-delete", "keep")).code, 1);
  assertEquals(filesIn(server.root), [`store/${GID}/0003/keep`]);
});
