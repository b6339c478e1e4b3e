/** The map file of the clean-up against HTCondor's own condor_manifest: same plug-in, same words. */

import { assert, assertEquals } from "@std/assert";
import { MapError, programOf, readMap } from "../../core/checkpoint/map/mod.ts";
import { memoryFiles } from "../checkpoint/map/memory_files.ts";
import { Dice } from "./classad_generator.ts";
import {
  askForPlugins,
  LIBEXEC,
  type MapAnswer,
  type MapCase,
  missingForMaps,
  NUMBER,
  PROGRAM,
} from "./map_oracle.ts";

const LOCATIONS = ["x://a/b/gid", "x://a/with space/g", "x://ab/ü/g,1", "y://A/b//g"];

/** What we do; undefined where we refuse what HTCondor guesses at. */
function answer({ map, files, location }: MapCase): MapAnswer | undefined {
  try {
    const memory = memoryFiles({ ...files, map });
    const found = readMap("/maps/map", { includePrefix: false, files: memory })
      .find(`${location}/${NUMBER}`);
    if (found === undefined) return { kind: "none" };
    const program = programOf(found.words[0]!, LIBEXEC);
    return program === PROGRAM
      ? { kind: "run", args: found.words.slice(1) }
      : { kind: "missing", program };
  } catch (error) {
    assert(error instanceof MapError, `${error}`);
    return undefined;
  }
}

async function compareAll(cases: readonly MapCase[], least: number): Promise<void> {
  const answers = await askForPlugins(cases);
  const complaints: unknown[] = [];
  let [compared, run] = [0, 0];
  for (const [index, one] of cases.entries()) {
    const [wanted, ours] = [answers[index], answer(one)];
    // A map that HTCondor crashes on is one that we refuse, or differ on without harm.
    if (wanted === undefined || ours === undefined) continue;
    compared++;
    if (wanted.kind === "run") run++;
    if (JSON.stringify(ours) !== JSON.stringify(wanted)) complaints.push({ ...one, wanted, ours });
  }
  assertEquals(complaints.slice(0, 5), []);
  assert(compared >= cases.length * 0.8, `only ${compared} of ${cases.length} compared`);
  assert(run >= cases.length * least, `only ${run} of ${cases.length} found a plug-in`);
}

/** Keys of a file; none twice, for HTCondor's choice between equal ones cannot be foretold. */
function makeKeys(dice: Dice, location: string, count: number): string[] {
  const base = `${location}/${NUMBER}`;
  const keys = Array.from({ length: count }, () => {
    const start = base.slice(0, 1 + dice.roll(base.length));
    return dice.roll(4) > 0 ? start : start + dice.pick(["z", "/", "\\", "A", "*", "\r"]);
  });
  return [...new Set(keys)];
}

function quoteSome(dice: Dice, text: string): string {
  const needed = /[ \t"]/.test(text);
  return needed || dice.roll(3) === 0 ? `"${text.replace(/[\\"]/g, "\\$&")}"` : text;
}

const ARGUMENTS = [
  "-prefix",
  "\\0",
  "\\1",
  "\\9",
  "\\\\0",
  "a\\0b",
  "\\z",
  "é",
  "#",
  "\\",
  '"',
  " ",
  ",",
  "\v",
  "=",
  "'",
];

function makeProgram(dice: Dice): string {
  const words = Array.from({ length: dice.roll(5) }, () => dice.pick(ARGUMENTS));
  const text = [dice.roll(8) === 0 ? dice.pick(["own", "./own", "/own"]) : PROGRAM, ...words].join(
    ",",
  );
  return dice.roll(12) === 0 ? text : quoteSome(dice, text);
}

const NOISE = [
  "",
  "  ",
  "# * x:// /none",
  "*",
  "* x://",
  '* "" /none',
  '* x: ""',
  "GSI x: /none",
  "@include",
  "@include none",
  "@INCLUDE inc",
  "\r",
  "* x:// ",
];

function makeLine(dice: Dice, key: string): string {
  const blank = () => dice.pick([" ", "\t", "  ", " \t "]);
  const method = dice.roll(10) === 0 ? dice.pick(['"*"', "**", "GSI", "/*/"]) : "*";
  const end = dice.pick(["", "", " ", "\r", " extra", ' "x']);
  return `${dice.pick(["", "", blank()])}${method}${blank()}${key}${blank()}${
    makeProgram(dice)
  }${end}`;
}

function makeMap(dice: Dice, location: string): string {
  const lines = makeKeys(dice, location, 1 + dice.roll(5)).map((key) =>
    makeLine(dice, quoteSome(dice, key))
  );
  for (let i = dice.roll(4); i > 0; i--) {
    lines.splice(dice.roll(lines.length + 1), 0, dice.pick(NOISE));
  }
  return lines.join("\n") + dice.pick(["\n", "\n", ""]);
}

/** None malformed: HTCondor passes over those, we refuse what would be matched against them. */
const PATTERNS = [
  "x:",
  ".*",
  "^x:\\/\\/(.)(.*?)\\/(.*)$",
  "[a-z]+:",
  "(y)|(x)",
  "(z)?:(\\/+)",
  "\\x2f.",
  "A",
  "a\\\\b",
  "(?i)A",
  "(a|b|\\\\.)",
  "a b",
  "é",
  "\\\\d+$",
  "\\\\bg",
  "(?=x)",
  "[[:alpha:]]{1,3}",
  "(((((((((a)))))))))",
  "no such",
  "",
  "x.*?\\/",
  "$",
  '"',
  "[\\/]+",
];

function makeIncluded(dice: Dice, location: string): string {
  const exact = `${location}/${NUMBER}`;
  return Array.from({ length: 1 + dice.roll(3) }, () => {
    const key = dice.roll(3) === 0
      ? quoteSome(dice, dice.pick([exact, location, exact.toUpperCase()]))
      : `/${dice.pick(PATTERNS)}/${dice.pick(["", "", "i", "U", "iU", "x"])}`;
    return makeLine(dice, key);
  }).join("\n");
}

const NAMES = ["inc", "d/b", "d/a", "d/B", "d/.h", "d/c~", "d/é", "d/x.rpmnew"];

function makeIncludes(dice: Dice): MapCase {
  const location = dice.pick(LOCATIONS);
  const files: Record<string, string> = {};
  for (const name of NAMES) if (dice.roll(2) === 0) files[name] = makeIncluded(dice, location);
  const lines = makeKeys(dice, location, dice.roll(3)).map((key) =>
    makeLine(dice, quoteSome(dice, key))
  );
  for (
    const line of [
      "@include inc",
      dice.pick(["@include d", '  "@include"\t"d/" x', "@include ./d"]),
    ]
  ) {
    lines.splice(dice.roll(lines.length + 1), 0, line);
  }
  return { map: lines.join("\n"), files, location };
}

const missing = missingForMaps();
const note = missing === undefined ? "" : ` (skipped: ${missing} is missing)`;

Deno.test({
  name: `readMap() agrees with HTCondor on prefixes${note}`,
  ignore: missing !== undefined,
  fn: () => {
    const dice = new Dice(1);
    return compareAll(
      Array.from({ length: 150 }, () => {
        const location = dice.pick(LOCATIONS);
        return { map: makeMap(dice, location), files: {}, location };
      }),
      0.5,
    );
  },
});

Deno.test({
  name: `readMap() agrees with HTCondor on includes and patterns${note}`,
  ignore: missing !== undefined,
  fn: () => {
    const dice = new Dice(2);
    return compareAll(Array.from({ length: 150 }, () => makeIncludes(dice)), 0.5);
  },
});
