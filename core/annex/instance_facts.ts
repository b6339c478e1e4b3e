/** Reads what the metadata service says of the instance; only what has its proper form counts. */
import { dnsSuffixOf, INSTANCE_ID, partitionOf, readObject } from "../aws/mod.ts";
import type { Metadata } from "./contracts.ts";
import { AnnexError } from "./errors.ts";
import type { InstanceFacts } from "./facts.ts";
import type { AnnexHost } from "./host.ts";

const REGION = /^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/;
const ACCOUNT = /^\d{12}$/;
const PARTITION = /^aws(?:-[a-z]{1,20}){0,3}$/;
const DOMAIN = /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}$/;
const WORD = /^[\w.:-]{1,100}$/;
const OCTET = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const LIFE_CYCLES = new Set(["on-demand", "spot", "scheduled", "capacity-block"]);

/** Where the tag is, when the instance's tags are shown to it. */
const TAG = "meta-data/tags/instance/htcondor:AnnexName";

/**
 * Reads all facts, at once.
 *
 * @param options `boardId` the instance's id as the board tells it; `signal`
 * @throws {AnnexError} `foreign-metadata` when another id is told; `no-metadata` (retryable) when
 *   what cannot be done without is missing; {ImdsError}
 */
export async function readInstanceFacts(
  host: AnnexHost,
  metadata: Metadata,
  { boardId, signal }: { readonly boardId?: string | undefined; readonly signal: AbortSignal },
): Promise<InstanceFacts> {
  const get = async (path: string) => (await metadata.get(path, signal))?.trim();
  // The first request finds the address and the session for all others.
  const instanceId = await get("meta-data/instance-id");
  if (instanceId === undefined || !INSTANCE_ID.test(instanceId)) {
    throw missing("the instance's id");
  }
  if (boardId !== undefined && boardId !== instanceId) {
    throw new AnnexError(
      `Cannot trust the metadata service: it says "${instanceId}", the board "${boardId}"`,
      {
        code: "foreign-metadata",
        remedy: "find out who answers in the metadata service's place",
      },
    );
  }
  const [text, publicIp, partition, domain, lifeCycle, annexTag] = await Promise.all([
    get("dynamic/instance-identity/document"),
    get("meta-data/public-ipv4"),
    get("meta-data/services/partition"),
    get("meta-data/services/domain"),
    get("meta-data/instance-life-cycle"),
    get(TAG),
  ]);
  if (text === undefined) throw missing("the instance's identity document");
  const document = readObject(text, "the instance's identity document");
  const field = (name: string, pattern: RegExp): string | undefined => {
    const value = document[name];
    return typeof value === "string" && pattern.test(value) ? value : undefined;
  };
  const region = field("region", REGION);
  const accountId = field("accountId", ACCOUNT);
  if (region === undefined) throw missing("the region");
  if (accountId === undefined) throw missing("the account");
  const stated = document["instanceId"];
  if (stated !== undefined && stated !== instanceId) throw missing("one id of the instance");
  if (publicIp !== undefined && !IPV4.test(publicIp)) {
    host.note("The public address is none, and is left out", { event: "bad-public-address" });
  }
  const known = partition !== undefined && PARTITION.test(partition)
    ? partition
    : partitionOf(region);
  return {
    instanceId,
    publicIp: publicIp !== undefined && IPV4.test(publicIp) ? publicIp : "",
    region,
    accountId,
    partition: known,
    dnsSuffix: domain !== undefined && DOMAIN.test(domain) ? domain : dnsSuffixOf(known),
    availabilityZone: field("availabilityZone", WORD),
    instanceType: field("instanceType", WORD),
    imageId: field("imageId", WORD),
    privateIp: field("privateIp", IPV4),
    lifeCycle: lifeCycle !== undefined && LIFE_CYCLES.has(lifeCycle) ? lifeCycle : undefined,
    annexTag: annexTag === "" ? undefined : annexTag?.slice(0, 256),
  };
}

function missing(what: string): AnnexError {
  return new AnnexError(`Cannot use what the metadata service says: ${what} is missing`, {
    code: "no-metadata",
    retryable: true,
  });
}
