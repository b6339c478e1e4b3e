/** What all roles that talk to AWS share: credentials, signatures, answers. */
export { type AwsAnswer, AwsClient, type AwsClientOptions } from "./client.ts";
export {
  type AwsCredentials,
  type CredentialFiles,
  CredentialsError,
  readCredentialFiles,
  readProfile,
} from "./credentials.ts";
export {
  describeFleet,
  describeInstance,
  describeSpotFleet,
  EC2_VERSION,
  type InstanceDescription,
  shutdownBehavior,
} from "./ec2.ts";
export { encodePath } from "./encoding.ts";
export { dnsSuffixOf, ec2Endpoint, iamEndpoint, partitionOf, type Place } from "./endpoints.ts";
export {
  IAM_VERSION,
  inlinePolicy,
  listAttachedPolicies,
  listInlinePolicies,
  managedPolicy,
  roleOfProfile,
} from "./iam.ts";
export { FLEET_ID, INSTANCE_ID, SPOT_FLEET_ID } from "./ids.ts";
export { ImdsClient, type ImdsCode, ImdsError, type ImdsOptions } from "./imds.ts";
export { InstanceCredentials, readObject, RoleError } from "./instance_credentials.ts";
export { type AwsEndpoint, QueryClient, type QueryOptions } from "./query.ts";
export { getObject, objectAddress, type ObjectPlace, type ObjectRequest } from "./s3_object.ts";
export { AwsError, type AwsErrorFacts, type ErrorAnswer, serviceError } from "./service_error.ts";
export { AwsSession, type CredentialSource, type SigningFacts } from "./session.ts";
export { type AwsRequest, type SignedRequest, signRequest } from "./sign.ts";
export { childrenOf, escapeXml, localName, readXml, textOf, XmlError } from "./xml.ts";
