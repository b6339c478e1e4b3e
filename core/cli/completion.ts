/** Completion for bash, made from the option table; the script is sourced by the user's shell. */
import { visibleOptions } from "./help.ts";
import type { Command, OptionSpec, Program } from "./program.ts";

/**
 * A bash script that completes a program's options, commands and file names.
 *
 * Values named `FILE` or `PATH` and operands complete to files, `DIR` to directories, other values
 * to nothing.
 */
export function bashCompletion(program: Program): string {
  const fn = `_${program.name.replace(/\W/g, "_")}`;
  const commands = program.commands ?? [];
  return `# bash completion for ${program.name}
${fn}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= i words
  COMPREPLY=()
  # bash cuts words at "=", so -word=value arrives in three pieces.
  if [[ $cur == "=" ]]; then
    cur=
  elif [[ $prev == "=" ]] && ((COMP_CWORD > 1)); then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
${commands.length === 0 ? "" : findCommand(commands)}  case "$command" in
${commands.map((one) => branch(one.name, one, program)).join("")}${branch("*", program)}  esac
  if [[ $cur == --* ]]; then
    words=" $words"
    words=\${words// -/ --}
  fi
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
${commands.length === 0 ? "" : commandWords(commands)}  fi
}
complete -o default -F ${fn} ${program.name}
`;
}

/** The first word that is a command decides which options are offered. */
function findCommand(commands: readonly Command[]): string {
  return `  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${commands.map((one) => one.name).join(" | ")})
        command=\${COMP_WORDS[i]}
        break
        ;;
    esac
  done
`;
}

function commandWords(commands: readonly Command[]): string {
  const names = commands.map((one) => one.name).join(" ");
  return `  elif [[ -z $command ]]; then
    COMPREPLY=($(compgen -W "${names}" -- "$cur"))
`;
}

function branch(pattern: string, command: Command, parent?: Program): string {
  const options = visibleOptions(command, parent);
  const valued = options.filter((spec) => spec.value !== undefined);
  const files = valued.filter((spec) => isFile(spec.value));
  const folders = valued.filter((spec) => spec.value === "DIR");
  const others = valued.filter((spec) => !isFile(spec.value) && spec.value !== "DIR");
  return `    ${pattern})
      case "$prev" in
${values(files, "return")}${values(folders, FOLDERS)}${
    values(others, "compopt +o default 2>/dev/null; return")
  }      esac
      words="${options.flatMap(spellings).join(" ")}"
      ;;
`;
}

const FOLDERS = `mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return`;

function values(options: readonly OptionSpec[], action: string): string {
  if (options.length === 0) return "";
  const patterns = options.flatMap(spellings).flatMap((word) => [word, `-${word}`]);
  return `        ${patterns.join(" | ")}) ${action} ;;\n`;
}

function spellings(spec: OptionSpec): string[] {
  return [spec.name, ...(spec.aliases ?? [])].map((name) => `-${name}`);
}

function isFile(value: string | undefined): boolean {
  return value === "FILE" || value === "PATH";
}
