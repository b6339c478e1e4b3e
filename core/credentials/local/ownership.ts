/** Whose a provider is, as HTCondor's credd decides it when a job is submitted. */
import { clientIdKnob, type SettingSource } from "./knobs.ts";

/** The monitors that a provider can belong to. */
export type Owner = "local" | "client" | "oauth2" | "vault" | "pelican" | "the user";

const LISTS = [
  ["client", "CLIENT_CREDMON_PROVIDER_NAMES"],
  ["oauth2", "OAUTH2_CREDMON_PROVIDER_NAMES"],
  ["vault", "VAULT_CREDMON_PROVIDER_NAMES"],
  ["pelican", "PELICAN_CREDMON_PROVIDER_NAMES"],
] as const;

/**
 * Whose a provider is: lists are asked in this order, and their names are compared with case, as the
 * credd does.
 *
 * @param localNames the local providers
 */
export function ownerOf(
  config: SettingSource,
  name: string,
  localNames: readonly string[],
): Owner {
  if (localNames.includes(name)) return "local";
  for (const [owner, knob] of LISTS) if (listOf(config, knob).includes(name)) return owner;
  const clientId = settingOf(config, clientIdKnob(name));
  if (clientId !== undefined && listOf(config, "OAUTH2_CREDMON_PROVIDER_NAMES").length === 0) {
    return "oauth2";
  }
  const hasVault = isSet(config, "VAULT_CREDMON_PROVIDER_NAMES") ||
    settingOf(config, "SEC_CREDENTIAL_STORER") !== undefined;
  const isVault = hasVault && clientId === undefined &&
    listOf(config, "VAULT_CREDMON_PROVIDER_NAMES").length === 0;
  return isVault ? "vault" : "the user";
}

/** Providers that the configuration gives to other monitors, each with its owner. */
export function otherOwners(
  config: SettingSource,
  localNames: readonly string[],
): { readonly name: string; readonly owner: Owner }[] {
  const names = new Set(LISTS.flatMap(([, knob]) => listOf(config, knob)));
  return [...names].filter((name) => !localNames.includes(name))
    .map((name) => ({ name, owner: ownerOf(config, name, localNames) }));
}

/** Lines about others that a local provider is named for as well. */
export function conflicts(config: SettingSource, name: string): readonly string[] {
  const lines = LISTS.filter(([, knob]) => listOf(config, knob).includes(name)).map(
    ([owner, knob]) =>
      `Provider "${name}" is local, and ${config.origin(knob)} gives it to the ${owner} monitor ` +
      `too (${knob}); take it out of one of them`,
  );
  const knob = clientIdKnob(name);
  if (settingOf(config, knob) !== undefined) {
    lines.push(
      `Provider "${name}" is local, and ${knob} is set (${config.origin(knob)}), which is for ` +
        "providers of the OAuth2 monitor; remove it",
    );
  }
  return lines;
}

/** The names of a list; one that stands for all names none. */
function listOf(config: SettingSource, knob: string): readonly string[] {
  const names = settingOf(config, knob) as readonly string[] | undefined ?? [];
  return names.includes("*") ? [] : names;
}

function isSet(config: SettingSource, knob: string): boolean {
  return settingOf(config, knob) !== undefined;
}

/** A setting that some tables have not: then nothing sets it. */
function settingOf(config: SettingSource, knob: string): unknown {
  try {
    return config.get(knob);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
