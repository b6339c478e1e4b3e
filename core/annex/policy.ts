/** Which archives a role may read, as its policies tell (IAM User Guide, "JSON policy elements"). */

/** Where archives are: a bucket, and what comes before `config-<name>.tar.gz` in their keys. */
export interface ArchivePlace {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
}

/** What is taken out of a policy. */
export interface PolicyPlaces {
  readonly places: readonly ArchivePlace[];
  /** What looks like a place and cannot be one, for the log. */
  readonly refused: readonly string[];
}

const ACTIONS = new Set(["s3:getobject", "s3:get*", "s3:*", "*"]);
const RESOURCE = /^arn:(aws[a-z-]*):s3:::([^/*?]+)\/((?:[^*?]*\/)?)config-\*\.tar\.gz$/;
/** It becomes part of a host's name (S3 User Guide, "Bucket naming rules"). */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f]/;
const LONGEST_PREFIX = 800;

/**
 * Finds the places in a policy, in its order.
 *
 * @param document JSON
 * @param partition the instance's own; places of others are refused
 * @throws {SyntaxError} for what is no policy; its message has none of the document
 */
export function placesIn(document: string, partition: string): PolicyPlaces {
  const places: ArchivePlace[] = [];
  const refused: string[] = [];
  for (const statement of statementsOf(document)) {
    if (statement["Effect"] !== "Allow") continue;
    if (!texts(statement["Action"]).some((action) => ACTIONS.has(action.toLowerCase()))) continue;
    for (const resource of texts(statement["Resource"])) {
      const [, owner, bucket, prefix] = RESOURCE.exec(resource) ?? [];
      if (bucket === undefined || prefix === undefined) continue;
      const isGood = owner === partition && BUCKET.test(bucket) && !bucket.includes("..") &&
        prefix.length <= LONGEST_PREFIX && !UNPRINTABLE.test(prefix);
      if (isGood) places.push({ bucket, prefix });
      else refused.push(resource.slice(0, 200));
    }
  }
  return { places, refused };
}

function statementsOf(document: string): readonly Record<string, unknown>[] {
  let policy: unknown;
  try {
    policy = JSON.parse(document);
  } catch {
    throw new SyntaxError("it is no JSON");
  }
  const statement = (policy as { Statement?: unknown } | null)?.Statement;
  return (Array.isArray(statement) ? statement : [statement])
    .filter((one): one is Record<string, unknown> => typeof one === "object" && one !== null);
}

/** A text, or the texts in a list. */
function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");
}
