/** Accounts at AWS that the greater stand-in cannot play: with fleets, and in another partition. */

import type { FakeCloud } from "../../tests/servers/fake_aws.ts";
import type { ImdsRole } from "../../tests/servers/imds.ts";

/** Makes an account with an archive. */
export type Account = (archive: Uint8Array<ArrayBuffer>) => FakeCloud;

/** The instance's. */
export const INSTANCE_ID = "i-0123456789abcdef0";
export const ROLE: ImdsRole = {
  name: "role",
  profile: "prof",
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "secret",
  token: "token",
};

const BUCKET = "htcondor-annex-bucket";
const GUID = "1111111-2222-3333-4444-555555555555";

const PROFILE = `<GetInstanceProfileResponse><GetInstanceProfileResult><InstanceProfile>
<Roles><member><RoleName>${ROLE.name}</RoleName></member></Roles>
</InstanceProfile></GetInstanceProfileResult></GetInstanceProfileResponse>`;

/** An account with an ordinary instance of an annex. */
export function oneInstance(partition: "aws" | "aws-cn", annexName: string): Account {
  return (archive) => ({
    ...account(partition),
    instance: { ...instance(annexName), clientToken: `${annexName}_1${GUID}` },
    objects: objects(archive, annexName),
  });
}

/** An account with an instance of a Spot Fleet that does not say so yet, and somebody else's fleet. */
export function twoFleets(annexName: string, other: string): Account {
  return (archive) => ({
    ...account("aws"),
    instance: { ...instance(annexName), clientToken: `0${GUID}` },
    fleets: {
      [`sfr-1${GUID}`]: `${other}_1${GUID}`,
      [`sfr-2${GUID}`]: `${annexName}_2${GUID}`,
    },
    objects: objects(archive, annexName, other),
  });
}

/** An account whose role may read archives of a partition. */
function account(partition: string): FakeCloud {
  const resource = `arn:${partition}:s3:::${BUCKET}/config-*.tar.gz`;
  return {
    fleets: {},
    managed: {},
    inline: {
      Configuration: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: ["s3:GetObject"], Resource: resource }],
      },
    },
    objects: {},
    denied: [],
    accessKeyId: ROLE.accessKeyId,
    interfere: (action) => action === "GetInstanceProfile" ? new Response(PROFILE) : undefined,
  };
}

function instance(annexName: string) {
  return { instanceId: INSTANCE_ID, tags: { "htcondor:AnnexName": annexName } };
}

function objects(archive: Uint8Array<ArrayBuffer>, ...names: string[]): FakeCloud["objects"] {
  return Object.fromEntries(names.map((name) => [`${BUCKET}/config-${name}.tar.gz`, archive]));
}
