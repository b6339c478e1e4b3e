import { assertEquals } from "@std/assert";
import { Notes } from "../../../core/credentials/store/notes.ts";

Deno.test("Notes says a line once, and again when it was away", () => {
  const said: string[] = [];
  const notes = new Notes((line) => said.push(line));
  const look = (...lines: string[]) => {
    const taker = notes.begin();
    for (const line of lines) taker.note(line);
    taker.end();
    return said.splice(0);
  };
  assertEquals(
    [look("a", "b", "a"), look("b", "a"), look("b"), look("a", "b"), look(), look("b")],
    [["a", "b"], [], [], ["a"], [], ["b"]],
  );
});

Deno.test("Notes remembers a bounded number of lines, also of looks that never end", () => {
  let said = 0;
  const notes = new Notes(() => said++);
  const taker = notes.begin();
  for (let i = 0; i < 5000; i++) taker.note(`line ${i}`);
  taker.end();
  assertEquals(said, 1001);
  for (let i = 0; i < 5000; i++) notes.begin().note(`other ${i}`);
  assertEquals(said, 6001);
  // It has forgotten the first by now: memory has its bound, at the price of a line said again.
  notes.begin().note("other 0");
  assertEquals(said, 6002);
});
