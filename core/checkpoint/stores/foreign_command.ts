/** How plug-ins of others are called (manual, "Self-Checkpointing Jobs"). */
import type { Batch } from "../store.ts";

/** What does not change from one file to the next. */
export interface PluginCall {
  /** The program's absolute path, then the arguments of the map's line. */
  readonly command: readonly string[];
  /** What is passed as `-jobad`, whatever is there. */
  readonly jobAd: string;
}

/** What is to be removed: one file, or those in a list. */
export type Target =
  | { readonly option: "-delete"; readonly value: Uint8Array }
  | { readonly option: "-delete-list"; readonly value: string };

const encoder = new TextEncoder();

/** The words of a call, in HTCondor's order; names go through byte by byte. */
export function pluginArgv(
  { command, jobAd }: PluginCall,
  { base, ignoreMissing, option, value }: Pick<Batch, "base" | "ignoreMissing"> & Target,
): Uint8Array[] {
  return [
    ...command,
    "-from",
    base.text,
    option,
    value,
    "-jobad",
    jobAd,
    ...(ignoreMissing ? ["-ignore-missing-files"] : []),
  ].map((word) => typeof word === "string" ? encoder.encode(word) : word);
}
