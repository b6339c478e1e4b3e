/**
 * The answer to `-classad`: what a plug-in supports, for HTCondor and for the slot's ad.
 *
 * HTCondor asks at each start of a startd and once for each job, so nothing is looked up here.
 */
import { makeAd, printOldAd } from "../classad/mod.ts";
import { PINION_VERSION } from "../version.ts";

/** What the answer says. */
export interface QuerySubject {
  /** The executable's name, e.g. `curl_plugin`. */
  readonly name: string;
  readonly version: string;
  readonly methods: readonly string[];
}

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
  plugin: QuerySubject,
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

/** Without user information, and fit for a string of the long format. */
function printable(proxy: string): string {
  return proxy.replace(/^([^/]*\/\/)?.*@/s, "$1").replace(/[^\x20-\x7e]|["\\]/g, "");
}

function pascalCase(name: string): string {
  return name.split(/[^A-Za-z0-9]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
