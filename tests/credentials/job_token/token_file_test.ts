import { assertEquals, assertThrows } from "@std/assert";
import { TokenEnvError } from "../../../core/credentials/job_token/error.ts";
import { bareFile, readUse, writeBare } from "../../../core/credentials/job_token/token_file.ts";
import { available, missing, mountFullDisk } from "../../servers/full_disk.ts";
import { json, makeTokens } from "./folder.ts";

const SECRET = "eyJcanary.canary.canary";

const GOOD: readonly (readonly [string, string, string])[] = [
  ["JSON", json(SECRET), SECRET],
  ["JSON over several lines", `{\n  "access_token": "${SECRET}"\n}\n`, SECRET],
  ["a bare token", `${SECRET}\n`, SECRET],
  ["a bare token after a comment", `# mine\n\n${SECRET}`, SECRET],
  ["the empty token of a user without the group", json(""), ""],
];
for (const [what, content, token] of GOOD) {
  Deno.test(`readUse() reads ${what}`, () => {
    using tokens = makeTokens({ "t.use": content });
    assertEquals(readUse({ name: "t", directory: tokens.path }), token);
  });
}

const BAD: readonly (readonly [string, string | Uint8Array])[] = [
  ["nothing", ""],
  ["comments", "# a\n#b\n"],
  ["broken JSON", `{"access_token": "${SECRET}`],
  ["JSON without a token", `{"expires_in": 1}`],
  ["a token that is a number", `{"access_token": 0}`],
  ["a token with a line break", json(`${SECRET}\r\nX-Evil: 1`)],
  ["a token with a blank", json(`${SECRET} x`)],
  ["bytes", Uint8Array.of(0xff, 0xfe, 0, 1)],
  ["more than a megabyte", "x".repeat((1 << 20) + 1)],
  ["a token of 100 kB", json("x".repeat(100_000))],
  ["deep JSON", "[".repeat(500_000)],
];
for (const [what, content] of BAD) {
  Deno.test(`readUse() refuses ${what}, and does not show it`, () => {
    using tokens = makeTokens({ "t.use": content });
    const token = { name: "t", directory: tokens.path };
    const { message } = assertThrows(() => readUse(token), TokenEnvError);
    assertEquals(message.includes("canary"), false, message);
  });
}

Deno.test("readUse() does not wait for a FIFO", async () => {
  using tokens = makeTokens();
  await new Deno.Command("mkfifo", { args: [`${tokens.path}/t.use`] }).output();
  assertThrows(() => readUse({ name: "t", directory: tokens.path }), TokenEnvError, "regular");
});

Deno.test("writeBare() leaves one line that only its owner can read", () => {
  using tokens = makeTokens();
  const token = { name: "t", directory: tokens.path };
  const before = Deno.umask(0);
  try {
    writeBare(token, SECRET);
  } finally {
    Deno.umask(before);
  }
  assertEquals(tokens.read(".t.bt"), `${SECRET}\n`);
  assertEquals([tokens.mode(".t.bt"), tokens.names()], [0o600, [".t.bt"]]);
  writeBare(token, "");
  assertEquals([tokens.read(".t.bt"), tokens.names()], ["", [".t.bt"]]);
});

Deno.test("writeBare() replaces a planted link, and writes nothing behind it", () => {
  using tokens = makeTokens({ target: "stays" });
  const token = { name: "t", directory: tokens.path };
  Deno.symlinkSync(`${tokens.path}/target`, bareFile(token));
  writeBare(token, SECRET);
  assertEquals(tokens.read("target"), "stays");
  assertEquals(Deno.lstatSync(bareFile(token)).isFile, true);
});

Deno.test("writeBare() says what is wrong, and leaves nothing behind", () => {
  using tokens = makeTokens();
  const token = { name: "t", directory: tokens.path };
  Deno.mkdirSync(bareFile(token));
  const { message } = assertThrows(() => writeBare(token, SECRET), TokenEnvError);
  assertEquals(message, `Cannot write "${bareFile(token)}": Is a directory (os error 21)`);
  assertEquals(tokens.names(), [".t.bt"]);
  const gone = { name: "t", directory: `${tokens.path}/gone` };
  assertThrows(() => writeBare(gone, SECRET), TokenEnvError, "No such file or directory");
});

Deno.test({
  name: `writeBare() leaves the old token on a full disk${available ? "" : ` (needs ${missing})`}`,
  ignore: !available,
  async fn() {
    await using disk = await mountFullDisk({ size: 8192, filled: 4096 });
    const token = { name: "t", directory: disk.path };
    writeBare(token, "old");
    const { message } = assertThrows(() => writeBare(token, SECRET), TokenEnvError);
    assertEquals(message.includes("No space left on device"), true, message);
    assertEquals(Deno.readTextFileSync(bareFile(token)), "old\n");
    assertEquals([...Deno.readDirSync(disk.path)].map(({ name }) => name).sort(), [
      ".t.bt",
      "filler",
    ]);
  },
});
