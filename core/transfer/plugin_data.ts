/**
 * Reads transfer options from ads: `PluginData` of a job, `FTPlugin…` of a machine.
 */
import { ClassAd, type Value } from "../classad/mod.ts";
import { TransferFailure } from "../errors.ts";
import { type OptionType, type OptionValue, TRANSFER_OPTIONS } from "./option_table.ts";
import type { ExpectedDigest, TransferOptions } from "./options.ts";

/** libcurl's CURLE_BAD_FUNCTION_ARGUMENT, the nearest it has to a bad option. */
const BAD_ARGUMENT = 43;

/**
 * The options with what the ads set, the later ad ranking higher. Unknown attributes are left
 * alone, for the data may serve several plug-ins.
 *
 * @param base the options where the ads set none
 * @param ads data in rising order of rank
 * @param prefix what stands before each option's name in these ads
 * @param refuse what to do about a value of the wrong type or out of bounds, which is then left out;
 *   by default a failure of kind Parameter is thrown
 */
export function overrideOptions(
  base: TransferOptions,
  ads: readonly ClassAd[],
  { prefix = "", refuse = failFor }: { prefix?: string; refuse?: (text: string) => void } = {},
): TransferOptions {
  if (ads.length === 0) return base;
  const set: Record<string, OptionValue> = {};
  for (const ad of ads) {
    for (const { key, name, type } of TRANSFER_OPTIONS) {
      const attribute = prefix + name;
      if (!ad.has(attribute)) continue;
      const value = readValue(ad, attribute, type);
      if (value === undefined) refuse(`Cannot use "${attribute}": expected ${describe(type)}`);
      else set[key] = value;
    }
  }
  return { ...base, ...set };
}

function failFor(message: string): never {
  throw new TransferFailure("Parameter", message, { errorCode: BAD_ARGUMENT, retryable: -1 });
}

function readValue(ad: ClassAd, name: string, type: OptionType): OptionValue | undefined {
  switch (type.kind) {
    case "integer":
      return within(ad.getInteger(name), type);
    case "number":
      return within(ad.getReal(name), type);
    case "boolean":
      return ad.getBoolean(name);
    case "string":
      return ad.getString(name);
    case "choice":
      return chosen(ad.getBoolean(name) ?? ad.getString(name), type.of);
    case "strings":
      return strings(ad.getList(name), type.max);
    case "checksums":
      return checksums(ad.getAd(name) ?? ad.getList(name), type.max);
  }
}

/** `n` when it lies within the bounds. */
function within(n: number | undefined, { min, max }: { min: number; max: number }) {
  return n !== undefined && n >= min && n <= max ? n : undefined;
}

/** The choice that `value` names; true means `auto` and false `off` where these are offered. */
export function chosen(
  value: string | boolean | undefined,
  choices: readonly string[],
): string | undefined {
  const word = typeof value === "boolean" ? (value ? "auto" : "off") : value?.toLowerCase();
  return word !== undefined && choices.includes(word) ? word : undefined;
}

function strings(list: readonly Value[] | undefined, max: number): string[] | undefined {
  if (list === undefined || list.length > max) return undefined;
  const texts = list.filter((item) => typeof item === "string");
  return texts.length === list.length ? texts : undefined;
}

function checksums(
  value: ClassAd | readonly Value[] | undefined,
  max: number,
): ExpectedDigest[] | undefined {
  const items = value instanceof ClassAd ? [value] : value;
  if (items === undefined || items.length > max) return undefined;
  const digests: ExpectedDigest[] = [];
  for (const item of items) {
    const digest = item instanceof ClassAd ? expectedDigest(item) : undefined;
    if (digest === undefined) return undefined;
    digests.push(digest);
  }
  return digests;
}

function expectedDigest(ad: ClassAd): ExpectedDigest | undefined {
  const algorithm = ad.getString("Algorithm")?.toLowerCase().replaceAll("-", "");
  const value = ad.getString("Value")?.toLowerCase();
  if (algorithm === undefined || value === undefined || !/^[0-9a-f]+$/.test(value)) {
    return undefined;
  }
  return { subject: ad.getString("Url") ?? ad.getString("LocalFileName"), algorithm, value };
}

/** What a value must be, in words. */
export function describe(type: OptionType): string {
  switch (type.kind) {
    case "integer":
      return `an integer from ${type.min} to ${type.max}`;
    case "number":
      return `a number from ${type.min} to ${type.max}`;
    case "boolean":
      return "true or false";
    case "string":
      return "a string";
    case "choice":
      return `one of ${type.of.join(", ")}`;
    case "strings":
      return `a list of at most ${type.max} strings`;
    case "checksums":
      return `ads with Algorithm and a hexadecimal Value, at most ${type.max}`;
  }
}
