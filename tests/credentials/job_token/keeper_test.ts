import { assertEquals } from "@std/assert";
import { keepToken } from "../../../core/credentials/job_token/keeper.ts";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";
import { json, makeTokens, type Tokens } from "./folder.ts";

/** Keeps a token for one look per step; after each the step's function is called. */
async function keep(tokens: Tokens, steps: readonly (() => void)[]): Promise<number[]> {
  const slept: number[] = [];
  let look = 0;
  await keepToken({ name: "t", directory: tokens.path }, {
    clock: {
      ...SYSTEM_CLOCK,
      sleep(ms) {
        slept.push(ms);
        steps[look++]!();
        return Promise.resolve();
      },
    },
    interval: 1500,
    isRunning: () => look < steps.length,
  });
  return slept;
}

Deno.test("keepToken() writes each new token, and ends with the command", async () => {
  using tokens = makeTokens({ "t.use": json("one") });
  const seen: string[] = [];
  const look = () => void seen.push(tokens.read(".t.bt"));
  const slept = await keep(tokens, [
    () => (look(), tokens.put("t.use", json("two"))),
    () => (look(), tokens.put("t.use", "three")),
    () => (look(), tokens.put("t.use", json(""))),
    look,
  ]);
  assertEquals(seen, ["one\n", "two\n", "three\n", ""]);
  assertEquals(slept, [1500, 1500, 1500, 1500]);
});

Deno.test("keepToken() writes nothing while nothing changes", async () => {
  using tokens = makeTokens({ "t.use": json("one") });
  const inodes: (number | null)[] = [];
  const look = () => void inodes.push(Deno.statSync(`${tokens.path}/.t.bt`).ino);
  await keep(tokens, [look, look, look]);
  assertEquals(new Set(inodes).size, 1);
});

Deno.test("keepToken() keeps the last good token when the file goes or goes bad", async () => {
  using tokens = makeTokens({ "t.use": json("one") });
  const seen: string[] = [];
  const look = () => void seen.push(tokens.read(".t.bt"));
  await keep(tokens, [
    () => Deno.removeSync(`${tokens.path}/t.use`),
    () => (look(), tokens.put("t.use", `{"access_`)),
    () => (look(), tokens.put("t.use", json("a\nb"))),
    () => (look(), tokens.put("t.use", json("four"))),
    look,
  ]);
  assertEquals(seen, ["one\n", "one\n", "one\n", "four\n"]);
});

Deno.test("keepToken() tries again until the token can be written", async () => {
  using tokens = makeTokens({ "t.use": json("one") });
  Deno.mkdirSync(`${tokens.path}/.t.bt`);
  await keep(tokens, [() => {}, () => Deno.removeSync(`${tokens.path}/.t.bt`), () => {}]);
  assertEquals(tokens.read(".t.bt"), "one\n");
});

Deno.test("keepToken() ends at once when the command has ended already", async () => {
  using tokens = makeTokens({ "t.use": json("one") });
  assertEquals(await keep(tokens, []), []);
  assertEquals(tokens.names(), ["t.use"]);
});
