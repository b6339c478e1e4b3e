/** The text of `-help`: what a user needs at the prompt, in 80 columns. */
import {
  type Command,
  isProgram,
  type OptionSpec,
  type Program,
  STANDARD_OPTIONS,
} from "./program.ts";

const WIDTH = 80;
const INDENT = 2;
const WIDEST_TERM = 26;

/**
 * The help text of a program, or of one of its commands, without a closing line break.
 *
 * @param command the program itself or a command
 * @param parent the program the command belongs to
 */
export function helpText(command: Command, parent?: Program): string {
  const name = parent === undefined ? command.name : `${parent.name} ${command.name}`;
  const blocks = [usageBlock(name, usageLines(command)), wrap(sentence(command.summary), 0, WIDTH)];
  if (isProgram(command) && command.commands !== undefined) {
    const rows = command.commands.map((one) => [one.name, one.summary] as const);
    blocks.push(section("Commands", rows));
  }
  blocks.push(section("Options", visibleOptions(command, parent).map(optionRow)));
  if (isProgram(command)) {
    blocks.push(section("Exit status", command.exitStatus.map((e) => [e.name, e.text] as const)));
  }
  return blocks.filter((block) => block !== "").join("\n\n");
}

/** The synopsis of a command; a program that states none is used by its commands. */
export function usageLines(command: Command): readonly string[] {
  if (command.usage.length > 0 || !isProgram(command)) return command.usage;
  return (command.commands ?? []).flatMap((one) => one.usage.map((line) => `${one.name} ${line}`));
}

/** A summary as a sentence. */
export function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/** The options that help, man page and completion show, the ones every program has last. */
export function visibleOptions(command: Command, parent?: Program): readonly OptionSpec[] {
  return [...command.options, ...(parent?.options ?? []), ...STANDARD_OPTIONS]
    .filter((spec) => spec.hidden !== true);
}

/** One line per usage, the first behind "Usage:"; long ones continue under their first option. */
function usageBlock(name: string, usage: readonly string[]): string {
  return usage.map((given, i) => {
    const line = given.trim();
    const start = `${i === 0 ? "Usage:" : "      "} ${name}`;
    const column = start.length + 1;
    if (column + line.length <= WIDTH) return line === "" ? start : `${start} ${line}`;
    const indent = column <= WIDTH / 2 ? column : 11;
    const body = wrap(line, indent, WIDTH);
    return indent === column ? `${start} ${body.trimStart()}` : `${start}\n${body}`;
  }).join("\n");
}

function optionRow(spec: OptionSpec): readonly [string, string] {
  const names = [spec.name, ...(spec.aliases ?? [])].map((name) => `-${name}`).join(", ");
  return [spec.value === undefined ? names : `${names} ${spec.value}`, spec.text];
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return "";
  const widest = Math.max(...rows.map(([term]) => term.length).filter((n) => n <= WIDEST_TERM), 0);
  const column = INDENT + widest + 2;
  const lines = rows.map(([term, text]) => {
    const body = wrap(text, column, WIDTH);
    const head = " ".repeat(INDENT) + term;
    return term.length <= widest ? head + body.slice(head.length) : `${head}\n${body}`;
  });
  return `${title}:\n${lines.join("\n")}`;
}

/** Fills lines up to a width; a single word that is longer keeps a line of its own. */
function wrap(text: string, indent: number, width: number): string {
  const margin = " ".repeat(indent);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((w) => w !== "")) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(margin + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(margin + line);
  return lines.join("\n");
}
