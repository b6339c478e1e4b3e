/** `49ec2-instance.config`: what HTCondor is told about the instance it runs on. */

import { PINION_VERSION } from "../version.ts";
import type { InstanceFacts } from "./facts.ts";
import type { AnnexHost } from "./host.ts";
import { makeDirectory } from "./directories.ts";
import { INSTANCE_CONFIG } from "./paths.ts";
import { replaceFile } from "./safe_file.ts";
import type { AnnexSettings } from "./settings.ts";

/** What HTCondor encrypts the jobs' files with (manual, `ENCRYPT_EXECUTE_DIRECTORY`). */
const ENCRYPTION_TOOLS = ["cryptsetup", "lvm"];
const TOOL_DIRS = ["/usr/sbin", "/sbin"];

/** Text that a value in quotes can be: no quote, no macro, no line end. */
const PLAIN = /^[\x20-\x7e]*$/;
const SPECIAL = /["\\$]/;

/** What the text is made of besides the facts. */
export interface InstanceConfigOptions {
  /** Whether to set the `Cloud...` attributes. */
  readonly cloudAttributes: boolean;
  /** Whether the jobs' files could be encrypted. */
  readonly canEncrypt: boolean;
  /** Is told of each value that is left out. */
  readonly complain: (name: string) => void;
}

/**
 * Writes the file; the same facts make the same bytes.
 *
 * @throws {AnnexError} `unsafe-path`
 */
export async function writeInstanceConfig(
  host: AnnexHost,
  settings: AnnexSettings,
  facts: InstanceFacts,
): Promise<void> {
  const content = instanceConfig(facts, {
    cloudAttributes: settings.advertise_cloud_attributes,
    canEncrypt: await hasEncryption(host),
    complain: (name) =>
      host.note(`Cannot advertise ${name}: its value is not plain text`, {
        event: "attribute-dropped",
      }),
  });
  await makeDirectory(host, INSTANCE_CONFIG.slice(0, INSTANCE_CONFIG.lastIndexOf("/")), {
    mode: 0o755,
  });
  await replaceFile(host, INSTANCE_CONFIG, { content, mode: 0o644 });
}

/**
 * The text of the file.
 *
 * @see HTCondor manual, "Cloud Attributes" (`use FEATURE : CommonCloudAttributesAWS`)
 */
export function instanceConfig(
  facts: InstanceFacts,
  { cloudAttributes, canEncrypt, complain }: InstanceConfigOptions,
): string {
  const cloud = cloudAttributes ? cloudAttributesOf(facts) : {};
  const lines: string[] = [];
  const names: string[] = [];
  for (const [name, value] of Object.entries({ EC2InstanceID: facts.instanceId, ...cloud })) {
    if (value === undefined) continue;
    if (!PLAIN.test(value) || SPECIAL.test(value)) {
      complain(name);
      continue;
    }
    lines.push(`${name} = "${value}"`);
    names.push(name);
  }
  const ofCloud = names.filter((name) => name !== "EC2InstanceID");
  // Without the address HTCondor takes TCP_FORWARDING_HOST for not set.
  const address = /^[\d.]*$/.test(facts.publicIp) ? facts.publicIp : "";
  return [
    `# Written by condor-annex-ec2 ${PINION_VERSION}; replaced at every boot.`,
    `EC2PublicIP = ${address}`.trimEnd(),
    ...lines,
    `EC2CanEncryptExecute = ${canEncrypt ? "True" : "False"}`,
    ...(ofCloud.length === 0 ? [] : [`STARTD_ATTRS = $(STARTD_ATTRS) ${ofCloud.join(" ")}`]),
    `MASTER_ATTRS = $(MASTER_ATTRS) ${
      names.filter((name) => name.endsWith("InstanceID")).join(" ")
    }`.trimEnd(),
    "",
  ].join("\n");
}

function cloudAttributesOf(facts: InstanceFacts): Record<string, string | undefined> {
  return {
    CloudProvider: "AWS",
    CloudPlatform: "EC2",
    CloudImage: facts.imageId,
    CloudVMType: facts.instanceType,
    CloudZone: facts.availabilityZone,
    CloudRegion: facts.region,
    CloudInstanceID: facts.instanceId,
    CloudInterruptible: facts.lifeCycle === "spot" ? "True" : "False",
  };
}

async function hasEncryption(host: AnnexHost): Promise<boolean> {
  for (const tool of ENCRYPTION_TOOLS) {
    const found = await Promise.all(
      TOOL_DIRS.map((dir) => Deno.stat(`${host.root}${dir}/${tool}`).then(() => true, () => false)),
    );
    if (!found.includes(true)) return false;
  }
  return true;
}
