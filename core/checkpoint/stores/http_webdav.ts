/** What WebDAV servers say of many resources at once (RFC 4918, sections 9.1, 9.6 and 13). */
import type { XmlElement } from "@rgrove/parse-xml";
import { childrenOf, readXml, textOf, XmlError } from "../../aws/xml.ts";
import { percentDecode } from "../../http/percent.ts";
import { CleanupFailure } from "../failure.ts";

/** Asks only what tells collections from files. */
export const PROPFIND_BODY = '<?xml version="1.0" encoding="utf-8"?>' +
  '<propfind xmlns="DAV:"><prop><resourcetype/></prop></propfind>';

/** One resource in a Multi-Status answer. */
export interface Resource {
  /** Its path, decoded one byte to one character, without slashes at its end. */
  readonly path: string;
  readonly isCollection: boolean;
  /** The status stated for the resource itself. */
  readonly status: number | undefined;
}

/** A resource in a collection. */
export interface Member {
  /** Its name as a MANIFEST would have to have it for its URL to name this resource. */
  readonly name: string;
  readonly isCollection: boolean;
}

/** What a collection holds. */
export interface Listing {
  readonly members: readonly Member[];
  /** It holds something that cannot be named. */
  readonly hasMore: boolean;
}

/**
 * Reads a Multi-Status answer.
 *
 * @throws {CleanupFailure} `NotDeleted`, when it is none
 */
export function readMultistatus(body: Uint8Array, server: string): Resource[] {
  try {
    const root = readXml(body);
    if (!/^(?:[^:]*:)?multistatus$/.test(root.name)) throw new XmlError("not a Multi-Status");
    return childrenOf(root, "response").flatMap(resourcesOf);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new CleanupFailure(
      "NotDeleted",
      `Cannot understand ${server}: its answer 207 is no Multi-Status`,
      { cause: error },
    );
  }
}

/**
 * What a collection holds, from the answer to PROPFIND with Depth 1.
 *
 * @param target the collection's target
 * @throws {CleanupFailure} `NotDeleted`, when it does not tell of the collection asked for
 */
export function readListing(body: Uint8Array, target: string, server: string): Listing {
  const own = pathOf(target);
  const members: Member[] = [];
  let hasSelf = false;
  let hasMore = false;
  for (const { path, isCollection } of readMultistatus(body, server)) {
    if (path === own) {
      hasSelf = true;
      continue;
    }
    const segment = path.startsWith(`${own}/`) ? path.slice(own.length + 1) : "";
    if (segment === "" || segment === "." || segment === ".." || segment.includes("/")) {
      hasMore = true;
    } else members.push({ name: writtenName(segment), isCollection });
  }
  if (hasSelf) return { members, hasMore };
  throw new CleanupFailure(
    "NotDeleted",
    `Cannot understand ${server}: its listing is not that of the collection asked for`,
  );
}

/** A target's path as {@linkcode Resource} has it. */
export function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/]*/i, "").replace(/[?#][^]*$/, "");
  return latin1(percentDecode(path)).replace(/\/{2,}/g, "/").replace(/\/$/, "");
}

function resourcesOf(response: XmlElement): Resource[] {
  const status = statusOf(textOf(response, "status"));
  const isCollection = childrenOf(response, "propstat").some((propstat) =>
    (statusOf(textOf(propstat, "status")) ?? 200) < 300 &&
    childrenOf(propstat, "prop").some((prop) =>
      childrenOf(prop, "resourcetype").some((type) => childrenOf(type, "collection").length > 0)
    )
  );
  return childrenOf(response, "href").map(({ text }) => ({
    path: pathOf(text.trim()),
    isCollection,
    status,
  }));
}

function statusOf(line: string | undefined): number | undefined {
  const digits = /^\s*HTTP\/\S+\s+(\d{3})\b/i.exec(line ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Escapes again what in a MANIFEST's name would not stand for itself in the URL. */
function writtenName(segment: string): string {
  return segment.replace(
    /[\0%?#\\;]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
