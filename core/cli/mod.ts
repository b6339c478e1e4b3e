/** What the start of a program needs; man pages and completions are for `scripts/` only. */
export { helpText } from "./help.ts";
export { type Parsed, parseOptions, type Print, type Run, type Values } from "./parse.ts";
export type {
  Command,
  Entry,
  OptionSpec,
  Permissions,
  Program,
  Role,
  SystemFile,
  SystemSetup,
} from "./program.ts";
