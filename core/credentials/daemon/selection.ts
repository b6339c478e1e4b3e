/** Monitors that own no more than was asked for. */
import type { Monitor } from "../monitor.ts";
import { splitName } from "../names.ts";
import type { Selection } from "./options.ts";

/**
 * A monitor that leaves alone the credentials of other users and providers. A name counts as a
 * provider's whether handles are cut off or not.
 */
export function selectOnly(monitor: Monitor, { user, providers }: Selection): Monitor {
  const isChosen = (name: string) =>
    providers.length === 0 || providers.includes(name) ||
    providers.includes(splitName(name, { specialCharacters: false })?.provider ?? "");
  return {
    label: monitor.label,
    ...(monitor.local === undefined ? {} : { local: monitor.local }),
    concurrency: monitor.concurrency,
    deadline: monitor.deadline,
    begin: () => monitor.begin?.(),
    tend: (credential, context) => monitor.tend(credential, context),
    owns: (credential) =>
      (user === undefined || credential.user === user) && isChosen(credential.name) &&
      monitor.owns(credential),
  };
}
