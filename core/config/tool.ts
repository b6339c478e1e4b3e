/** Whether HTCondor's own tool is asked, or its files are read here. */
import type { ConfigValOptions } from "./condor_config_val.ts";

/** What decides it. */
export interface ToolChoice {
  /**
   * Ask HTCondor's own tool. Default: when `condor_config_val` lies in a folder of PATH. False
   * never starts a process.
   */
  readonly tool?: Pick<ConfigValOptions, "command" | "run"> | false;
  /** The process's environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly subsystem?: string;
  readonly localName?: string;
}

/** How the tool is to be asked, or false. */
export function toolOf(choice: ToolChoice): ConfigValOptions | false {
  const { subsystem, localName } = choice;
  const tool = choice.tool ?? installed(choice.environment["PATH"] ?? "");
  return tool === false ? false : {
    ...tool,
    ...(subsystem === undefined ? {} : { subsystem }),
    ...(localName === undefined ? {} : { localName }),
  };
}

function installed(path: string): { readonly command: string } | false {
  for (const folder of path.split(":").filter((one) => one.startsWith("/"))) {
    const command = `${folder}/condor_config_val`;
    if (isFile(command)) return { command };
  }
  return false;
}

/** A folder that cannot be looked into holds no tool for us. */
function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
