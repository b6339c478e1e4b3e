/** Where an annex's archive may be: the settings say, or the role's policies. */
import { AwsError } from "../aws/mod.ts";
import type { ArchiveSource } from "./contracts.ts";
import { AnnexError } from "./errors.ts";
import { asAnnexError, isDenied } from "./failures.ts";
import type { AnnexHost } from "./host.ts";
import { type ArchivePlace, placesIn } from "./policy.ts";
import type { AnnexSettings } from "./settings.ts";

/** What is asked about a role. */
export interface RoleQuestions {
  /** The name of the role, as the metadata service lists it. */
  role(signal: AbortSignal): Promise<string>;
  /** The role's name as IAM has it, by the instance's profile. */
  roleOfProfile(signal: AbortSignal): Promise<string | undefined>;
  listAttachedPolicies(role: string, signal: AbortSignal): Promise<readonly string[]>;
  managedPolicy(arn: string, signal: AbortSignal): Promise<string>;
  listInlinePolicies(role: string, signal: AbortSignal): Promise<readonly string[]>;
  inlinePolicy(id: { role: string; name: string }, signal: AbortSignal): Promise<string>;
}

/** How places are looked for. */
export interface PlacesOptions {
  readonly settings: AnnexSettings;
  readonly partition: string;
  readonly questions: RoleQuestions;
  readonly signal: AbortSignal;
}

/** Most places that are tried. */
const MOST_PLACES = 20;

/**
 * The places, best first: attached managed policies, then inline ones, in the order listed.
 *
 * @throws {AnnexError} `denied` when the role may not see its own policies, `no-bucket` when none of
 *   them names an archive, both retryable; {RoleError}; what else went wrong
 */
export async function findPlaces(
  host: AnnexHost,
  { settings, partition, questions, signal }: PlacesOptions,
): Promise<readonly ArchivePlace[]> {
  if (settings.bucket !== "") return [{ bucket: settings.bucket, prefix: "" }];
  let role = await questions.role(signal);
  let policies: Policies;
  try {
    try {
      policies = await readPolicies(role, questions, signal);
    } catch (error) {
      if (!(error instanceof AwsError) || error.facts.code !== "NoSuchEntity") throw error;
      const other = await questions.roleOfProfile(signal);
      if (other === undefined || other === role) throw error;
      role = other;
      policies = await readPolicies(role, questions, signal);
    }
  } catch (error) {
    throw asAnnexError(error, `Cannot read the policies of role "${role}"`);
  }
  const { documents, denied } = policies;
  const places = distinct(documents.flatMap((one) => read(host, one, partition)));
  if (places.length > 0) return places.slice(0, MOST_PLACES);
  if (denied !== undefined && documents.length === 0) {
    throw asAnnexError(denied, `Cannot read the policies of role "${role}"`);
  }
  throw new AnnexError(
    `Cannot find the archive: no policy of role "${role}" names a config-*.tar.gz in a bucket`,
    {
      code: "no-bucket",
      retryable: true,
      remedy: "set bucket in annex-ec2.conf, or give the role the policy of condor_annex -setup",
    },
  );
}

/** The archive of an annex in a place. */
export function archiveIn(
  { bucket, prefix }: ArchivePlace,
  { name, settings }: { readonly name: string; readonly settings: AnnexSettings },
): ArchiveSource {
  return { bucket, key: settings.key === "" ? `${prefix}config-${name}.tar.gz` : settings.key };
}

interface Policy {
  readonly name: string;
  /** JSON. */
  readonly document: string;
}

interface Policies {
  readonly documents: readonly Policy[];
  /** The first refusal to a role that may not know. */
  readonly denied: unknown;
}

/** Reads what may be read: a role may see its inline policies and not the managed ones. */
async function readPolicies(
  role: string,
  questions: RoleQuestions,
  signal: AbortSignal,
): Promise<Policies> {
  let denied: unknown;
  const allowed = async <T>(question: Promise<T>): Promise<T | undefined> => {
    try {
      return await question;
    } catch (error) {
      if (!isDenied(error)) throw error;
      denied ??= error;
      return undefined;
    }
  };
  const all = async (
    names: Promise<readonly string[]>,
    ask: (name: string) => Promise<string>,
  ): Promise<Policy[]> => {
    const found = await Promise.all((await allowed(names) ?? []).map(async (name) => {
      const document = await allowed(ask(name));
      return document === undefined ? [] : [{ name, document }];
    }));
    return found.flat();
  };
  const documents = await Promise.all([
    all(
      questions.listAttachedPolicies(role, signal),
      (arn) => questions.managedPolicy(arn, signal),
    ),
    all(
      questions.listInlinePolicies(role, signal),
      (name) => questions.inlinePolicy({ role, name }, signal),
    ),
  ]);
  return { documents: documents.flat(), denied };
}

function read(
  host: AnnexHost,
  { name, document }: Policy,
  partition: string,
): readonly ArchivePlace[] {
  try {
    const { places, refused } = placesIn(document, partition);
    for (const resource of refused) {
      host.note("A policy names an archive that cannot be used", { policy: name, resource });
    }
    return places;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    host.note("A policy cannot be read", { policy: name, reason: error.message });
    return [];
  }
}

function distinct(places: readonly ArchivePlace[]): ArchivePlace[] {
  return [...new Map(places.map((one) => [`${one.bucket}/${one.prefix}`, one])).values()];
}
