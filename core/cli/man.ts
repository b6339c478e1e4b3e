/** Man pages in the macros of man(7), made from the same table as everything else. */
import { sentence, usageLines, visibleOptions } from "./help.ts";
import type { Command, Entry, OptionSpec, Program } from "./program.ts";

/**
 * The source of a program's page in section 1. It has no date, so equal input gives equal bytes.
 *
 * Sub-commands are described within the page of their program.
 */
export function manPage(program: Program): string {
  const lines = [
    `.TH ${quoted(program.name.toUpperCase())} 1 "" ${quoted(`Pinion ${program.version}`)}`,
    ".nh",
    ".SH NAME",
    `${escape(program.name)} \\- ${escape(program.summary)}`,
    ".SH SYNOPSIS",
    ...synopsis(program.name, usageLines(program)),
    ".SH DESCRIPTION",
    ...paragraphs(program.description),
    ...commandList(program),
    ".SH OPTIONS",
    "Options may be written with one dash or two; a value may also follow an equals sign.",
    ...visibleOptions(program).flatMap(option),
    ...entries("CONFIGURATION", program.configuration),
    ...entries("FILES", program.files),
    ...entries("ENVIRONMENT", program.environment),
    ...entries("EXIT STATUS", program.exitStatus),
    ...examples(program.examples),
    ...seeAlso(program.seeAlso),
  ];
  return `${lines.join("\n")}\n`;
}

/** Text as it must be written so that it prints as it is: ASCII only, nothing read as a request. */
function escape(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return guarded(glyphs(flat));
}

function glyphs(text: string): string {
  let out = "";
  for (const character of text) out += GLYPHS.get(character) ?? named(character);
  return out;
}

/** What roff would take for markup or print as a typographic sign. */
const GLYPHS: ReadonlyMap<string, string> = new Map([
  ["\\", "\\e"],
  ["-", "\\-"],
  ["'", "\\(aq"],
  ["`", "\\(ga"],
  ["^", "\\(ha"],
  ["~", "\\(ti"],
  ['"', "\\(dq"],
]);

function named(character: string): string {
  const code = character.codePointAt(0)!;
  if (code >= 0x20 && code < 0x7f) return character;
  if (code < 0xa0 || (code >= 0xd800 && code < 0xe000)) return " ";
  return `\\[u${code.toString(16).toUpperCase().padStart(4, "0")}]`;
}

/** A line that starts with a full stop would be a request. */
function guarded(line: string): string {
  return line.startsWith(".") ? `\\&${line}` : line;
}

function quoted(text: string): string {
  return `"${escape(text)}"`;
}

function synopsis(name: string, usage: readonly string[]): string[] {
  return usage.flatMap((line, i) => [
    ...(i === 0 ? [] : [".br"]),
    `\\fB${escape(name)}\\fR ${marked(line)}`.trimEnd(),
  ]);
}

/** Words in capitals are placeholders and slanted, options are bold. */
function marked(usage: string): string {
  return escape(usage).replace(
    /\\-[a-z][\w.]*(?:\\-[\w.]+)*|\b[A-Z][A-Z0-9_]*\b/g,
    (word) => word.startsWith("\\-") ? `\\fB${word}\\fR` : `\\fI${word}\\fR`,
  );
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text) => [".PP", escape(text)]);
}

function commandList(program: Program): string[] {
  if (program.commands === undefined) return [];
  return [".SH COMMANDS", ...program.commands.flatMap((one) => command(program, one))];
}

function command(program: Program, one: Command): string[] {
  const own = one.options.filter((spec) => spec.hidden !== true);
  return [
    `.SS ${quoted(`${program.name} ${one.name}`)}`,
    ...synopsis(`${program.name} ${one.name}`, one.usage),
    ".PP",
    escape(sentence(one.summary)),
    ...own.flatMap(option),
  ];
}

function option(spec: OptionSpec): string[] {
  const names = [spec.name, ...(spec.aliases ?? [])].map((n) => `\\fB${escape(`-${n}`)}\\fR`);
  const value = spec.value === undefined ? "" : ` \\fI${escape(spec.value)}\\fR`;
  return [".TP", names.join(", ") + value, escape(spec.text)];
}

function entries(title: string, list: readonly Entry[] | undefined): string[] {
  if (list === undefined || list.length === 0) return [];
  const rows = list.flatMap(({ name, text }) => [".TP", `\\fB${escape(name)}\\fR`, escape(text)]);
  return [`.SH ${title}`, ...rows];
}

function examples(list: readonly Entry[] | undefined): string[] {
  if (list === undefined || list.length === 0) return [];
  const rows = list.flatMap(({ name, text }) => [
    ".PP",
    escape(text),
    ".PP",
    ".RS 4",
    ".nf",
    ...name.split("\n").map((line) => guarded(glyphs(line))),
    ".fi",
    ".RE",
  ]);
  return [".SH EXAMPLES", ...rows];
}

function seeAlso(pages: readonly string[] | undefined): string[] {
  if (pages === undefined || pages.length === 0) return [];
  const names = pages.map((page) => {
    const [, name, section] = /^(\S+)(\(\w+\))$/.exec(page) ?? [];
    return name === undefined ? escape(page) : `\\fB${escape(name)}\\fR${section}`;
  });
  return [".SH SEE ALSO", names.join(",\n")];
}
