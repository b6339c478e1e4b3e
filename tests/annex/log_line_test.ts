import { assertEquals } from "@std/assert";
import { LogLines } from "../../core/annex/log_line.ts";

Deno.test("line() writes the event, then its fields", () => {
  const lines = new LogLines();
  assertEquals(
    lines.line("Found it", { name: "foo", n: 3, ok: true, gone: undefined, text: 'a "b"' }),
    'Found it name=foo n=3 ok=true text="a \\"b\\""\n',
  );
});

Deno.test("line() shows no secret by its value, in whatever form", () => {
  const lines = new LogLines();
  lines.hide("wJalr/XUtnFEMI+K7");
  lines.hide("wJalr/XUtnFEMI+K7MDENG");
  assertEquals(
    lines.line("got wJalr/XUtnFEMI+K7MDENG, wJalr%2FXUtnFEMI%2BK7MDENG", {
      x: "wJalr/XUtnFEMI+K7!",
    }),
    'got ..., ... x="...!"\n',
  );
});

Deno.test("line() shows no start of a secret in a text that was cut off, and no quoted one", () => {
  const lines = new LogLines();
  lines.hide('first"secret\\access/key');
  assertEquals(lines.line('a first"secret\\acc', { x: "first%22secret%5Cac" }), "a ... x=...\n");
  assertEquals(lines.clean(JSON.stringify({ x: 'first"secret\\access/key' })), '{"x":"..."}');
  assertEquals(lines.clean('first"secret, fi, first"secre'), '..., fi, first"secre');
});

Deno.test("line() is one line of bounded length, whatever is in it", () => {
  const line = new LogLines().line("a\nb", { text: "c\r\nd\u001b[2J", long: "x".repeat(5000) });
  assertEquals(line.slice(0, 24), 'a b text="c  d [2J" long');
  assertEquals(line.split("\n").length, 2);
  assertEquals(line.length < 500, true);
});
