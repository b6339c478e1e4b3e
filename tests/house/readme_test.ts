/** README.md must say what the code says. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { CHECKPOINT_KNOBS } from "../../core/checkpoint/knobs.ts";
import { NAME_KNOBS, PROVIDER_KNOBS } from "../../core/credentials/local/knobs.ts";
import { OWN_BACK_ENDS } from "../../core/checkpoint/stores/mod.ts";
import { TRANSFER_OPTIONS, type TransferOption } from "../../core/transfer/option_table.ts";
import { CASES } from "../../scripts/bench/cases.ts";
import { DENO_VERSION } from "../../scripts/build/pin.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const README = await Deno.readTextFile(join(ROOT, "README.md"));
const CONFIG = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as {
  readonly imports: Readonly<Record<string, string>>;
  readonly tasks: Readonly<Record<string, { readonly description: string }>>;
};

/** A section's text, by its title. */
function section(title: string): string {
  const [, rest] = README.split(new RegExp(`^##+ ${title}$`, "m"));
  assert(rest !== undefined, `README.md has no section "${title}"`);
  return rest.split(/^## /m)[0] ?? "";
}

/** The content of a section's first fenced block. */
function block(title: string, language: string): string {
  const text = section(title).split(`\n\`\`\`${language}\n`)[1]?.split("\n```\n")[0];
  assert(text !== undefined, `Section "${title}" has no block of ${language}`);
  return text;
}

/** The cells of a section's first table, without its head. */
function table(title: string): string[][] {
  const [rows] = section(title).match(/(?:^\|.*\n)+/m) ?? [""];
  return rows.trimEnd().split("\n").slice(2).map((row) =>
    row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|"))
  );
}

/** Words in lines of at most so many characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length === 0 || longer.length > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** An option as it stands in the README. */
function describe({ name, environment, text }: TransferOption): string[] {
  const [first, ...more] = wrap(text, 56);
  const start = `${name.padEnd(19)} ${(environment ?? "-").padEnd(22)} ${first}`;
  return [start, ...more.map((line) => " ".repeat(43) + line)];
}

/** A knob of the issuer as it stands in the README, its default among the words. */
function describeIssuerKnob(
  [name, { text, ...knob }]: readonly [
    string,
    { readonly text: string; readonly default?: unknown },
  ],
): string[] {
  const words = knob.default === undefined ? text : `${text} Default: ${knob.default}`;
  const [first, ...more] = wrap(words, 60);
  return [`${name.padEnd(38)} ${first}`, ...more.map((line) => " ".repeat(39) + line)];
}

/** A knob as it stands in the README. */
function describeKnob(
  [name, { text, ...knob }]: readonly [
    string,
    { readonly text: string; readonly default?: unknown },
  ],
): string[] {
  const [first, ...more] = wrap(text, 52);
  const value = knob.default === undefined || Array.isArray(knob.default) ? "-" : `${knob.default}`;
  const start = `${name.padEnd(38)} ${value.padEnd(7)} ${first}`;
  return [start, ...more.map((line) => " ".repeat(47) + line)];
}

Deno.test("README.md names the pinned version of Deno, everywhere", () => {
  const versions = [...README.matchAll(/deno[@ ]v?(\d+\.\d+\.\d+)/gi)].map((match) => match[1]);
  assert(versions.length >= 3, `${versions.length} versions found`);
  assertEquals([...new Set(versions)], [DENO_VERSION]);
});

Deno.test("README.md lists the tasks of deno.json, and no other", () => {
  const tasks = Object.entries(CONFIG.tasks).map(([name, task]) => [
    `\`${name}\``,
    task.description,
  ]);
  assertEquals(table("Tasks"), tasks);
});

Deno.test("README.md names only tasks that exist", () => {
  const named = [...README.matchAll(/(?:deno|deno@\S+) task ([\w:]+)/g)].map((match) => match[1]!);
  assert(named.length > 5, `${named.length} tasks found`);
  assertEquals(named.filter((name) => !Object.hasOwn(CONFIG.tasks, name)), []);
});

Deno.test("README.md lists every transfer option as the option table has it", () => {
  const [head, ...lines] = block("Options", "text").split("\n");
  assertEquals(head?.split(/ +/), ["Name", "Variable", "Meaning"]);
  assertEquals(lines, TRANSFER_OPTIONS.flatMap(describe));
});

Deno.test("README.md lists every knob of the clean-up as the table of knobs has it", () => {
  const [head, ...lines] = block("Knobs", "text").split("\n");
  assertEquals(head?.split(/ +/), ["Name", "Default", "Meaning"]);
  const knobs = Object.entries(CHECKPOINT_KNOBS).filter(([name]) => name.startsWith("CHECKPOINT_"));
  assertEquals(lines, knobs.flatMap(describeKnob));
});

Deno.test("README.md lists every knob of the local issuer as the table of knobs has it", () => {
  const [head, ...lines] = block("Issuer knobs", "text").split("\n");
  assertEquals(head?.split(/ +/), ["Name", "Meaning"]);
  const own = Object.entries(PROVIDER_KNOBS)
    .map(([name, knob]) => [`LOCAL_CREDMON_${name}`, knob] as const);
  const knobs = [...Object.entries(NAME_KNOBS), ...own];
  assertEquals(lines, knobs.flatMap(describeIssuerKnob));
});

Deno.test("README.md lists every clean-up plug-in, in the set-up and in the table", () => {
  const names = [...OWN_BACK_ENDS.keys()];
  assertEquals(
    table("Clean-up of checkpoints").map(([name]) => name).toSorted(),
    names.map((name) => `\`${name}\``),
  );
  const setup = section("condor_manifest and clean-up plug-ins, on access points");
  assertEquals(names.filter((name) => !setup.includes(`pinion/${name}`)), []);
});

Deno.test("README.md shows cmd/zkm_plugin.ts as it is, in less than 40 lines", async () => {
  const shown = block("Write your own plug-in", "ts");
  assertEquals(`${shown}\n`, await Deno.readTextFile(join(ROOT, "cmd/zkm_plugin.ts")));
  assert(shown.split("\n").length < 40, `${shown.split("\n").length} lines`);
});

Deno.test("README.md maps every @std name of the import map to its original", () => {
  const lines = JSON.parse(`{${block("Executables", "json").replace(/,\s*$/, "")}}`) as Record<
    string,
    string
  >;
  const names = Object.keys(CONFIG.imports).filter((name) => name.startsWith("@std/"));
  assertEquals(Object.keys(lines), names);
  for (const name of names) {
    const [scope, room, ...rest] = name.split("/");
    assertEquals(lines[name], [`jsr:${scope}`, `${room}@1`, ...rest].join("/"));
  }
});

Deno.test("README.md has a row for each case of the bench, with its target", () => {
  const rows = CASES.map(({ title, of, target, unit }) => [
    title,
    of === "ratio" ? `ratio ≤ ${target}` : `≤ ${target} ${unit}`,
  ]);
  assertEquals(table("Measured").map((cells) => [cells[0], cells[4]]), rows);
});

Deno.test("README.md names every room", async () => {
  const layout = block("Layout", "text");
  const missing: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, "core"))) {
    if (!layout.includes(isDirectory ? `${name}/` : name)) missing.push(name);
  }
  assertEquals(missing, []);
});

Deno.test("README.md has no line of more than 100 characters", () => {
  assertEquals(README.split("\n").filter((line) => [...line].length > 100), []);
});
