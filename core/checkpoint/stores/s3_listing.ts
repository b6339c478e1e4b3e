/** Pages of S3's listings (Amazon S3 API Reference, ListObjectsV2 and ListObjectVersions). */
import type { XmlElement } from "@rgrove/parse-xml";
import { childrenOf, localName, readXml, textOf } from "../../aws/mod.ts";
import { percentDecode } from "../../http/percent.ts";
import { CleanupFailure } from "../failure.ts";

/** One object, or one version of it. */
export interface Listed {
  readonly key: Uint8Array;
  /** With versions only. */
  readonly versionId?: string;
}

/** A page. */
export interface ListingPage {
  readonly entries: readonly Listed[];
  /** Query parameters that lead to the next one; undefined after the last. */
  readonly next: Readonly<Record<string, string>> | undefined;
}

/** What tells the two listings apart. */
interface Form {
  readonly query: Readonly<Record<string, string>>;
  readonly root: string;
  readonly entries: readonly string[];
  /** Element with the next page's parameter, by that parameter. */
  readonly next: Readonly<Record<string, string>>;
}

/** The listings. */
export const LISTINGS = {
  objects: {
    query: { "list-type": "2", "encoding-type": "url" },
    root: "ListBucketResult",
    entries: ["Contents"],
    next: { "continuation-token": "NextContinuationToken" },
  },
  versions: {
    query: { versions: "", "encoding-type": "url" },
    root: "ListVersionsResult",
    entries: ["Version", "DeleteMarker"],
    next: { "key-marker": "NextKeyMarker", "version-id-marker": "NextVersionIdMarker" },
  },
} as const satisfies Readonly<Record<string, Form>>;

/** Most pages of one listing: ten million objects. */
const MOST_PAGES = 10_000;
/** Most pages without an entry in a row. */
const MOST_EMPTY = 100;

/**
 * Walks the pages of a listing. One that does not advance or does not end is given up.
 *
 * @param page asks for the page that query parameters lead to
 * @throws {CleanupFailure} `StoreUnavailable`; and what `page` throws
 */
export async function* walkPages(
  page: (parameters: Readonly<Record<string, string>>) => Promise<ListingPage>,
): AsyncGenerator<readonly Listed[]> {
  let parameters: Readonly<Record<string, string>> = {};
  let empty = 0;
  for (let count = 0; count < MOST_PAGES; count++) {
    const { entries, next } = await page(parameters);
    yield entries;
    if (next === undefined) return;
    empty = entries.length === 0 ? empty + 1 : 0;
    if (empty > MOST_EMPTY || JSON.stringify(next) === JSON.stringify(parameters)) break;
    parameters = next;
  }
  throw new CleanupFailure("StoreUnavailable", "Cannot list the bucket: the listing does not end");
}

/**
 * Reads a page.
 *
 * @throws {XmlError} for what is no page of this listing
 * @throws {CleanupFailure} `StoreUnavailable`, likewise
 */
export function readPage(body: Uint8Array, form: Form): ListingPage {
  const root = readXml(body);
  if (localName(root) !== form.root) {
    throw new CleanupFailure(
      "StoreUnavailable",
      `Cannot list the bucket: the answer is no ${form.root}`,
    );
  }
  const isCoded = textOf(root, "EncodingType") === "url";
  const entries = form.entries.flatMap((name) => childrenOf(root, name))
    .map((element) => readEntry(element, isCoded));
  return { entries, next: nextPage(root, { form, isCoded }) };
}

function readEntry(element: XmlElement, isCoded: boolean): Listed {
  const versionId = textOf(element, "VersionId");
  return {
    key: keyBytes(textOf(element, "Key") ?? "", isCoded),
    ...(versionId !== undefined && { versionId }),
  };
}

function nextPage(
  root: XmlElement,
  { form, isCoded }: { form: Form; isCoded: boolean },
): ListingPage["next"] {
  if (textOf(root, "IsTruncated") !== "true") return undefined;
  const next: Record<string, string> = {};
  for (const [parameter, element] of Object.entries(form.next)) {
    const value = textOf(root, element);
    if (value === undefined) continue;
    // Only keys are encoded, and the marker is one.
    next[parameter] = parameter === "key-marker"
      ? new TextDecoder().decode(keyBytes(value, isCoded))
      : value;
  }
  if (Object.keys(next).length > 0) return next;
  throw new CleanupFailure("StoreUnavailable", "Cannot list the bucket: no way to the next page");
}

/** The bytes of a key; where it is encoded, AWS writes a blank as `+` and others as `%20`. */
function keyBytes(text: string, isCoded: boolean): Uint8Array {
  return isCoded ? percentDecode(text.replaceAll("+", "%20")) : new TextEncoder().encode(text);
}
