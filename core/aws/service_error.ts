/** What a service answers when it does not do what it was asked. */

import type { XmlElement } from "@rgrove/parse-xml";
import { redact } from "../log/redact.ts";
import { childrenOf, readXml, textOf } from "./xml.ts";

/** Longest part of a service's own words that is shown. */
const LONGEST_TEXT = 300;
/** Elements between the root and `Error`: none in S3, one in IAM, two in EC2. */
const WRAPPERS = ["Errors", "Error"];

/** Seconds between two clocks that services do not mind less than (S3: 15 minutes). */
const MENTIONED_SKEW = 300;

/** What is known of a refusal. */
export interface AwsErrorFacts {
  /** HTTP status; 200 for errors inside a good answer. */
  readonly status: number;
  /** The service's name for the error, e.g. `NoSuchBucket`; empty when it gave none. */
  readonly code: string;
  /** The region it wants to be asked in. */
  readonly region?: string | undefined;
  /** Seconds by which this machine's clock is ahead of the service's. */
  readonly skew?: number | undefined;
  /** Seconds the service wants to be left alone. */
  readonly retryAfter?: number | undefined;
}

/** A service's refusal; the message is one line of bounded length. */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly facts: AwsErrorFacts;

  /** @param text the service's own words, whatever they are */
  constructor(facts: AwsErrorFacts, text = "") {
    const code = oneLine(facts.code);
    super(`${describe({ ...facts, code }, oneLine(text))}${skewHint(facts)}`);
    this.facts = { ...facts, code };
  }
}

/** An answer, as far as errors are read from it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** Seconds the service wants to be left alone. */
  readonly retryAfter?: number;
}

/**
 * The error that an answer stands for, whether its body is readable or not.
 *
 * @param now milliseconds since the epoch when the answer came
 */
export function serviceError(answer: ErrorAnswer, now: number): AwsError {
  const { status, headers, retryAfter } = answer;
  const error = errorElement(answer.body);
  const code = (error && textOf(error, "Code")) ?? "";
  const region = headers.get("x-amz-bucket-region") ?? (error && textOf(error, "Region"));
  const server = Date.parse(headers.get("date") ?? "");
  return new AwsError({
    status,
    code,
    ...(region && /^[a-z0-9-]{1,40}$/.test(region) && { region }),
    ...(!Number.isNaN(server) && { skew: Math.round((now - server) / 1000) }),
    ...(retryAfter && { retryAfter }),
  }, error && textOf(error, "Message"));
}

function errorElement(body: Uint8Array): XmlElement | undefined {
  try {
    let element = readXml(body);
    for (const name of WRAPPERS) element = childrenOf(element, name)[0] ?? element;
    return element;
  } catch {
    // Not the service itself answered, but something before it: the status says all there is.
    return undefined;
  }
}

function describe({ status, code }: AwsErrorFacts, text: string): string {
  const name = code === "" ? `HTTP status ${status}` : code;
  return text === "" ? name : `${name} (${text})`;
}

function skewHint({ code, skew = 0 }: AwsErrorFacts): string {
  const concerned = /^(RequestTimeTooSkewed|RequestExpired|SignatureDoesNotMatch|AuthFailure)$/;
  if (!concerned.test(code) || Math.abs(skew) < MENTIONED_SKEW) return "";
  return `; this machine's clock is ${Math.abs(skew)} s ${skew > 0 ? "ahead of" : "behind"} the ` +
    "service's";
}

/** A service's words in one line, of bounded length; some send back what they were asked with. */
function oneLine(text: string): string {
  const line = redact(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT)}...` : line;
}
