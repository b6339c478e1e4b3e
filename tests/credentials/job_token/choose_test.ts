import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { chooseToken, NAME_VARIABLE } from "../../../core/credentials/job_token/choose.ts";
import { TokenEnvError } from "../../../core/credentials/job_token/error.ts";
import { makeTokens } from "./folder.ts";

function choose(
  files: readonly string[],
  { asked, env = {} }: { asked?: string; env?: Readonly<Record<string, string>> } = {},
): string | undefined {
  using tokens = makeTokens(Object.fromEntries(files.map((name) => [name, "x"])));
  const all: Record<string, string> = { _CONDOR_CREDS: tokens.path, ...env };
  const chosen = chooseToken({ env: (name) => all[name], asked });
  if (chosen !== undefined) assertEquals(chosen.directory, tokens.path);
  return chosen?.name;
}

const CHOICES: readonly (readonly [readonly string[], Parameters<typeof choose>[1], string?])[] = [
  [[], {}],
  [["x.top", "y.use.tmp", ".z.use", ".a.bt"], {}],
  [["only.use"], {}, "only"],
  [["only.use", ".only.bt"], {}, "only"],
  [["b.use", "scitokens.use", "a.use"], {}, "scitokens"],
  [["b.use", "a.use"], { asked: "b" }, "b"],
  [["b.use", "a.use"], { env: { [NAME_VARIABLE]: "b" } }, "b"],
  [["b.use", "a.use"], { asked: "a", env: { [NAME_VARIABLE]: "b" } }, "a"],
  [["b.use"], { env: { [NAME_VARIABLE]: "" } }, "b"],
  [["mock_read.use", "mock.use"], { asked: "mock*read" }, "mock_read"],
  [["mock_read.use", "mock.use"], { asked: "mock.read" }, "mock_read"],
  [["mock_a.b.use", "mock.use"], { asked: "mock*a.b" }, "mock_a.b"],
  [["mock_x+y=.use", "mock.use"], { asked: "mock_x+y=" }, "mock_x+y="],
  // The job says itself where its token is.
  [["only.use"], { env: { BEARER_TOKEN_FILE: "/x" } }],
  [["only.use"], { asked: "only", env: { BEARER_TOKEN_FILE: "/x" } }, "only"],
  [["only.use"], { env: { [NAME_VARIABLE]: "only", BEARER_TOKEN_FILE: "/x" } }, "only"],
  // A job without tokens is left alone.
  [[], { env: { _CONDOR_CREDS: "" } }],
];
for (const [files, options, expected] of CHOICES) {
  Deno.test(`chooseToken() finds ${expected} in ${files} with ${JSON.stringify(options)}`, () => {
    assertEquals(choose(files, options), expected);
  });
}

const REFUSALS: readonly (readonly [readonly string[], Parameters<typeof choose>[1], string])[] = [
  [["b.use", "a.use"], {}, "the job has a, b: name one in BEARER_TOKEN_NAME"],
  [["a.use", "b.use", "c.use", "d.use", "e.use", "f.use"], {}, "a, b, c, d, e, ...:"],
  [["b.use"], { asked: "a" }, 'the job has no token "a"'],
  [["b.use"], { asked: "" }, 'the job has no token ""'],
  [["b.use"], { asked: "../b" }, 'the job has no token "../b"'],
  [["b.use"], { asked: "a\n\u001b[2J" }, 'the job has no token "a??[2J"'],
  [["b.use"], { asked: "x".repeat(1000) }, `the job has no token "${"x".repeat(80)}"`],
  [[], { asked: "a", env: { _CONDOR_CREDS: "" } }, 'the job has no tokens, wanted "a"'],
  [[], { env: { _CONDOR_CREDS: "/nowhere/at/all" } }, 'Cannot list "/nowhere/at/all":'],
];
for (const [files, options, message] of REFUSALS) {
  Deno.test(`chooseToken() refuses ${JSON.stringify(options)} with ${files}`, () => {
    assertThrows(() => choose(files, options), TokenEnvError, message);
  });
}

Deno.test("chooseToken() takes no link, directory or strange name for a token", () => {
  using tokens = makeTokens({ "fine.use": "x", "a b.use": "x", "a..b.use": "x", "-x.use": "x" });
  Deno.symlinkSync("/etc/hostname", `${tokens.path}/link.use`);
  Deno.mkdirSync(`${tokens.path}/dir.use`);
  const env = (name: string) => name === "_CONDOR_CREDS" ? tokens.path : undefined;
  assertEquals(chooseToken({ env })?.name, "fine");
  for (const asked of ["link", "dir", "a b", "a..b", "-x"]) {
    assertThrows(() => chooseToken({ env, asked }), TokenEnvError, "no token");
  }
});

Deno.test("chooseToken() never names a file elsewhere, nor throws anything else", () => {
  using tokens = makeTokens({ "one.use": "x", "two_h.use": "x" });
  fc.assert(fc.property(fc.oneof(fc.string(), fc.constantFrom("two*h", "/", "..")), (asked) => {
    const env = (name: string) => name === "_CONDOR_CREDS" ? tokens.path : undefined;
    try {
      const name = chooseToken({ env, asked })?.name ?? "";
      assertEquals(["one", "two_h"].includes(name), true, name);
    } catch (error) {
      assertInstanceOf(error, TokenEnvError);
      assertEquals(/[^\x20-\x7e]/.test(error.message), false);
    }
  }));
});
