/** The services of AWS, as this instance asks them. */
import {
  AwsSession,
  describeFleet,
  describeInstance,
  describeSpotFleet,
  EC2_VERSION,
  ec2Endpoint,
  IAM_VERSION,
  iamEndpoint,
  ImdsClient,
  inlinePolicy,
  InstanceCredentials,
  listAttachedPolicies,
  listInlinePolicies,
  managedPolicy,
  QueryClient,
  readObject,
  roleOfProfile,
} from "../aws/mod.ts";
import { HttpClient } from "../http/mod.ts";
import { PINION_VERSION } from "../version.ts";
import type { NameQuestions } from "./annex_name.ts";
import type { RoleQuestions } from "./archive_places.ts";
import type { Metadata } from "./contracts.ts";
import { AnnexError } from "./errors.ts";
import type { InstanceFacts } from "./facts.ts";
import type { AnnexHost } from "./host.ts";
import type { AnnexSettings } from "./settings.ts";

const CONNECT_SECONDS = 10;

/** Everything that is asked. */
export interface Services extends Disposable {
  readonly http: HttpClient;
  readonly session: AwsSession;
  readonly ec2: QueryClient;
  readonly names: NameQuestions;
  readonly roles: RoleQuestions;
  /** Of tests; undefined for S3 itself. */
  readonly s3Endpoint: string | undefined;
}

/** Where the metadata service is told to be, in tests. */
export function imdsEndpoint(host: AnnexHost): string | undefined {
  return origin(host, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

/**
 * The metadata service.
 *
 * @throws {AnnexError} `bad-endpoint`
 */
export function openMetadata(host: AnnexHost, settings: AnnexSettings): ImdsClient {
  return new ImdsClient({
    version: settings.imds,
    family: settings.imds_family,
    endpoint: imdsEndpoint(host),
    monotonic: () => host.clock.monotonic(),
    hide: (secret) => host.hide(secret),
  });
}

/**
 * The other services, with the role's credentials.
 *
 * @throws {AnnexError} `bad-endpoint`
 */
export function openServices(
  host: AnnexHost,
  { facts, metadata }: { readonly facts: InstanceFacts; readonly metadata: Metadata },
): Services {
  const all = origin(host, "AWS_ENDPOINT_URL");
  const [ec2At, iamAt, s3At] = ["EC2", "IAM", "S3"]
    .map((name) => origin(host, `AWS_ENDPOINT_URL_${name}`) ?? all);
  const http = new HttpClient({
    env: (name) => host.env(name),
    userAgent: `pinion/${PINION_VERSION}`,
    connectTimeout: CONNECT_SECONDS,
  });
  const credentials = new InstanceCredentials({
    items: metadata,
    now: () => host.clock.now(),
    hide: (secret) => host.hide(secret),
  });
  const session = new AwsSession(credentials, () => host.clock.now());
  const query = (service: "ec2" | "iam", at: string | undefined) => {
    const usual = service === "ec2" ? ec2Endpoint(facts) : iamEndpoint(facts);
    const endpoint = at === undefined ? usual : { ...usual, origin: at };
    const version = service === "ec2" ? EC2_VERSION : IAM_VERSION;
    return new QueryClient({ http, session, service, version, endpoint });
  };
  const ec2 = query("ec2", ec2At);
  const iam = query("iam", iamAt);
  return {
    http,
    session,
    ec2,
    names: {
      describeInstance: (id, signal) => describeInstance(ec2, id, signal),
      describeSpotFleet: (id, signal) => describeSpotFleet(ec2, id, signal),
      describeFleet: (id, signal) => describeFleet(ec2, id, signal),
    },
    roles: {
      role: (signal) => credentials.role(signal),
      async roleOfProfile(signal) {
        const profile = profileIn(await metadata.get("meta-data/iam/info", signal));
        return profile === undefined ? undefined : await roleOfProfile(iam, profile, signal);
      },
      listAttachedPolicies: (role, signal) => listAttachedPolicies(iam, role, signal),
      managedPolicy: (arn, signal) => managedPolicy(iam, arn, signal),
      listInlinePolicies: (role, signal) => listInlinePolicies(iam, role, signal),
      inlinePolicy: (id, signal) => inlinePolicy(iam, id, signal),
    },
    s3Endpoint: s3At,
    [Symbol.dispose]: () => http.close(),
  };
}

/** The name of the instance's profile, which is what comes last in its ARN. */
function profileIn(info: string | undefined): string | undefined {
  if (info === undefined) return undefined;
  const arn = readObject(info, "the instance profile's description")["InstanceProfileArn"];
  return typeof arn === "string"
    ? /^arn:aws[a-z-]*:iam::\d{12}:instance-profile\/(?:[!-~]*\/)?([\w+=,.@-]{1,128})$/.exec(arn)
      ?.[1]
    : undefined;
}

/** An origin out of the environment, which counts in tests alone. */
function origin(host: AnnexHost, name: string): string | undefined {
  const text = host.boot ? undefined : host.env(name);
  if (text === undefined || text === "") return undefined;
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "") {
    return url.origin;
  }
  throw new AnnexError(`Cannot use ${name}: it is no origin of http or https`, {
    code: "bad-endpoint",
    remedy: `unset ${name}`,
  });
}
