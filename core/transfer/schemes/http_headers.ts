/**
 * The header fields of a request, and which of them may go to which server.
 */
import { TransferFailure } from "../../errors.ts";
import { readToken } from "../../tokens/mod.ts";
import type { TransferContext } from "../scheme.ts";
import { parseTransferUrl, userInfoOf } from "../url.ts";

/** Fields that frame the message: a job must not set them. */
const RESERVED = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Names in the query of a URL that carries its own authorization. */
const PRESIGNED = /[?&](?:X-Amz-Signature|X-Amz-Algorithm|X-Goog-Signature|sig)=/i;

/** Whether a URL is signed, so that anything added to the request would spoil it. */
export function isPresigned(url: string): boolean {
  return PRESIGNED.test(url);
}

/** The fields of one transfer's requests. */
export class RequestHeaders {
  /** Whether a credential goes along, at least to the URL's own server. */
  readonly credential: boolean;
  readonly #plain: [string, string][] = [];
  readonly #confidential: [string, string][] = [];

  /**
   * @param authorization the field's value, if there is one
   * @param further fields of the job's choice, `Name: value`
   * @throws {TransferFailure} Parameter for a field that a job cannot set
   */
  constructor(authorization: string | undefined, further: readonly string[]) {
    if (authorization !== undefined) this.#confidential.push(["authorization", authorization]);
    for (const header of further) this.#confidential.push(parseHeader(header));
    this.credential = this.#confidential.some(([name]) => name === "authorization");
  }

  /**
   * The fields that a transfer asks for. A token is read anew each time, for it is refreshed while
   * jobs run; a signed URL carries its own.
   *
   * @param url the URL as the job gave it
   * @throws {TransferFailure} Authorization without the token asked for, Parameter for a bad field
   */
  static async of(url: string, ctx: TransferContext): Promise<RequestHeaders> {
    const authorization = isPresigned(url) ? undefined : await authorizationOf(url, ctx);
    return new RequestHeaders(authorization, ctx.options.headers);
  }

  /** Adds a field that any server may see. */
  add(name: string, value: string): void {
    this.#plain.push([name, value]);
  }

  /** The fields for a server: all of them, or without those meant for the URL's own server. */
  list(sameOrigin: boolean): [string, string][] {
    return sameOrigin ? [...this.#plain, ...this.#confidential] : this.#plain;
  }
}

async function authorizationOf(url: string, ctx: TransferContext): Promise<string | undefined> {
  if (ctx.credential !== undefined) {
    return `Bearer ${(await readToken(ctx.credential, ctx.env)).token}`;
  }
  if (!url.includes("@")) return undefined;
  const user = userInfoOf(parseTransferUrl(url));
  if (user === undefined) return undefined;
  const bytes = new TextEncoder().encode(`${user.user}:${user.password}`);
  return `Basic ${bytes.toBase64()}`;
}

function parseHeader(text: string): [string, string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}):[ \t]*([\x20-\x7e\t]{0,8192})$/.exec(text);
  const name = match?.[1]?.toLowerCase() ?? "";
  if (match === null || RESERVED.has(name)) {
    throw new TransferFailure(
      "Parameter",
      match === null
        ? 'Cannot use "Headers" of the plug-in data: an item is not "Name: value"'
        : `Cannot use "Headers" of the plug-in data: "${name}" is not a job's to set`,
      { errorCode: 43, retryable: -1 },
    );
  }
  return [name, match[2]!.trim()];
}
