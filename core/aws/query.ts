/** The query protocol of EC2 and IAM: a form is sent, XML comes back (their API references). */

import { XmlElement } from "@rgrove/parse-xml";
import type { HttpClient } from "../http/mod.ts";
import { AwsClient } from "./client.ts";
import { encodeQuery } from "./encoding.ts";
import { AwsError } from "./service_error.ts";
import type { AwsSession } from "./session.ts";
import { childrenOf, readXml, XmlError } from "./xml.ts";

/** Where a service is, and as what it is signed for. */
export interface AwsEndpoint {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The region in signatures. */
  readonly region: string;
}

/** How a service is asked. */
export interface QueryOptions {
  readonly http: HttpClient;
  readonly session: AwsSession;
  readonly service: "ec2" | "iam";
  /** Of the API, such as `2016-11-15`. */
  readonly version: string;
  readonly endpoint: AwsEndpoint;
  /** Seconds one request may take. @default {20} */
  readonly timeout?: number;
}

const LARGEST_ANSWER = 4 << 20;
const DEEPEST = 32;
/** Most pages of one list. */
const MOST_PAGES = 100;
const FORM = "application/x-www-form-urlencoded; charset=utf-8";

/** Asks one service. */
export class QueryClient {
  readonly #options: QueryOptions;

  constructor(options: QueryOptions) {
    this.#options = options;
  }

  /**
   * Makes a call; again where the clock or the credentials were out of date, see `AwsSession`.
   *
   * @param action such as `DescribeInstances`
   * @param parameters names and values, not encoded
   * @returns the root element of the answer
   * @throws {AwsError} for a refusal, or an answer that is none; {TransferFailure} when none came
   */
  async call(
    action: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<XmlElement> {
    const { http, session, service, version, endpoint, timeout = 20 } = this.#options;
    const form = encodeQuery({ Action: action, Version: version, ...parameters });
    const request = {
      method: "POST",
      origin: endpoint.origin,
      path: "/",
      headers: { "content-type": FORM },
      body: new TextEncoder().encode(form),
    };
    const { body, status } = await session.call(({ credentials, time }) => {
      const client = new AwsClient({ http, service, credentials, now: () => time, timeout });
      return client.send(request, { region: endpoint.region, signal });
    }, signal);
    return readAnswer(body, status);
  }

  /**
   * Makes a call for each page of a list.
   *
   * @param page reads one page and returns the marker of the next, undefined after the last
   */
  async callPages(
    action: string,
    parameters: Readonly<Record<string, string>>,
    { signal, page }: {
      readonly signal: AbortSignal;
      readonly page: (root: XmlElement) => string | undefined;
    },
  ): Promise<void> {
    let marker: string | undefined;
    for (let count = 0; count < MOST_PAGES; count++) {
      const more: Record<string, string> = marker === undefined ? {} : { Marker: marker };
      const next = page(await this.call(action, { ...parameters, ...more }, signal));
      if (next === undefined) return;
      if (next === marker) break;
      marker = next;
    }
    throw new AwsError({ status: 200, code: "" }, `the list of ${action} does not end`);
  }
}

/**
 * Reads an answer within bounds: 4 MiB, 32 elements within each other.
 *
 * @throws {AwsError}
 */
export function readAnswer(body: Uint8Array, status: number): XmlElement {
  const bad = (text: string) => new AwsError({ status, code: "" }, text);
  if (body.length > LARGEST_ANSWER) throw bad(`the answer is longer than ${LARGEST_ANSWER} bytes`);
  try {
    const root = readXml(body);
    if (depthOf(root) <= DEEPEST) return root;
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw bad("the answer is not the XML it should be");
  }
  throw bad(`elements of the answer are in more than ${DEEPEST} others`);
}

/** The elements at the end of a path, in order. */
export function elementsAt(root: XmlElement, ...path: readonly string[]): XmlElement[] {
  return path.reduce<XmlElement[]>(
    (found, name) => found.flatMap((element) => childrenOf(element, name)),
    [root],
  );
}

/** The text of the first element at the end of a path; undefined without one, or when it is empty. */
export function textAt(root: XmlElement, ...path: readonly string[]): string | undefined {
  return elementsAt(root, ...path)[0]?.text.trim() || undefined;
}

/** No recursion: the depth is what is not trusted. */
function depthOf(root: XmlElement): number {
  let depth = 0;
  for (let level = [root]; level.length > 0 && depth <= DEEPEST; depth++) {
    level = level.flatMap(({ children }) =>
      children.filter((child): child is XmlElement => child instanceof XmlElement)
    );
  }
  return depth;
}
