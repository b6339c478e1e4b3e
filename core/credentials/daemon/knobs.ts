/** The daemon's own settings (manual, "Configuration Macros"). */
import type { Knob, Knobs } from "../../config/knobs.ts";

/** Name of the daemon, as condor_master knows it. */
export const DEFAULT_NAME = "CREDMON_OAUTH";

/** Knobs that have the daemon's name in theirs. */
const NAMED: Readonly<Record<string, Knob>> = {
  "<NAME>_LOG": { type: "path", text: "The log; $(LOG)/CredmonOauthLog, by the name, unless set." },
  "<NAME>_DEBUG": {
    type: "string",
    text: "What the log has besides the usual: D_FULLDEBUG, D_SECURITY; D_CAT for categories.",
  },
  "MAX_<NAME>_LOG": {
    type: "string",
    text:
      "Size or age at which the log is set aside, as 10 Mb or 1 Day; MAX_DEFAULT_LOG unless set.",
  },
  "MAX_NUM_<NAME>_LOG": {
    type: "integer",
    default: 1,
    min: 0,
    max: 1000,
    text: "Logs kept that were set aside: one as .old, more by their times.",
  },
};

/** The others. */
const COMMON = {
  SEC_CREDENTIAL_DIRECTORY_OAUTH: { type: "path", text: "The credential directory." },
  SEC_CREDENTIAL_DIRECTORY: { type: "path", text: "The same, for releases of old." },
  LOG: {
    type: "path",
    default: "/var/log/condor",
    text: "Where the log lies that nothing else names.",
  },
  SEC_CREDENTIAL_MONITOR_OAUTH_LOG: {
    type: "path",
    text: "The log, for releases of old; <NAME>_LOG wins.",
  },
  SEC_CREDENTIAL_MONITOR_LOG: {
    type: "path",
    text: "The same, for still older ones.",
  },
  MAX_DEFAULT_LOG: {
    type: "string",
    default: "10 Mb",
    text: "Size or age at which HTCondor's logs are set aside.",
  },
} as const satisfies Knobs;

/** The knobs as a man page has them, with `<NAME>` for the daemon's name. */
export const DAEMON_KNOBS: Knobs = { ...COMMON, ...NAMED };

/** The ends of names that depend on the daemon's. */
export type NamedKnob = "<NAME>_LOG" | "<NAME>_DEBUG" | "MAX_<NAME>_LOG" | "MAX_NUM_<NAME>_LOG";

/** A knob that has the daemon's name in its own. */
export function namedKnob(knob: NamedKnob, name: string): string {
  return knob.replace("<NAME>", name.toUpperCase());
}

/** The table for a daemon of a name. */
export function daemonKnobs(name: string): Knobs {
  const named = Object.entries(NAMED).map((
    [knob, rest],
  ) => [namedKnob(knob as NamedKnob, name), rest]);
  return { ...COMMON, ...Object.fromEntries(named) };
}

/** Whether a text can be a daemon's name: it becomes a part of knobs' names. */
export function isDaemonName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(text);
}
