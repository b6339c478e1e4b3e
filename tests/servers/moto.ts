/**
 * moto: a stand-in for AWS that also checks signatures, session tokens and IAM policies.
 *
 * It is Debian's package in the pool root (`deno task pool root`) and runs with `chroot` there. What
 * it cannot do: keys with line ends or bytes that are no UTF-8, and `Quiet` lists of deletions.
 */

import { HttpClient } from "../../core/http/mod.ts";
import { poolRoot, whyNoPool } from "../../scripts/pool/root.ts";
import { startServer } from "./process.ts";

/** A request to moto, signed by nobody. */
export interface MotoRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** Default `s3`. */
  readonly service?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer. */
export interface MotoAnswer {
  readonly status: number;
  readonly text: string;
}

/** A running moto. */
export interface Moto extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`, without a slash at the end. */
  readonly origin: string;
  /**
   * Whether signatures, tokens and policies count from now on; at first they do not, and every
   * request is the account owner's.
   */
  enforce(isOn: boolean): Promise<void>;
  /** Sends a request; the path is taken as it is. */
  send(target: string, request?: MotoRequest): Promise<MotoAnswer>;
  /** The same, for what has to go well; returns the answer's text. */
  must(target: string, request?: MotoRequest): Promise<string>;
}

const PROGRAM = "/usr/bin/moto_server";

/** What is missing for `startMoto()`; empty when it can work. */
export const missing: string = await whyNoPool() ?? await withoutProgram();

/**
 * Starts moto on a free port.
 *
 * @example
 * await using moto = await startMoto();
 * await moto.must("/bucket", { method: "PUT" });
 */
export async function startMoto(): Promise<Moto> {
  const server = await startServer({
    name: "moto",
    hostname: "127.0.0.1",
    prepare: (_dir, [port]) => {
      return ["/usr/sbin/chroot", poolRoot(), PROGRAM, "-H", "127.0.0.1", "-p", `${port}`];
    },
  });
  const origin = `http://127.0.0.1:${server.ports[0]}`;
  const client = new HttpClient({ env: () => undefined, userAgent: "test" });
  const send: Moto["send"] = async (target, request = {}) => {
    const { method = "GET", service = "s3", body = "", headers = {} } = request;
    const bytes = new TextEncoder().encode(body);
    const answer = await client.exchange(new URL(origin), {
      method,
      target,
      signal: new AbortController().signal,
      headers: {
        // Without a type moto takes bodies for forms.
        "content-type": "application/octet-stream",
        authorization:
          `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request`,
        ...headers,
      },
      ...(method !== "GET" && {
        body: { size: bytes.length, open: () => ReadableStream.from([bytes]) },
      }),
    });
    return { status: answer.status, text: await new Response(answer.body).text() };
  };
  const must: Moto["must"] = async (target, request) => {
    const { status, text } = await send(target, request);
    if (status < 300) return text;
    throw new Error(`Cannot prepare moto: ${target} gave ${status} ${text}`);
  };
  return {
    origin,
    send,
    must,
    async enforce(isOn) {
      // The number of requests that are still free.
      const headers = { "content-type": "text/plain" };
      const body = isOn ? "0" : "inf";
      await must("/moto-api/reset-auth", { method: "POST", body, headers });
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function withoutProgram(): Promise<string> {
  const isThere = await Deno.stat(poolRoot() + PROGRAM).then(() => true, () => false);
  return isThere ? "" : `no moto in "${poolRoot()}"`;
}
