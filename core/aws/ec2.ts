/** What EC2 says about instances and fleets (Amazon EC2 API Reference, 2016-11-15). */
import { FLEET_ID, INSTANCE_ID, SPOT_FLEET_ID } from "./ids.ts";
import { AwsError } from "./service_error.ts";
import { elementsAt, type QueryClient, textAt } from "./query.ts";

/** The version of the API. */
export const EC2_VERSION = "2016-11-15";

/** An instance. */
export interface InstanceDescription {
  readonly instanceId: string;
  /** Whoever started it chose it. */
  readonly clientToken: string | undefined;
  readonly profileArn: string | undefined;
  /** `spot`, `scheduled`, …; undefined for one on demand. */
  readonly lifecycle: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
  /** `required` where the metadata service wants session tokens. */
  readonly httpTokens: string | undefined;
  readonly hopLimit: string | undefined;
}

/** More tags than this no instance can have; what is after them is left out. */
const MOST_TAGS = 200;

/**
 * Describes one instance.
 *
 * @returns undefined when the answer has none of this id: it is not known everywhere yet
 * @throws {AwsError}; {TransferFailure}; {TypeError} for what is no id
 */
export async function describeInstance(
  ec2: QueryClient,
  instanceId: string,
  signal: AbortSignal,
): Promise<InstanceDescription | undefined> {
  check(instanceId, INSTANCE_ID);
  const root = await ec2.call("DescribeInstances", { "InstanceId.1": instanceId }, signal);
  const item = elementsAt(root, "reservationSet", "item", "instancesSet", "item")
    .find((one) => textAt(one, "instanceId") === instanceId);
  if (item === undefined) return undefined;
  const tags = elementsAt(item, "tagSet", "item").slice(0, MOST_TAGS)
    .map((tag) => [textAt(tag, "key") ?? "", textAt(tag, "value") ?? ""] as const);
  return {
    instanceId,
    clientToken: textAt(item, "clientToken"),
    profileArn: textAt(item, "iamInstanceProfile", "arn"),
    lifecycle: textAt(item, "instanceLifecycle"),
    tags: new Map(tags),
    httpTokens: textAt(item, "metadataOptions", "httpTokens"),
    hopLimit: textAt(item, "metadataOptions", "httpPutResponseHopLimit"),
  };
}

/**
 * The client token that a Spot Fleet was requested with.
 *
 * @param id such as `sfr-73fbd2ce-aa30-494c-8788-1cee4EXAMPLE`: without one, all fleets of the
 *   account would be described
 * @returns undefined when the fleet is not known yet; `token` is undefined for one without
 * @throws {AwsError}; {TransferFailure}; {TypeError} for what is no id
 */
export async function describeSpotFleet(
  ec2: QueryClient,
  id: string,
  signal: AbortSignal,
): Promise<{ token: string | undefined } | undefined> {
  check(id, SPOT_FLEET_ID);
  const root = await ec2.call("DescribeSpotFleetRequests", { "SpotFleetRequestId.1": id }, signal);
  const item = elementsAt(root, "spotFleetRequestConfigSet", "item")
    .find((one) => textAt(one, "spotFleetRequestId") === id);
  return item && { token: textAt(item, "spotFleetRequestConfig", "clientToken") };
}

/**
 * The client token that an EC2 Fleet was made with.
 *
 * @param id such as `fleet-4b8aaae8-dfb5-436d-a4c6-3dafa4c6b7dc`; fleets of type `instant` are only
 *   described when they are named
 * @returns undefined when the fleet is not known yet; `token` is undefined for one without
 * @throws {AwsError}; {TransferFailure}; {TypeError} for what is no id
 */
export async function describeFleet(
  ec2: QueryClient,
  id: string,
  signal: AbortSignal,
): Promise<{ token: string | undefined } | undefined> {
  check(id, FLEET_ID);
  const root = await ec2.call("DescribeFleets", { "FleetId.1": id }, signal);
  const item = elementsAt(root, "fleetSet", "item").find((one) => textAt(one, "fleetId") === id);
  return item && { token: textAt(item, "clientToken") };
}

/**
 * What a power-off from inside does to the instance: `terminate` or `stop`.
 *
 * @returns undefined where the role may not know
 * @throws {AwsError} for other refusals; {TransferFailure}
 */
export async function shutdownBehavior(
  ec2: QueryClient,
  instanceId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  check(instanceId, INSTANCE_ID);
  try {
    const root = await ec2.call("DescribeInstanceAttribute", {
      InstanceId: instanceId,
      Attribute: "instanceInitiatedShutdownBehavior",
    }, signal);
    return textAt(root, "instanceInitiatedShutdownBehavior", "value");
  } catch (error) {
    if (error instanceof AwsError && error.facts.status === 403) return undefined;
    throw error;
  }
}

function check(id: string, pattern: RegExp): void {
  if (!pattern.test(id)) throw new TypeError("Cannot ask EC2: not of the form of an id");
}
