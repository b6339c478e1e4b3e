/** What the metadata service says about the instance; every value has passed its pattern. */
export interface InstanceFacts {
  /** `i-` and 8 to 17 hexadecimal digits. */
  readonly instanceId: string;
  /** IPv4 address; empty for an instance without one. */
  readonly publicIp: string;
  /** Such as `us-east-1`. */
  readonly region: string;
  /** Twelve digits. */
  readonly accountId: string;
  /** `aws`, `aws-cn`, `aws-us-gov` or one that is to come. */
  readonly partition: string;
  /** Ending of the services' host names, such as `amazonaws.com`. */
  readonly dnsSuffix: string;
  readonly availabilityZone?: string | undefined;
  readonly instanceType?: string | undefined;
  readonly imageId?: string | undefined;
  readonly privateIp?: string | undefined;
  /** `on-demand`, `spot`, `scheduled` or `capacity-block`. */
  readonly lifeCycle?: string | undefined;
  /** The tag `htcondor:AnnexName`, where the instance's tags are shown to it. */
  readonly annexTag?: string | undefined;
}
