/**
 * The answer to `-classad`: what a plug-in supports, for HTCondor and for the slot's ad.
 *
 * HTCondor asks at each start of a startd and once for each job, so nothing is looked up here.
 */
import { makeAd, printOldAd } from "../classad/mod.ts";
import type { PluginFacts } from "../cli/program.ts";
import { PINION_VERSION } from "../version.ts";

/** The option that asks. */
export const QUERY_OPTION = "classad";

/** Version of HTCondor's plug-in protocol that is spoken. */
const PROTOCOL_VERSION = 4;

/** What our plug-ins do beyond HTCondor's own; published with the slot for jobs to match on. */
const FEATURES = "parallel,resume,verify,mirrors,unpack";

/**
 * The ad in long format.
 *
 * @param plugin what is asked about
 * @param env the environment, whose proxies are published without their passwords
 */
export function queryAnswer(
  plugin: PluginFacts,
  env: (name: string) => string | undefined,
): string {
  const ad = makeAd({
    MultipleFileSupport: true,
    PluginVersion: plugin.version,
    PluginType: "FileTransfer",
    ProtocolVersion: PROTOCOL_VERSION,
    SupportedMethods: plugin.methods.join(","),
  });
  for (const method of plugin.methods) {
    const proxy = env(`${method}_proxy`);
    if (proxy) ad.set(`${method}_proxy`, printable(proxy));
  }
  const attribute = `Pinion${pascalCase(plugin.name)}`;
  ad.set("StartdAttrs", attribute);
  ad.set(attribute, `${PINION_VERSION} ${FEATURES}`);
  return printOldAd(ad);
}

/** Whether the arguments ask: HTCondor gives the option alone, a person may not. */
export function isQuery(args: readonly string[]): boolean {
  return args.includes(`-${QUERY_OPTION}`) || args.includes(`--${QUERY_OPTION}`);
}

/**
 * The answer of an executable that was not loaded for more than this, if it is asked.
 *
 * @param plugins the plug-ins in the executable; several are told apart by `options.name`
 * @returns nothing where the whole program has to see to the arguments
 */
export function quickAnswer(
  plugins: readonly PluginFacts[],
  { name, args, env }: {
    /** The name that the process was started under. */
    readonly name: string | undefined;
    readonly args: readonly string[];
    readonly env: (name: string) => string | undefined;
  },
): string | undefined {
  if (!isQuery(args)) return undefined;
  const file = name?.slice(name.lastIndexOf("/") + 1);
  const plugin = plugins.length === 1 ? plugins[0] : plugins.find((one) => one.name === file);
  return plugin && queryAnswer(plugin, env);
}

/** Without user information, and fit for a string of the long format. */
function printable(proxy: string): string {
  return proxy.replace(/^([^/]*\/\/)?.*@/s, "$1").replace(/[^\x20-\x7e]|["\\]/g, "");
}

function pascalCase(name: string): string {
  return name.split(/[^A-Za-z0-9]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
