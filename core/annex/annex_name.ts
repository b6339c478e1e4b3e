/** Which annex an instance belongs to (manual, "HTCondor Annex Customization Guide"). */
import { FLEET_ID, type InstanceDescription, SPOT_FLEET_ID } from "../aws/mod.ts";
import { AnnexError } from "./errors.ts";
import type { InstanceFacts } from "./facts.ts";
import { asAnnexError, isDenied } from "./failures.ts";
import type { AnnexHost } from "./host.ts";
import type { AnnexSettings } from "./settings.ts";

/** Where a name came from. */
export type NameSource = "client-token" | "tag" | "spot-fleet" | "ec2-fleet";

/** An annex's name. */
export interface AnnexName {
  readonly name: string;
  readonly source: NameSource;
  /** What EC2 says of the instance, unless the role may not know. */
  readonly description: InstanceDescription | undefined;
}

/** A fleet, as far as its name goes. */
export interface FleetToken {
  readonly token: string | undefined;
}

/** What is asked about the instance; undefined says not yet. */
export interface NameQuestions {
  describeInstance(id: string, signal: AbortSignal): Promise<InstanceDescription | undefined>;
  describeSpotFleet(id: string, signal: AbortSignal): Promise<FleetToken | undefined>;
  describeFleet(id: string, signal: AbortSignal): Promise<FleetToken | undefined>;
}

/** How a name is looked for. */
export interface NameOptions {
  readonly facts: InstanceFacts;
  readonly settings: AnnexSettings;
  readonly questions: NameQuestions;
  readonly signal: AbortSignal;
  /** Is told of each sign that this is an annex's instance, such as `fleet-tag`. */
  sign(word: string): void;
}

/** The tag that `condor_annex` gives its instances. */
const NAME_TAG = "htcondor:AnnexName";
const SPOT_FLEET_TAG = "aws:ec2spot:fleet-request-id";
const FLEET_TAG = "aws:ec2:fleet-id";
const GROUP_TAG = "aws:autoscaling:groupName";

/** It becomes part of a key and of file names. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.@+-]{0,126}$/;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Looks for the name once: in the instance's client token, in its tag, in the token of its fleet.
 *
 * @throws {AnnexError} `no-name-yet` and `no-instance-yet` (retryable), `not-an-annex`,
 *   `invalid-name`, `denied`
 */
export async function findAnnexName(host: AnnexHost, options: NameOptions): Promise<AnnexName> {
  const { facts, settings, questions, signal, sign } = options;
  const shown = settings.trust_annex_tag ? facts.annexTag : undefined;
  let description: InstanceDescription | undefined;
  try {
    description = await questions.describeInstance(facts.instanceId, signal);
  } catch (error) {
    if (!isDenied(error) || shown === undefined) {
      throw asAnnexError(error, "Cannot describe the instance");
    }
    host.note("Cannot describe the instance: the metadata service's tag is used", {
      event: "name-from-metadata",
    });
    sign("annex-tag");
    return { name: checkName(shown), source: "tag", description };
  }
  if (description === undefined) {
    throw new AnnexError("Cannot describe the instance: EC2 does not know it yet", {
      code: "no-instance-yet",
      retryable: true,
    });
  }
  const { clientToken, tags } = description;
  const tag = settings.trust_annex_tag ? tags.get(NAME_TAG) ?? shown : undefined;
  const spotFleet = tags.get(SPOT_FLEET_TAG);
  const fleet = tags.get(FLEET_TAG);
  if (tag !== undefined) sign("annex-tag");
  if (spotFleet !== undefined || fleet !== undefined) sign("fleet-tag");
  const own = nameInToken(host, clientToken);
  if (own !== undefined) {
    sign("client-token");
    if (tag !== undefined && tag !== own) {
      const fields = { event: "names-differ", token: own, tag };
      host.note("Client token and tag name different annexes: the token counts", fields);
    }
    return { name: checkName(own), source: "client-token", description };
  }
  if (tag !== undefined) return { name: checkName(tag), source: "tag", description };
  if (spotFleet !== undefined) {
    checkId(spotFleet, SPOT_FLEET_ID, SPOT_FLEET_TAG);
    const found = await ask(() => questions.describeSpotFleet(spotFleet, signal), spotFleet);
    return { name: nameOfFleet(host, found, spotFleet), source: "spot-fleet", description };
  }
  if (fleet !== undefined) {
    checkId(fleet, FLEET_ID, FLEET_TAG);
    const found = await ask(() => questions.describeFleet(fleet, signal), fleet);
    return { name: nameOfFleet(host, found, fleet), source: "ec2-fleet", description };
  }
  if (tags.has(GROUP_TAG)) {
    // A group gives its tags when it starts an instance: no other will come.
    throw notAnAnnex(`its Auto Scaling group gives it no tag "${NAME_TAG}"`);
  }
  throw new AnnexError("Cannot find the annex's name: no token or tag has it yet", {
    code: "no-name-yet",
    retryable: true,
    remedy: `give the instance the tag ${NAME_TAG}`,
  });
}

/** What is left of the last underscore: names may have others, the id after it has none. */
export function splitToken(token: string | undefined): { name: string; id: string } | undefined {
  const at = token?.lastIndexOf("_") ?? -1;
  return token === undefined || at <= 0
    ? undefined
    : { name: token.slice(0, at), id: token.slice(at + 1) };
}

function nameInToken(host: AnnexHost, token: string | undefined): string | undefined {
  const parts = splitToken(token);
  if (parts !== undefined && !GUID.test(parts.id)) {
    host.note("The client token does not end with an id as condor_annex makes it", {
      event: "odd-client-token",
    });
  }
  return parts?.name;
}

async function ask(
  question: () => Promise<FleetToken | undefined>,
  id: string,
): Promise<string> {
  let found: FleetToken | undefined;
  try {
    found = await question();
  } catch (error) {
    throw asAnnexError(error, `Cannot describe fleet "${id}"`);
  }
  if (found?.token !== undefined) return found.token;
  const state = found === undefined ? "EC2 does not know it yet" : "EC2 shows no client token";
  throw new AnnexError(`Cannot describe fleet "${id}": ${state}`, {
    code: "no-name-yet",
    retryable: true,
  });
}

function nameOfFleet(host: AnnexHost, token: string, fleet: string): string {
  const name = nameInToken(host, token);
  if (name === undefined) throw notAnAnnex(`the client token of its fleet "${fleet}" has no "_"`);
  return checkName(name);
}

function checkId(id: string, pattern: RegExp, tag: string): void {
  if (!pattern.test(id)) throw notAnAnnex(`its tag "${tag}" is not of the form of an id`);
}

/** @throws {AnnexError} `invalid-name` */
function checkName(name: string): string {
  if (NAME.test(name) && !name.includes("..")) return name;
  const shown = JSON.stringify(name.slice(0, 130));
  throw new AnnexError(
    `Cannot use annex name ${shown}: it is not of up to 127 letters, digits and _ . @ + -`,
    { code: "invalid-name", remedy: "request the annex under another name" },
  );
}

function notAnAnnex(state: string): AnnexError {
  return new AnnexError(`Cannot set up an annex: ${state}`, {
    code: "not-an-annex",
    remedy: "switch condor-annex-ec2.service off on this instance",
  });
}
