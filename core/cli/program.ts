/**
 * What an executable is: the one description that its parser, `-help`, man page, completion and
 * the linker's permission flags are all made from.
 */

/** One option of a program. Accepted with one dash or two, HTCondor's way first. */
export interface OptionSpec {
  /** Name without dashes, e.g. `infile`. */
  readonly name: string;
  /** Name of the value in help texts, e.g. `FILE`; an option without one is a switch. */
  readonly value?: string;
  /** Its value is the next argument even where that looks like one of the options. */
  readonly literal?: boolean;
  /** May be given more than once; its values are collected (options with a value only). */
  readonly repeatable?: boolean;
  /** Other spellings, without dashes. */
  readonly aliases?: readonly string[];
  /** What it does: one or two sentences, shown in help and man page. */
  readonly text: string;
  /** Left out of help, man page and completion. */
  readonly hidden?: boolean;
}

/** A titled pair of columns in help and man page, e.g. environment variables or exit statuses. */
export interface Entry {
  readonly name: string;
  readonly text: string;
}

/** Sub-commands have the same shape as programs, less what only a whole executable has. */
export interface Command {
  /** Name as typed, e.g. `curl_plugin` or `install`. */
  readonly name: string;
  /** What it is, in one line without a full stop. */
  readonly summary: string;
  /** Synopsis lines without the program's name, e.g. `-infile FILE -outfile FILE [-upload]`. */
  readonly usage: readonly string[];
  readonly options: readonly OptionSpec[];
  /** Operands (what is not an option): how many are allowed; default none. */
  readonly operands?: {
    readonly min: number;
    readonly max: number;
    /** The first one is another program: what follows it are that one's arguments, options too. */
    readonly rest?: true;
  };
}

/** An executable. */
export interface Program extends Command {
  /** Text of the version line and of the man page's footer, e.g. `0.1.0`. */
  readonly version: string;
  /** Paragraphs of the man page's Description. */
  readonly description: readonly string[];
  readonly commands?: readonly Command[];
  readonly configuration?: readonly Entry[];
  readonly files?: readonly Entry[];
  readonly environment?: readonly Entry[];
  readonly exitStatus: readonly Entry[];
  /** `name` is what to type (lines allowed), `text` says what it does. */
  readonly examples?: readonly Entry[];
  /** Pages such as `condor_submit(1)`, or URLs. */
  readonly seeAlso?: readonly string[];
}

/** The options every program has; the parser answers them itself. */
export const STANDARD_OPTIONS: readonly OptionSpec[] = [
  { name: "help", aliases: ["h"], text: "Print this help and exit." },
  { name: "version", text: "Print the version and exit." },
];

/** Whether a description is that of a whole executable. */
export function isProgram(command: Command): command is Program {
  return "version" in command && "exitStatus" in command;
}

/** What an executable may do; whatever is absent is refused by the runtime. */
export interface Permissions {
  /** Everything, also what no single permission grants, such as files below `/dev` and `/proc`. */
  readonly all?: true;
  readonly read?: true;
  readonly write?: true;
  readonly net?: true;
  readonly env?: true;
  /** Calls into the C library: whatever the user may do, for what the runtime has no words for. */
  readonly ffi?: true;
  /** Programs that may be started; `true` for any. */
  readonly run?: readonly string[] | true;
  /** System facts that may be read, e.g. `hostname`. */
  readonly sys?: readonly string[];
}

/** What a file-transfer plug-in is asked before anything else, and answers without loading it. */
export interface PluginFacts {
  /** The executable's name, e.g. `curl_plugin`. */
  readonly name: string;
  /** `PluginVersion`. */
  readonly version: string;
  /** `SupportedMethods`. */
  readonly methods: readonly string[];
}

/** A file that a system needs for an executable to be of use. */
export interface SystemFile {
  /** Absolute. */
  readonly path: string;
  readonly mode: number;
  readonly text: string;
  /** An administrator's to change: one that is there already stays as it is. */
  readonly isConfiguration?: boolean;
}

/** What belongs into a system that an executable is made for; plain data, as in JSON. */
export interface SystemSetup {
  /** Absolute path that the files start it by. */
  readonly executable: string;
  readonly files: readonly SystemFile[];
  /** Lines for whoever installs it: what is left to do. */
  readonly next: readonly string[];
}

/** One executable: its description, its permissions and its entry point. */
export interface Role {
  readonly program: Program;
  readonly permissions: Permissions;
  /** The plug-ins in it: one for a plug-in, several for the multi-call executable. */
  readonly plugins?: readonly PluginFacts[];
  /** For a role that is a part of the system itself. */
  readonly system?: SystemSetup;
  /**
   * Runs the program.
   *
   * @param args the arguments after the program's name
   * @returns the exit status
   */
  main(args: readonly string[]): Promise<number>;
}
