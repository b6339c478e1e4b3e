/** The servers of the demonstration, in its own process: some of them misbehave as told. */

/** What lies at one path, and how it is served. */
export interface Resource {
  readonly content: Uint8Array<ArrayBuffer>;
  /** Further response headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The n-th answer breaks off after so many bytes; later ones are whole. */
  readonly cuts?: readonly number[];
  /** Send the content in so many pieces, a tenth of a second apart. */
  readonly pieces?: number;
  /** Answer 401 without this bearer token. */
  readonly bearer?: string;
  /** Send clients there instead. */
  readonly redirect?: string;
}

/** One request, and how it was answered. */
export interface Exchange {
  /** Seconds since the server was started. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** First byte that was asked for by a range. */
  readonly from: number | undefined;
  /** Bytes after which the answer was cut off. */
  readonly cut: number | undefined;
  readonly authorization: string | undefined;
  /** `Content-Length` of the request. */
  readonly length: string | undefined;
}

/** Settings of {@linkcode Origin}. */
export interface OriginOptions {
  readonly resources: Readonly<Record<string, Resource>>;
  /** Ignore ranges, as some servers do. @default {false} */
  readonly ignoreRanges?: boolean;
  /** Told of each request when its answer begins. */
  readonly tell?: (exchange: Exchange) => void;
}

const PIECE_INTERVAL = 100;
const CHUNK = 256 * 1024;

/** Neither continued nor cut. */
const PLAIN = { from: undefined, cut: undefined };

/** A running server on a free port of loopback. */
export class Origin implements AsyncDisposable {
  /** All requests so far. */
  readonly exchanges: Exchange[] = [];
  /** What was uploaded, by path. */
  readonly uploads = new Map<string, Uint8Array>();
  readonly #options: OriginOptions;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #startedAt = performance.now();

  constructor(options: OriginOptions) {
    this.#options = options;
    this.#server = Deno.serve(
      // A cut is an error of ours only on purpose.
      { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError: () => new Response() },
      (request) => this.#answer(request),
    );
  }

  /** What it offers, by path. */
  get resources(): Readonly<Record<string, Resource>> {
    return this.#options.resources;
  }

  /** Such as `127.0.0.1:40001`. */
  get host(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "PUT") {
      this.uploads.set(pathname, await request.bytes());
      return this.#note(request, new Response(null, { status: 201 }), PLAIN);
    }
    const resource = this.resources[pathname];
    if (resource === undefined) {
      return this.#note(request, new Response(null, { status: 404 }), PLAIN);
    }
    const { bearer, redirect } = resource;
    if (bearer !== undefined && request.headers.get("authorization") !== `Bearer ${bearer}`) {
      return this.#note(request, new Response(null, { status: 401 }), PLAIN);
    }
    if (redirect !== undefined) {
      const headers = { location: redirect };
      return this.#note(request, new Response(null, { status: 302, headers }), PLAIN);
    }
    return this.#send(request, resource, pathname);
  }

  #send(request: Request, resource: Resource, path: string): Response {
    const { content, cuts = [], pieces } = resource;
    const size = content.length;
    const etag = `"${path}-${size}"`;
    const from = this.#options.ignoreRanges ? undefined : rangeStart(request, etag);
    const rest = content.subarray(from ?? 0);
    const headers: Record<string, string> = { ...resource.headers, etag };
    headers["content-length"] = `${rest.length}`;
    if (from !== undefined) headers["content-range"] = `bytes ${from}-${size - 1}/${size}`;
    const cut = cuts[this.exchanges.filter((exchange) => exchange.path === path).length];
    const body = pieces !== undefined
      ? stream(rest, { chunk: Math.ceil(size / pieces), interval: PIECE_INTERVAL })
      : cut !== undefined
      ? stream(rest.subarray(0, cut), { chunk: CHUNK, interval: 0, cut: true })
      : rest;
    const response = new Response(body, { status: from === undefined ? 200 : 206, headers });
    return this.#note(request, response, { from, cut });
  }

  #note(
    request: Request,
    response: Response,
    { from, cut }: Pick<Exchange, "from" | "cut">,
  ): Response {
    const exchange = {
      at: (performance.now() - this.#startedAt) / 1000,
      method: request.method,
      path: new URL(request.url).pathname,
      status: response.status,
      from,
      cut,
      authorization: request.headers.get("authorization") ?? undefined,
      length: request.headers.get("content-length") ?? undefined,
    };
    this.exchanges.push(exchange);
    this.#options.tell?.(exchange);
    return response;
  }
}

/** Where a request wants to continue, if it means this very content (RFC 9110, section 13.1.5). */
function rangeStart(request: Request, etag: string): number | undefined {
  const start = /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "")?.[1];
  return start !== undefined && request.headers.get("if-range") === etag ? +start : undefined;
}

/** Sends bytes in chunks, and breaks the connection after them where there is to be a cut. */
function stream(
  bytes: Uint8Array<ArrayBuffer>,
  { chunk, interval, cut = false }: { chunk: number; interval: number; cut?: boolean },
): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      if (sent < bytes.length) {
        if (sent > 0 && interval > 0) await pause(interval);
        controller.enqueue(bytes.subarray(sent, sent += chunk));
        return;
      }
      if (!cut) return controller.close();
      // What was sent must have left before the connection breaks.
      await pause(PIECE_INTERVAL);
      controller.error(new Error("cut"));
    },
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
