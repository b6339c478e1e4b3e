/** What the environment alone says of HTCondor's settings. */

/** `_CONDOR_<KNOB>`, but not what daemons use to find the processes that they started. */
const SETTING = /^_CONDOR_(?!ANCESTOR_)[\w.]+$/i;

/** The variables, as help and man pages of programs that read the configuration have them. */
export const CONFIG_VARIABLES = [
  { name: "_CONDOR_<KNOB>", text: "Takes the place of what the configuration has for <KNOB>." },
  { name: "CONDOR_CONFIG", text: "Where HTCondor's configuration begins." },
] as const;

/**
 * The variables that HTCondor's configuration is read from, for a program that is to read it as
 * this one does and is to know nothing else.
 */
export function configVariables(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => name === "CONDOR_CONFIG" || SETTING.test(name)),
  );
}

/**
 * Whether a variable `_CONDOR_<KNOB>` switches a knob on, for what works without a configuration.
 * Only plain words and numbers count; whatever else there may be leaves it off.
 *
 * @param knob its name, in any case
 */
export function isSwitchedOn(
  knob: string,
  environment: Readonly<Record<string, string>>,
): boolean {
  const variable = `_condor_${knob}`.toLowerCase();
  const found = Object.entries(environment).find(([name]) => name.toLowerCase() === variable);
  return /^\s*(?:true|yes|t|0*[1-9]\d*)\s*$/i.test(found?.[1] ?? "");
}
