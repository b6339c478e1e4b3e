/** Where the services are in each partition (AWS General Reference, "Service endpoints"). */
import type { AwsEndpoint } from "./query.ts";

/** What decides about host names. */
export interface Place {
  /** Such as `us-east-1`. */
  readonly region: string;
  /** Such as `aws` or `aws-cn`. */
  readonly partition: string;
  /** Such as `amazonaws.com`. */
  readonly dnsSuffix: string;
}

/** IAM is one service for a whole partition, and has its own place in each. */
const IAM: Readonly<Record<string, AwsEndpoint>> = {
  aws: { origin: "https://iam.amazonaws.com", region: "us-east-1" },
  "aws-us-gov": { origin: "https://iam.us-gov.amazonaws.com", region: "us-gov-west-1" },
  "aws-cn": { origin: "https://iam.cn-north-1.amazonaws.com.cn", region: "cn-north-1" },
};

/** EC2 of a region. */
export function ec2Endpoint({ region, dnsSuffix }: Place): AwsEndpoint {
  return { origin: `https://ec2.${region}.${dnsSuffix}`, region };
}

/** IAM of a partition; where it is not known, that of the region. */
export function iamEndpoint({ region, partition, dnsSuffix }: Place): AwsEndpoint {
  return Object.hasOwn(IAM, partition)
    ? IAM[partition]!
    : { origin: `https://iam.${region}.${dnsSuffix}`, region };
}

/** The partition that a region belongs to, by its name. */
export function partitionOf(region: string): string {
  return region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** The ending of host names in a partition. */
export function dnsSuffixOf(partition: string): string {
  return partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
}
