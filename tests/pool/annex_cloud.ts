/** AWS as an annex instance meets it: its archive, its role with the default policies, and itself. */

import { join } from "@std/path";
import { makeCa } from "../servers/ca.ts";
import type { ImdsRole } from "../servers/imds.ts";
import { type Moto, startMoto } from "../servers/moto.ts";
import { carry } from "../servers/relay.ts";

/** What the requester did. */
export interface AnnexRequest {
  readonly annexName: string;
  /** The archive's members by path; directories are made of them, with mode 0755. */
  readonly archive: Readonly<Record<string, string>>;
}

/** The names of the services that an instance asks, as the cloud's certificate has them. */
export const AWS_NAMES = [
  "ec2.us-east-1.amazonaws.com",
  "iam.amazonaws.com",
  "htcondor-annex-bucket.s3.us-east-1.amazonaws.com",
] as const;

/** The account, with one instance. */
export interface AnnexCloud extends AsyncDisposable {
  /** Port of all services outside the namespaces, by plain HTTP. */
  readonly port: number;
  /** The same with TLS, for {@linkcode AWS_NAMES}. */
  readonly tlsPort: number;
  readonly instanceId: string;
  readonly role: ImdsRole;
  readonly accountId: string;
  /**
   * Puts another archive into the bucket, packed or to be packed; without one, takes it away.
   *
   * @param annexName whose; default: the requested annex's
   */
  putArchive(archive: AnnexArchive | undefined, annexName?: string): Promise<void>;
  /** Starts another instance with the role, for an annex; returns its id. */
  launch(annexName: string): Promise<string>;
}

/** An archive that is packed, or its members. */
export type AnnexArchive = AnnexRequest["archive"] | Uint8Array<ArrayBuffer>;

const ACCOUNT = "123456789012";
const BUCKET = "htcondor-annex-bucket";
const ROLE = "HTCondorAnnex-InstanceProfile-role";
const PROFILE = "HTCondorAnnex-InstanceProfile";

/** As `condor_annex -setup` makes them (HTCondor manual, "Customizing the annex"). */
const POLICIES = {
  Configuration: {
    Action: ["s3:GetObject"],
    Resource: `arn:aws:s3:::${BUCKET}/config-*.tar.gz`,
  },
  Introspection: {
    Action: [
      "iam:GetRolePolicy",
      "iam:GetInstanceProfile",
      "iam:GetPolicy",
      "iam:GetPolicyVersion",
      "iam:ListAttachedRolePolicies",
      "iam:ListRolePolicies",
      "ec2:DescribeInstances",
      "ec2:DescribeSpotFleetRequests",
    ],
    Resource: "*",
  },
} as const;

/**
 * Starts the stand-in, in which signatures, session tokens and policies count.
 *
 * @throws {Error} when it cannot be prepared
 */
export async function startCloud({ annexName, archive }: AnnexRequest): Promise<AnnexCloud> {
  await using made = new AsyncDisposableStack();
  const moto = made.use(await startMoto());
  await moto.must(`/${BUCKET}`, { method: "PUT" });
  const putArchive: AnnexCloud["putArchive"] = async (archive, name = annexName) => {
    const body = archive === undefined || archive instanceof Uint8Array
      ? archive
      : await packArchive(archive);
    await moto.enforce(false);
    const key = `/${BUCKET}/config-${name}.tar.gz`;
    const headers = {
      authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request",
    };
    const answer = body === undefined
      ? await fetch(moto.origin + key, { method: "DELETE", headers })
      : await fetch(moto.origin + key, { method: "PUT", headers, body });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`Cannot put "${key}": status ${answer.status}`);
    await moto.enforce(true);
  };
  const role = await makeRole(moto);
  const launch: AnnexCloud["launch"] = async (name) => {
    await moto.enforce(false);
    const id = await makeInstance(moto, name);
    await moto.enforce(true);
    return id;
  };
  const instanceId = await launch(annexName);
  await putArchive(archive);
  const port = Number(new URL(moto.origin).port);
  const names = AWS_NAMES.map((name) => `DNS:${name}`).join(",");
  const { cert, key } = await (await makeCa()).issue("aws", names);
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  made.use(carry(listener, () => Deno.connect({ hostname: "127.0.0.1", port })));
  const kept = made.move();
  return {
    port,
    tlsPort: listener.addr.port,
    instanceId,
    role,
    accountId: ACCOUNT,
    putArchive,
    launch,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function makeRole(moto: Moto): Promise<ImdsRole> {
  const role = { RoleName: ROLE };
  await ask(moto, "iam", { Action: "CreateRole", ...role, AssumeRolePolicyDocument: "{}" });
  for (const [PolicyName, statement] of Object.entries(POLICIES)) {
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", ...statement }],
    });
    await ask(moto, "iam", { Action: "PutRolePolicy", ...role, PolicyName, PolicyDocument });
  }
  const profile = { InstanceProfileName: PROFILE };
  await ask(moto, "iam", { Action: "CreateInstanceProfile", ...profile });
  await ask(moto, "iam", { Action: "AddRoleToInstanceProfile", ...profile, ...role });
  const found = await ask(moto, "sts", {
    Action: "AssumeRole",
    RoleArn: `arn:aws:iam::${ACCOUNT}:role/${ROLE}`,
    RoleSessionName: "instance",
  });
  return {
    name: ROLE,
    profile: PROFILE,
    accessKeyId: found("AccessKeyId"),
    secretAccessKey: found("SecretAccessKey"),
    token: found("SessionToken"),
  };
}

async function makeInstance(moto: Moto, annexName: string): Promise<string> {
  const found = await ask(moto, "ec2", {
    Action: "RunInstances",
    ImageId: "ami-12c6146b",
    MinCount: "1",
    MaxCount: "1",
    ClientToken: `${annexName}_11111111-2222-3333-4444-555555555555`,
    "IamInstanceProfile.Name": PROFILE,
    "TagSpecification.1.ResourceType": "instance",
    "TagSpecification.1.Tag.1.Key": "htcondor:AnnexName",
    "TagSpecification.1.Tag.1.Value": annexName,
  });
  return found("instanceId");
}

const VERSIONS = { ec2: "2016-11-15", iam: "2010-05-08", sts: "2011-06-15" } as const;

/** Asks as the account's owner; returns what the elements of the answer hold. */
async function ask(
  moto: Moto,
  service: keyof typeof VERSIONS,
  query: Readonly<Record<string, string>>,
): Promise<(element: string) => string> {
  const body = `${new URLSearchParams({ Version: VERSIONS[service], ...query })}`;
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const text = await moto.must("/", { method: "POST", service, body, headers });
  return (element) => new RegExp(`<${element}>([^<]*)<`).exec(text)?.[1] ?? "";
}

/** The archive as the requester packs it: by tar(1), of all names in a directory. */
export async function packArchive(
  members: AnnexRequest["archive"],
): Promise<Uint8Array<ArrayBuffer>> {
  const dir = await Deno.makeTempDir({ prefix: "pinion-archive-" });
  try {
    for (const [name, text] of Object.entries(members)) {
      const path = join(dir, name);
      const folder = path.slice(0, path.lastIndexOf("/"));
      await Deno.mkdir(folder, { recursive: true, mode: 0o755 });
      await Deno.writeTextFile(path, text);
      await Deno.chmod(path, /^(?:tokens|passwords)\.d\//.test(name) ? 0o600 : 0o644);
    }
    const { success, stdout } = await new Deno.Command("/bin/sh", {
      args: ["-c", 'cd "$1" && exec tar -z -c -f - *', "sh", dir],
      stdout: "piped",
    }).output();
    if (!success) throw new Error("Cannot pack the archive: tar failed");
    return stdout;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
