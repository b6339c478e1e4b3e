import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { type ClassAd, parseAds, parseOldAd } from "../../core/classad/mod.ts";
import { TempDir } from "./contract.ts";

const command = (name: string) => fromFileUrl(new URL(`../../cmd/${name}.ts`, import.meta.url));

/** Starts an executable as HTCondor does, in `dir` and with nothing in its environment. */
async function start(name: string, args: readonly string[], dir = ".") {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--cached-only", command(name), ...args],
    cwd: dir,
    clearEnv: true,
    env: { DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno` },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function batch(name: string, infile: string, dir: TempDir, ...more: string[]) {
  Deno.writeTextFileSync(dir.join("in"), infile);
  Deno.writeTextFileSync(dir.join("out"), " ".repeat(19_264));
  const result = await start(name, ["-infile", "in", "-outfile", "out", ...more], dir.path);
  return { ...result, ads: [...parseAds(Deno.readFileSync(dir.join("out")))] };
}

const error = (ad: ClassAd | undefined) => ad?.getString("TransferError");

Deno.test("zkm_plugin makes files of the size asked for, of bytes that differ", async () => {
  using dir = new TempDir();
  const sizes = [0, 1, 128, 10_000_000];
  const infile = sizes.map((size) => `[ Url = "zkm://${size}/x"; LocalFileName = "f${size}" ]`);
  const { code, ads, stderr } = await batch("zkm_plugin", infile.join(""), dir);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(ads.map((ad) => ad.getInteger("TransferFileBytes")), sizes);
  assertEquals(ads.map((ad) => ad.getInteger("TransferTotalBytes")), sizes);
  assertEquals(sizes.map((size) => Deno.statSync(dir.join(`f${size}`)).size), sizes);
  const seen = new Set(Deno.readFileSync(dir.join("f10000000")));
  assertEquals(seen.size, 256);
  assert(ads.every((ad) => ad.getString("TransferProtocol") === "zkm"));
});

Deno.test("zkm_plugin makes a file by the older convention", async () => {
  using dir = new TempDir();
  const { code, stdout, stderr } = await start("zkm_plugin", ["zkm://128/r", dir.join("r")]);
  assertEquals([code, stderr, Deno.statSync(dir.join("r")).size], [0, "", 128]);
  assertEquals(parseOldAd(stdout).getBoolean("TransferSuccess"), true);
});

Deno.test("zkm_plugin refuses what names no size", async () => {
  using dir = new TempDir();
  const bad = ["zkm://x/f", "zkm://-1/f", "zkm://1.5/f", "zkm://9999999999999/f", "zkm://12x"];
  const infile = bad.map((url, i) => `[ Url = "${url}"; LocalFileName = "f${i}" ]`).join("");
  const { code, ads } = await batch("zkm_plugin", infile, dir);
  assertEquals([code, ads.length], [1, bad.length]);
  for (const ad of ads) {
    const [stanza] = ad.getList("TransferErrorData") as ClassAd[];
    assertEquals(stanza!.getString("ErrorType"), "Parameter");
  }
  assertEquals(dir.names(), ["in", "out"]);
});

for (const [name, url] of [["zkm_plugin", "zkm://1/x"], ["data_plugin", "data://,x/y"]] as const) {
  Deno.test(`${name} refuses to upload`, async () => {
    using dir = new TempDir();
    Deno.writeTextFileSync(dir.join("f"), "content");
    const infile = `[ Url = "${url}"; LocalFileName = "${dir.join("f")}" ]`;
    const { code, ads } = await batch(name, infile, dir, "-upload");
    assertEquals([code, ads.length], [1, 1]);
    assertMatch(error(ads[0])!, name === "zkm_plugin" ? /^zkm cannot upload$/ : /^Cannot upload /);
    assertEquals(Deno.readTextFileSync(dir.join("f")), "content");
  });
}

for (const name of ["zkm_plugin", "data_plugin"]) {
  Deno.test(`${name} answers a query in an empty environment, and nothing else`, async () => {
    const { code, stdout, stderr } = await start(name, ["-classad"]);
    assertEquals([code, stderr], [0, ""]);
    const ad = parseOldAd(stdout);
    assertEquals(ad.getString("SupportedMethods"), name.replace("_plugin", ""));
    assertEquals([ad.getInteger("ProtocolVersion"), ad.getBoolean("MultipleFileSupport")], [
      4,
      true,
    ]);
  });

  Deno.test(`${name} complains of a flag it does not know in one line`, async () => {
    const { code, stdout, stderr } = await start(name, ["-frobnicate"]);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, new RegExp(`^${name}: unknown option "-frobnicate" [^\\n]*\\n$`));
  });
}

Deno.test("zkm_plugin makes 10,000 files in one run", async () => {
  using dir = new TempDir();
  const infile = Array.from(
    { length: 10_000 },
    (_, i) => `[ Url = "zkm://1/f"; LocalFileName = "d/f${i}" ]`,
  );
  const { code, ads } = await batch("zkm_plugin", infile.join(""), dir);
  assertEquals([code, ads.length], [0, 10_000]);
  assert(ads.every((ad, i) => ad.getString("TransferFileName") === `d/f${i}`));
  assertEquals([...Deno.readDirSync(dir.join("d"))].length, 10_000);
});
