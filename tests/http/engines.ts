/** Runs one request over either engine, to its end. */
import { TransferFailure } from "../../core/errors.ts";
import {
  bodyFailure,
  HttpClient,
  type HttpRequest,
  type HttpSettings,
} from "../../core/http/mod.ts";

export type Engine = "fetch" | "exchange";

/** Both engines: what holds for one holds for the other. */
export const ENGINES: readonly Engine[] = ["fetch", "exchange"];

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly trailers: Headers | undefined;
  readonly proxy: string | undefined;
}

export interface Question {
  readonly request?: Partial<HttpRequest>;
  readonly settings?: Partial<HttpSettings>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A client in an environment of its own. */
export function makeClient({ settings, env = {} }: Question = {}): HttpClient {
  return new HttpClient({ env: (name) => env[name], userAgent: "test/1", ...settings });
}

/** Asks for a URL and reads the answer to its end with a client that is closed then. */
export async function ask(engine: Engine, url: string, question: Question = {}): Promise<Answer> {
  const client = makeClient(question);
  try {
    return await askWith(client, engine, { url, ...question });
  } finally {
    client.close();
  }
}

/** Asks with a client that is kept. */
export async function askWith(
  client: HttpClient,
  engine: Engine,
  { url, request }: Question & { url: string },
): Promise<Answer> {
  const { signal } = new AbortController();
  const response = await client[engine](new URL(url), { signal, ...request });
  let received = 0;
  let text = "";
  try {
    for await (const chunk of response.body ?? []) {
      received += chunk.length;
      text += new TextDecoder().decode(chunk);
    }
  } catch (error) {
    throw bodyFailure(error, response, received);
  }
  const { status, headers, proxy } = response;
  return { status, headers, text, trailers: response.trailers(), proxy };
}

/** The failure a request must end in. */
export async function failureOf(
  engine: Engine,
  url: string,
  question: Question = {},
): Promise<TransferFailure> {
  try {
    const { status } = await ask(engine, url, question);
    throw new Error(`No failure but status ${status}`);
  } catch (error) {
    if (error instanceof TransferFailure) return error;
    throw error;
  }
}

/** What a test compares of a failure: everything a result ad is made from. */
export function factsOf({ kind, message, facts }: TransferFailure): Record<string, unknown> {
  const { cause: _cause, ...rest } = facts;
  return { kind, message: message.replace(/after \d+ m/, "after N m"), ...rest };
}
