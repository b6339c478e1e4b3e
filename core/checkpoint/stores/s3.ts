/** `s3://` and `gs://`: buckets of AWS, Google and whoever else speaks S3. */
import type { Program } from "../../cli/program.ts";
import { UsageError } from "../../errors.ts";
import { PINION_VERSION } from "../../version.ts";
import { CONDOR_Q } from "../condor_q.ts";
import { readOwn } from "../plugin_options.ts";
import type { BackEnd } from "../store.ts";
import { checkEndpoint, REGION } from "./s3_address.ts";

const PROGRAM = {
  name: "cleanup_s3_checkpoint",
  version: PINION_VERSION,
  summary: "remove checkpoints of HTCondor jobs from S3 and Google Cloud Storage",
  usage: ["[-region REGION] [-endpoint URL]"],
  description: [
    "HTCondor starts this program for each file of a checkpoint that is not needed any more, where " +
    "the checkpoint destination map names it for a destination that begins with s3:// or gs://. " +
    "condor_manifest of this package does the same work without starting it, for 1000 files with " +
    "one request.",
    "Destinations are understood as by the upload: s3://BUCKET/KEY is a bucket of AWS, " +
    "s3://HOST/BUCKET/KEY with a dot in HOST a bucket of any other server that speaks S3, " +
    "gs://BUCKET/KEY one of Google.",
    "Requests are signed with keys from the files that options name; or from those that the job's " +
    "submit file named for the upload (aws_access_key_id_file, aws_secret_access_key_file, " +
    "+EC2SessionToken); or from the profile default of ~/.aws/credentials; the first of these " +
    "that is there. They need s3:DeleteObject; s3:ListBucket also to find what interrupted uploads " +
    "left; s3:ListBucketVersions and s3:DeleteObjectVersion with -all-versions.",
  ],
  options: [
    {
      name: "prefix",
      value: "URL",
      text: "Refuse destinations that do not begin with URL; \\0 in the map stands for its prefix.",
    },
    {
      name: "region",
      value: "REGION",
      text:
        "Region of the bucket. Default: the one that the destination names, then the job's aws_region, " +
        "then us-east-1; a service that knows better is believed.",
    },
    {
      name: "endpoint",
      value: "URL",
      text: "Scheme, host and port to ask instead of the destination's own, e.g. " +
        "https://s3.example:9000; the bucket is named in the path.",
    },
    {
      name: "path-style",
      text: "Name the bucket in the path instead of in the host, with AWS too.",
    },
    {
      name: "access-key-id-file",
      value: "FILE",
      text: "File with the access key's id; ~ is the user's home, %u the user's name.",
    },
    {
      name: "secret-access-key-file",
      value: "FILE",
      text: "File with the secret key, likewise.",
    },
    {
      name: "session-token-file",
      value: "FILE",
      text: "File with the token that belongs to temporary keys, likewise.",
    },
    {
      name: "profile",
      value: "NAME",
      text: "Take the keys from this profile of ~/.aws/credentials.",
    },
    {
      name: "all-versions",
      text: "In versioned buckets delete all versions of an object, not only the latest.",
    },
  ],
  files: [
    { name: "~/.aws/credentials", text: "Keys, by profiles." },
    { name: ".job.ad", text: "The job's ad, which names the keys of its uploads." },
  ],
  environment: [
    { name: "https_proxy, no_proxy", text: "The proxy, and hosts that are asked without it." },
    { name: "SSL_CERT_FILE, SSL_CERT_DIR", text: "Certificate authorities to trust." },
  ],
  exitStatus: [],
  examples: [
    {
      name: "*  s3://  cleanup_s3_checkpoint",
      text: "A line of the map for all of AWS's buckets.",
    },
    {
      name: "*  s3://minio.example:9000/  cleanup_s3_checkpoint,-profile,minio",
      text: "One for another server, with keys from each user's own profile.",
    },
  ],
  seeAlso: ["condor_manifest(1)", "condor_submit(1)"],
} as const satisfies Program;

/** Deletes objects. */
export const s3BackEnd: BackEnd = {
  program: PROGRAM,
  permissions: { read: true, net: true, env: true, sys: ["uid"], run: [CONDOR_Q] },
  async open(args, context) {
    const values = readOwn(PROGRAM, args);
    const { region, endpoint } = values;
    if (region !== undefined && !REGION.test(region)) {
      throw new UsageError(`${PROGRAM.name}: option -region takes a name such as us-west-2`);
    }
    const server = endpoint === undefined ? undefined : checkEndpoint(endpoint);
    const { findKeys } = await import("./s3_credentials.ts");
    const { S3Store } = await import("./s3_store.ts");
    return new S3Store({
      keys: await findKeys(values, context),
      region,
      endpoint: server,
      pathStyle: values["path-style"],
      prefix: values.prefix,
      allVersions: values["all-versions"],
      context,
      now: Date.now,
    });
  },
};
