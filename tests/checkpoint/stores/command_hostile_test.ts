/** Names that mean harm to commands, and a real program that gets them. */
import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { baseOf } from "../../../core/checkpoint/location.ts";
import { commandBackEnd } from "../../../core/checkpoint/stores/command.ts";
import { findProgram } from "../../servers/process.ts";
import { GONE, removeFrom } from "./contract.ts";
import { sshContext } from "./ssh_fixture.ts";

const GID = "ap_1.0_1";

/** Names that no program may take for anything else. */
const NAMES = [
  "plain",
  "-rf",
  "--help",
  "-",
  "{url}",
  "{gid}{list}",
  "a b\tc",
  "new\nline",
  "$(touch pwned)",
  "`touch pwned`",
  "; touch pwned",
  "| touch pwned",
  "&& touch pwned #",
  "'\"'",
  "\\",
  "*",
  "?[a-z]",
  "~",
  "%s%n",
  "d/e/f",
  "a,b",
  "@file",
  "é",
  "x=y",
];

/** Every form that a place can have in an argument. */
const FORMS = [
  "{url}",
  "{path}",
  "{name}",
  "x{name}",
  "--name={name}",
  "{base}/{name}",
  "{name}{name}",
];

for (const form of FORMS) {
  Deno.test(`CommandStore gives ${form} on to the byte, whatever is in it`, async () => {
    const dir = await Deno.makeTempDir({ prefix: "pinion-command-" });
    try {
      // The script's own words hold no place; what is named comes as its arguments.
      const store = await commandBackEnd.open([
        ...["-command", "sh", "-arg", "-c", "-arg", `printf '%s\\0' "$@" >>${dir}/seen`],
        ...["-arg", "sh", "-arg", form, "-parallel", "1"],
      ], sshContext());
      const base = baseOf({ destination: "x://h/p", gid: GID }, "0000");
      const outcome = await removeFrom(store, base, { names: NAMES });
      const refused = NAMES.filter((name) => name.startsWith("-") && form.startsWith("{name}"));
      assertEquals(NAMES.filter((_, i) => outcome[i] !== GONE), refused);
      const seen = (await Deno.readTextFile(`${dir}/seen`)).split("\0").slice(0, -1);
      const expected = NAMES.filter((name) => !refused.includes(name)).map((name) =>
        form.replaceAll(/\{(\w+)\}/g, (_, place) =>
          ({
            url: `x://h/p/${GID}/0000/${name}`,
            base: `x://h/p/${GID}/0000`,
            path: `/p/${GID}/0000/${name}`,
            name,
          })[place as string]!)
      );
      assertEquals(seen, expected);
      assert(!await exists("pwned"));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

Deno.test("CommandStore refuses a host and an id that would be options", async () => {
  for (
    const [word, destination, gid] of [
      ["{host}", "x://-oProxyCommand=x/p", GID],
      ["{gid}", "x://h/p", "-rf"],
      ["{base}", "-x://h/p", GID],
    ] as const
  ) {
    const store = await commandBackEnd.open(
      ["-command", "true", "-arg", word, "-arg", "x{name}"],
      sshContext(),
    );
    const base = baseOf({ destination, gid }, "0000");
    assertEquals(await removeFrom(store, base, { names: ["a"] }), ["Unsafe"], word);
  }
});

const noRclone = findProgram("rclone") === undefined ? "rclone" : "";
Deno.test({
  name: `CommandStore removes by rclone exactly what it is told${
    noRclone && ` (skipped: ${noRclone})`
  }`,
  ignore: noRclone !== "",
  async fn() {
    const dir = await Deno.makeTempDir({ prefix: "pinion-rclone-" });
    try {
      const base = baseOf({ destination: `x://${dir}`, gid: GID }, "0000");
      const place = `${dir}/${GID}/0000`;
      await Deno.mkdir(`${place}/d/e`, { recursive: true });
      for (const name of [...NAMES, "keep"]) await Deno.writeTextFile(`${place}/${name}`, "x");
      const store = await commandBackEnd.open([
        ...["-command", "rclone", "-arg", "--config=", "-arg", "--retries=1"],
        ...["-arg", "deletefile", "-arg", "--", "-arg", "{path}"],
        ...["-missing-regex", "is a directory or doesn't exist$"],
      ], sshContext());
      const outcome = await removeFrom(store, base, { names: [...NAMES, "not there"] });
      assertEquals(outcome, [...NAMES, "not there"].map(() => GONE));
      const left = [...Deno.readDirSync(place)].filter(({ isFile }) => isFile);
      assertEquals(left.map(({ name }) => name), ["keep"]);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
