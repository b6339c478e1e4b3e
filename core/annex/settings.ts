/** `/etc/condor/annex-ec2.conf`: one table gives each setting's name, form, default and text. */
import { AnnexError } from "./errors.ts";
import type { AnnexHost } from "./host.ts";
import { SETTINGS_FILE } from "./paths.ts";
import { readOwnFile } from "./safe_file.ts";

/** Largest file read, in bytes. */
const LARGEST_FILE = 64 * 1024;

interface Spec<T> {
  readonly initial: T;
  /** The value that a text stands for; undefined for none. */
  readonly parse: (text: string) => T | undefined;
  /** What may be written. */
  readonly form: string;
  readonly text: string;
}

const bool = (initial: boolean, text: string): Spec<boolean> => ({
  initial,
  parse: (value) =>
    /^(?:true|yes|on|1)$/i.test(value)
      ? true
      : /^(?:false|no|off|0)$/i.test(value)
      ? false
      : undefined,
  form: "true or false",
  text,
});

function choice<const T extends string>(all: readonly T[], text: string): Spec<T> {
  return {
    initial: all[0]!,
    parse: (value) => all.find((one) => one === value),
    form: all.join(", "),
    text,
  };
}

function word(
  initial: string,
  pattern: RegExp,
  [form, text]: readonly [string, string],
): Spec<string> {
  return { initial, parse: (value) => pattern.test(value) ? value : undefined, form, text };
}

function uids(text: string): Spec<readonly number[]> {
  return {
    initial: [],
    parse(value) {
      const words = value.split(/[\s,]+/).filter((one) => one !== "");
      return words.length <= 64 &&
          words.every((one) => /^\d{1,10}$/.test(one) && +one < 2 ** 32 - 1)
        ? words.map(Number)
        : undefined;
    },
    form: "up to 64 numeric user ids",
    text,
  };
}

function seconds(initial: number, text: string): Spec<number> {
  return {
    initial,
    parse: (value) => /^\d{1,6}$/.test(value) ? Number(value) : undefined,
    form: "a number of seconds below 1000000",
    text,
  };
}

/** Each setting, by its name in the file. */
export const SETTINGS = {
  imds: choice(
    ["v2-preferred", "v2-only", "v1-only"],
    "How the metadata service is spoken to; v2-only never asks without a token.",
  ),
  imds_family: choice(
    ["auto", "ipv4", "ipv6"],
    "The address of the metadata service that is asked; auto tries IPv4 first.",
  ),
  firewall: choice(
    ["auto", "nft", "iptables", "off"],
    "What keeps jobs from the metadata service.",
  ),
  firewall_allow_uids: uids("Further users who may reach the metadata service."),
  firewall_required: bool(true, "Ask for no credentials where there is no firewall."),
  give_up_seconds: seconds(3000, "How long a missing name or archive is waited for."),
  on_give_up: choice(["poweroff", "fail"], "What is done then."),
  trust_annex_tag: bool(true, "Take the tag htcondor:AnnexName as the annex's name."),
  bucket: word("", /^(?:[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/, [
    "a bucket's name",
    "Bucket of the archive, instead of the one that the role's policies name.",
  ]),
  key: word("", /^(?:[A-Za-z0-9!_.'()@+-]+(?:\/[A-Za-z0-9!_.'()@+-]+)*)?$/, [
    "a key without a slash at its start",
    "Key of the archive, instead of config-<annex name>.tar.gz.",
  ]),
  expected_bucket_owner: word("auto", /^(?:auto|off|\d{12})$/, [
    "auto, off or a 12-digit account",
    "Account that the bucket must belong to; auto is the instance's own.",
  ]),
  scratch: word("auto", /^(?:auto|off|\/dev\/[A-Za-z0-9_-]{1,64})$/, [
    "auto, off or a device",
    "Local disk that jobs run on.",
  ]),
  advertise_cloud_attributes: bool(true, "Advertise CloudProvider and its like."),
} as const;

/** The settings, typed. */
export type AnnexSettings = {
  readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Spec<infer T> ? T : never;
};

/** What holds where the file says nothing. */
export const DEFAULT_SETTINGS: AnnexSettings = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, { initial }]) => [name, initial]),
) as AnnexSettings;

/**
 * Reads the settings. A file that cannot be trusted is left aside with an error in the log, and so
 * is each line that cannot be understood; all others count.
 */
export async function readSettings(host: AnnexHost): Promise<AnnexSettings> {
  let text: string | undefined;
  try {
    text = await readOwnFile(host, SETTINGS_FILE, LARGEST_FILE);
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    host.note(error.message, { event: "settings-ignored", code: error.code });
  }
  return text === undefined
    ? DEFAULT_SETTINGS
    : parseSettings(text, (line, why) =>
      host.note(`Cannot use line ${line} of "${SETTINGS_FILE}": ${why}`, {
        event: "setting-ignored",
      }));
}

/**
 * Reads lines of `name = value`; `#` begins a comment; of a name that comes twice the last counts.
 *
 * @param complain is told of each line that cannot be used, by its number
 */
export function parseSettings(
  text: string,
  complain: (line: number, why: string) => void,
): AnnexSettings {
  const found: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/(?:^|\s)#.*$/, "").trim();
    if (line === "") continue;
    const [, name, value] = /^([A-Za-z_]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      complain(index + 1, "not of the form name = value");
      continue;
    }
    const key = name.toLowerCase();
    const spec = Object.hasOwn(SETTINGS, key)
      ? SETTINGS[key as keyof typeof SETTINGS] as Spec<unknown>
      : undefined;
    const parsed = spec?.parse(value);
    if (spec === undefined) complain(index + 1, "no such setting");
    else if (parsed === undefined) complain(index + 1, `wanted ${spec.form}`);
    else found[key] = parsed;
  }
  return found as AnnexSettings;
}
