/**
 * The options that hold before a job says anything, and the limits that hold whatever it says.
 */
import { type ClassAd, parseOldAd } from "../classad/mod.ts";
import { errorText } from "../errors.ts";
import type { Host } from "./host.ts";
import { type OptionType, type OptionValue, TRANSFER_OPTIONS } from "./option_table.ts";
import { DEFAULT_OPTIONS, type TransferOptions } from "./options.ts";
import { chosen, describe, overrideOptions } from "./plugin_data.ts";

/** Where an administrator caps what jobs may ask for, unless `FTPLUGIN_ADMIN_LIMITS` does. */
const LIMITS_FILE = "/etc/condor/ft-plugins.json";

/** The options that can be capped. */
const LIMITED = ["maxParallel", "maxPerHost", "deadline"] as const;

const LIMITS_TEXT =
  "expected integers for MaxParallel, MaxPerHost and Deadline, within their bounds";

/** Largest machine ad or limits file read, in bytes. */
const MAX_FILE = 4 << 20;

/** An administrator's upper limits. */
export type Limits = Partial<Record<(typeof LIMITED)[number], number>>;

/** Where to look, and whom to tell of what cannot be used and is left out. */
export interface Surroundings {
  readonly host: Host;
  warn(text: string): void;
}

/**
 * The options of this machine: built-in, then `FTPlugin…` of the machine ad, then the environment.
 *
 * @param prefix the plug-in's prefix in the environment, e.g. `CURL`
 */
export function readDefaults(prefix: string, { host, warn }: Surroundings): TransferOptions {
  const machine = readMachineAd(host, warn);
  const options = overrideOptions(DEFAULT_OPTIONS, machine === undefined ? [] : [machine], {
    prefix: "FTPlugin",
    refuse: (text) => warn(`${text} (machine ad)`),
  });
  const set: Record<string, OptionValue> = {};
  for (const { key, environment, type } of TRANSFER_OPTIONS) {
    if (environment === undefined) continue;
    const found = environmentValue(prefix, environment, host);
    if (found === undefined) continue;
    const value = parseValue(found.text.trim(), type);
    if (value === undefined) warn(`Cannot use ${found.name}: expected ${describe(type)}`);
    else set[key] = value;
  }
  return { ...options, ...set };
}

function environmentValue(prefix: string, environment: string, host: Host) {
  for (const name of [`CONDOR_${prefix}_${environment}`, `${prefix}_${environment}`]) {
    const text = host.env(name);
    if (text !== undefined && text !== "") return { name, text };
  }
  return undefined;
}

function parseValue(text: string, type: OptionType): OptionValue | undefined {
  switch (type.kind) {
    case "integer":
    case "number": {
      const n = Number(text);
      if (text === "" || !Number.isFinite(n)) return undefined;
      if (type.kind === "integer" && !Number.isInteger(n)) return undefined;
      return n >= type.min && n <= type.max ? n : undefined;
    }
    case "boolean":
      return /^(true|yes|1)$/i.test(text) ? true : /^(false|no|0)$/i.test(text) ? false : undefined;
    case "choice":
      return chosen(text, type.of);
    case "string":
      return text;
    case "strings":
    case "checksums":
      return undefined;
  }
}

/** The machine ad of the slot, which is missing when HTCondor tests a plug-in at start-up. */
function readMachineAd(host: Host, warn: (text: string) => void): ClassAd | undefined {
  const path = host.env("_CONDOR_MACHINE_AD");
  const text = path === undefined ? undefined : readSmallFile(path, warn);
  // The attributes that matter here are rare: parse the ad only when it has one.
  if (text === undefined || !/^\s*FTPlugin/im.test(text)) return undefined;
  try {
    return parseOldAd(text, {
      onBadLine: ({ line, error }) =>
        warn(`Cannot read line ${line} of "${path}": ${error.message}`),
    });
  } catch (error) {
    warn(`Cannot read "${path}": ${errorText(error)}`);
    return undefined;
  }
}

/** The limits that an administrator set on this machine. */
export function readLimits({ host, warn }: Surroundings): Limits {
  const path = host.env("FTPLUGIN_ADMIN_LIMITS") || LIMITS_FILE;
  const text = readSmallFile(path, warn);
  if (text === undefined) return {};
  const limits: Limits = {};
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content !== "object" || content === null) throw new TypeError("not an object");
    for (const [name, value] of Object.entries(content)) {
      const option = TRANSFER_OPTIONS.find((option) => option.name === name);
      const key = LIMITED.find((key) => key === option?.key);
      const limit = option === undefined ? undefined : parseValue(String(value), option.type);
      if (key !== undefined && typeof limit === "number") limits[key] = limit;
      else warn(`Cannot use "${name}" in "${path}": ${LIMITS_TEXT}`);
    }
  } catch (error) {
    warn(`Cannot use the limits in "${path}": ${errorText(error)}`);
  }
  return limits;
}

/** The options capped by the limits. */
export function applyLimits(options: TransferOptions, limits: Limits): TransferOptions {
  const capped: Limits = {};
  for (const key of LIMITED) {
    const limit = limits[key];
    if (limit !== undefined && options[key] > limit) capped[key] = limit;
  }
  return { ...options, ...capped };
}

function readSmallFile(path: string, warn: (text: string) => void): string | undefined {
  try {
    const { size, isFile } = Deno.statSync(path);
    // A job may have put a pipe or a device in the place of its slot's ad.
    if (!isFile) throw new TypeError("not a regular file");
    if (size > MAX_FILE) throw new RangeError(`larger than ${MAX_FILE} bytes`);
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      warn(`Cannot read "${path}": ${errorText(error)}`);
    }
    return undefined;
  }
}
