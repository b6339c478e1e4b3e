import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Level,
  Logger,
  type LoggerOptions,
  parseLevels,
  wantsCategories,
} from "../../core/log/logger.ts";

fc.configureGlobal({ seed: 2026 });

const MOMENT = new Date(Date.UTC(2026, 0, 2, 3, 4, 5));

function logger(options: Partial<LoggerOptions> = {}): { lines: string[]; log: Logger } {
  const lines: string[] = [];
  const sink = (line: string) => void lines.push(line);
  return { lines, log: new Logger({ sink, now: () => MOMENT, utc: true, ...options }) };
}

Deno.test("Logger writes HTCondor's time stamp and the text", () => {
  const { lines, log } = logger();
  log.always("Started");
  log.error("It broke");
  assertEquals(lines, ["01/02/26 03:04:05 Started\n", "01/02/26 03:04:05 ERROR: It broke\n"]);
});

Deno.test("Logger writes local time unless told otherwise", () => {
  const local = new Date(2026, 10, 21, 6, 7, 8);
  const { lines, log } = logger({ now: () => local, utc: false });
  log.always("x");
  assertEquals(lines, ["11/21/26 06:07:08 x\n"]);
});

Deno.test("Logger writes debug levels only when they were asked for", () => {
  const quiet = logger();
  quiet.log.full("a");
  quiet.log.security("b");
  assertEquals(quiet.lines, []);
  const loud = logger({ levels: parseLevels("D_SECURITY") });
  loud.log.full("a");
  loud.log.security("b");
  assertEquals(loud.lines, ["01/02/26 03:04:05 b\n"]);
});

Deno.test("Logger redacts and keeps to one line", () => {
  const { lines, log } = logger();
  log.always("a\nb token=abc");
  assertEquals(lines, ["01/02/26 03:04:05 a b token=...\n"]);
});

Deno.test("Logger says once that its limit is reached and then is silent", () => {
  const { lines, log } = logger({ limit: 200 });
  for (let i = 0; i < 20; i++) log.always("0123456789");
  assertEquals(lines.length, 5);
  assert(lines.at(-1)!.endsWith("Output limit reached, nothing more is written\n"));
  assert(!log.enabled("D_ERROR"));
});

Deno.test("Logger never writes more bytes than its limit", () => {
  const texts = fc.array(fc.string({ unit: "grapheme", maxLength: 80 }), { maxLength: 30 });
  fc.assert(fc.property(texts, fc.nat(400), (list, limit) => {
    const { lines, log } = logger({ limit });
    for (const text of list) log.always(text);
    assert(new TextEncoder().encode(lines.join("")).length <= limit);
  }));
});

const LEVELS: readonly (readonly [string, readonly Level[]])[] = [
  ["", []],
  ["D_FULLDEBUG D_SECURITY", ["D_FULLDEBUG", "D_SECURITY"]],
  ["d_fulldebug,D_COMMAND", ["D_FULLDEBUG"]],
  ["D_SECURITY:2", ["D_SECURITY"]],
  ["D_ALWAYS:2", ["D_FULLDEBUG"]],
  ["D_ALL -D_SECURITY", ["D_ALWAYS", "D_ERROR", "D_FULLDEBUG"]],
  ["D_FULLDEBUG D_FULLDEBUG:0", []],
];
for (const [text, levels] of LEVELS) {
  Deno.test(`parseLevels() of ${JSON.stringify(text)}`, () => {
    assertEquals([...parseLevels(text)], levels);
  });
}

Deno.test("Logger says the category of each line when asked to", () => {
  const lines: string[] = [];
  let categories = true;
  const log = new Logger({
    sink: (line) => lines.push(line.slice("MM/DD/YY HH:MM:SS ".length)),
    now: () => new Date(),
    categories: () => categories,
  });
  log.always("a");
  log.error("b");
  categories = false;
  log.always("c");
  assertEquals(lines, ["(D_ALWAYS) a\n", "(D_ERROR) ERROR: b\n", "c\n"]);
});

Deno.test("wantsCategories() finds D_CAT in a knob, the last word counting", () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ["", false],
    ["D_CAT", true],
    ["d_fulldebug, d_category", true],
    ["D_CAT -D_CAT", false],
    ["-D_CAT|D_CAT", true],
    ["D_CATS D_FULLDEBUG", false],
  ];
  for (const [text, wanted] of cases) assertEquals([text, wantsCategories(text)], [text, wanted]);
});
