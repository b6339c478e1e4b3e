/** Collections of a WebDAV server: what is in them, and removing those without files. */
import { CleanupFailure } from "../failure.ts";
import { quote } from "../location.ts";
import { type HttpRequests, isGone, isPage } from "./http_requests.ts";
import { fileTarget } from "./http_target.ts";
import { type Listing, PROPFIND_BODY, readListing, readMultistatus } from "./http_webdav.ts";

/** Deepest collections that are looked into. */
const DEEPEST = 200;

/**
 * Removes what a target names.
 *
 * @param how `title` names it in messages
 * @throws {CleanupFailure} when it is still there
 */
export async function removeTarget(
  requests: HttpRequests,
  target: string,
  { signal, title }: { signal: AbortSignal; title(): string },
): Promise<void> {
  const answer = await requests.send({ method: "DELETE", target, signal });
  if (isPage(answer)) return await askFor(requests, target, { signal, title });
  if (isGone(answer.status)) return;
  if (answer.status !== 207) throw requests.refusal(answer, title());
  const { headers } = answer;
  const resources = readMultistatus(answer.body, requests.name);
  const failed = resources.find(({ status }) => isRefusal(status));
  if (failed) throw requests.refusal({ status: failed.status!, headers }, title());
}

/** Makes sure that something is gone. */
async function askFor(
  requests: HttpRequests,
  target: string,
  { signal, title }: { signal: AbortSignal; title(): string },
): Promise<void> {
  const { status } = await requests.send({ method: "HEAD", target, signal });
  if (status === 404 || status === 410) return;
  throw new CleanupFailure(
    "StoreUnavailable",
    `Cannot remove ${title()}: ${requests.name} answered 200 with a web page, and then ${status}`,
  );
}

/** Whether the status of a member says that it is still there. */
export function isRefusal(status: number | undefined): boolean {
  return status !== undefined && !isGone(status) && status >= 300;
}

/**
 * What a collection holds; nothing where it is not there.
 *
 * @throws {CleanupFailure} `StoreUnavailable`, when the server does not speak WebDAV
 */
export async function listCollection(
  requests: HttpRequests,
  target: string,
  signal: AbortSignal,
): Promise<Listing> {
  const answer = await requests.send({
    method: "PROPFIND",
    target,
    headers: { depth: "1", "content-type": "application/xml; charset=utf-8" },
    body: PROPFIND_BODY,
    signal,
  });
  const { status } = answer;
  if (status === 207) return readListing(answer.body, target, requests.name);
  if (status === 404 || status === 410) return { members: [], hasMore: false };
  if (status < 400 || status === 405 || status === 501) {
    throw new CleanupFailure(
      "StoreUnavailable",
      `Cannot list ${target}: ${requests.name} answered ${status}, it does not speak WebDAV`,
    );
  }
  throw requests.refusal(answer, `what is in ${target}`);
}

/**
 * The names of all files below a collection, as a MANIFEST would have them.
 *
 * @param how `prefix` begins each name
 */
export async function* filesBelow(
  requests: HttpRequests,
  target: string,
  { prefix = "", signal, depth = 0 }: { prefix?: string; signal: AbortSignal; depth?: number },
): AsyncIterable<Uint8Array> {
  refuseDepth(depth, target);
  for (const { name, isCollection } of (await listCollection(requests, target, signal)).members) {
    signal.throwIfAborted();
    const path = `${prefix}${name}`;
    if (!isCollection) yield bytesOf(path);
    else {
      const below = { prefix: `${path}/`, signal, depth: depth + 1 };
      yield* filesBelow(requests, memberTarget(target, name), below);
    }
  }
}

/**
 * Removes a collection without files, those in it first. WebDAV has no way to remove a collection
 * only if it is empty, so it is looked at right before.
 *
 * @returns whether it is gone
 */
export async function pruneCollection(
  requests: HttpRequests,
  target: string,
  { signal, depth = 0 }: { signal: AbortSignal; depth?: number },
): Promise<boolean> {
  refuseDepth(depth, target);
  let { members, hasMore } = await listCollection(requests, target, signal);
  let isEmpty = true;
  for (const { name, isCollection } of members) {
    signal.throwIfAborted();
    const below = { signal, depth: depth + 1 };
    const gone = isCollection &&
      await pruneCollection(requests, memberTarget(target, name), below);
    isEmpty &&= gone;
  }
  if (!isEmpty) return false;
  if (members.length > 0) ({ members, hasMore } = await listCollection(requests, target, signal));
  if (members.length > 0 || hasMore) return false;
  await removeTarget(requests, target, { signal, title: () => target });
  return true;
}

/** The target of a collection in a collection. */
function memberTarget(target: string, name: string): string {
  return `${fileTarget(target, bytesOf(name))}/`;
}

/** The bytes of a name that has one character for each. */
function bytesOf(name: string): Uint8Array {
  return Uint8Array.from(name, (c) => c.charCodeAt(0));
}

function refuseDepth(depth: number, target: string): void {
  if (depth <= DEEPEST) return;
  throw new CleanupFailure(
    "NotDeleted",
    `Cannot look into ${quote(target.slice(0, 200))}: too deep`,
  );
}
