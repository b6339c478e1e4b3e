/** What IAM says about a role's policies (AWS IAM API Reference, 2010-05-08). */
import type { XmlElement } from "@rgrove/parse-xml";
import { AwsError } from "./service_error.ts";
import { elementsAt, type QueryClient, textAt } from "./query.ts";

/** The version of the API. */
export const IAM_VERSION = "2010-05-08";

/** A role has 20 managed policies at most, and inline ones of 10 KiB together. */
const MOST_POLICIES = 500;
const LONGEST_DOCUMENT = 64 * 1024;
const ARN = /^arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy\/[\w+=,.@/-]{1,640}$/;
const NAME = /^[\w+=,.@-]{1,128}$/;
const VERSION_ID = /^v[1-9]\d*$/;

/**
 * The managed policies attached to a role, as ARNs, in the order listed.
 *
 * @throws {AwsError}; {TransferFailure}
 */
export async function listAttachedPolicies(
  iam: QueryClient,
  role: string,
  signal: AbortSignal,
): Promise<string[]> {
  const found = await list(iam, {
    action: "ListAttachedRolePolicies",
    role,
    signal,
    read: (result) =>
      elementsAt(result, "AttachedPolicies", "member").map((one) => textAt(one, "PolicyArn")),
  });
  return found.filter((arn) => ARN.test(arn));
}

/**
 * The names of a role's inline policies, in the order listed.
 *
 * @throws {AwsError}; {TransferFailure}
 */
export async function listInlinePolicies(
  iam: QueryClient,
  role: string,
  signal: AbortSignal,
): Promise<string[]> {
  const found = await list(iam, {
    action: "ListRolePolicies",
    role,
    signal,
    read: (result) => elementsAt(result, "PolicyNames", "member").map((one) => textAt(one)),
  });
  return found.filter((name) => NAME.test(name));
}

/**
 * The document, in JSON, of a managed policy's version that counts.
 *
 * @throws {AwsError}; {TransferFailure}
 */
export async function managedPolicy(
  iam: QueryClient,
  arn: string,
  signal: AbortSignal,
): Promise<string> {
  const policy = await iam.call("GetPolicy", { PolicyArn: arn }, signal);
  const version = textAt(policy, "GetPolicyResult", "Policy", "DefaultVersionId") ?? "";
  if (!VERSION_ID.test(version)) throw bad("the policy has no version that counts");
  const parameters = { PolicyArn: arn, VersionId: version };
  const root = await iam.call("GetPolicyVersion", parameters, signal);
  return documentOf(textAt(root, "GetPolicyVersionResult", "PolicyVersion", "Document"));
}

/**
 * The document, in JSON, of one of a role's inline policies.
 *
 * @throws {AwsError}; {TransferFailure}
 */
export async function inlinePolicy(
  iam: QueryClient,
  { role, name }: { readonly role: string; readonly name: string },
  signal: AbortSignal,
): Promise<string> {
  const parameters = { RoleName: role, PolicyName: name };
  const root = await iam.call("GetRolePolicy", parameters, signal);
  return documentOf(textAt(root, "GetRolePolicyResult", "PolicyDocument"));
}

/**
 * The role in an instance profile.
 *
 * @returns undefined for a profile without one
 * @throws {AwsError}; {TransferFailure}
 */
export async function roleOfProfile(
  iam: QueryClient,
  profile: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const root = await iam.call("GetInstanceProfile", { InstanceProfileName: profile }, signal);
  const path = ["GetInstanceProfileResult", "InstanceProfile", "Roles", "member", "RoleName"];
  const role = textAt(root, ...path);
  return role !== undefined && NAME.test(role) ? role : undefined;
}

/**
 * A policy's text: percent-encoded as IAM says, or as it is, as some that imitate it have it.
 *
 * @throws {AwsError}
 */
export function documentOf(text: string | undefined): string {
  if (text === undefined) throw bad("the policy has no document");
  if (text.length > 3 * LONGEST_DOCUMENT) throw bad("the policy's document is too long");
  if (!text.startsWith("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad("the policy's document is not percent-encoded as it should be");
  }
}

interface List {
  readonly action: string;
  readonly role: string;
  readonly signal: AbortSignal;
  read(result: XmlElement): (string | undefined)[];
}

async function list(iam: QueryClient, { action, role, signal, read }: List): Promise<string[]> {
  const found: string[] = [];
  const page = (root: XmlElement): string | undefined => {
    const [result] = elementsAt(root, `${action}Result`);
    if (result === undefined) throw bad(`the answer has no ${action}Result`);
    found.push(...read(result).filter((one) => one !== undefined));
    if (found.length > MOST_POLICIES) throw bad(`the role has more than ${MOST_POLICIES} policies`);
    return textAt(result, "IsTruncated") === "true" ? textAt(result, "Marker") ?? "" : undefined;
  };
  await iam.callPages(action, { RoleName: role }, { signal, page });
  return found;
}

function bad(text: string): AwsError {
  return new AwsError({ status: 200, code: "" }, text);
}
