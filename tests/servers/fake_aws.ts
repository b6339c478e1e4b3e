/**
 * EC2, IAM and S3 as far as an annex's instance asks them, for what the greater stand-in cannot do:
 * fleets with client tokens, credentials that end, clocks that differ, answers that come late.
 */

/** An instance as EC2 describes it. */
export interface FakeInstance {
  readonly instanceId: string;
  clientToken?: string | undefined;
  tags: Record<string, string>;
  shutdownBehavior?: string;
  hopLimit?: string;
}

/** What there is; it may be changed at any time. */
export interface FakeCloud {
  instance?: FakeInstance | undefined;
  /** Client tokens by fleet, Spot Fleets and others; undefined for one without. */
  fleets: Record<string, string | undefined>;
  /** Documents by ARN. */
  managed: Record<string, unknown>;
  /** Documents by name. */
  inline: Record<string, unknown>;
  /** Contents by `bucket/key`. */
  objects: Record<string, Uint8Array<ArrayBuffer>>;
  /** Calls that are refused as not allowed, e.g. `DescribeFleets` or `GetObject`. */
  denied: readonly string[];
  /** The access key that is good; another one is out of date. */
  accessKeyId: string;
  /** Milliseconds since the epoch, by the services' clock. */
  now?: () => number;
  /** Answers instead, when it returns something; `action` is `GetObject` for S3. */
  interfere?: (action: string, form: URLSearchParams) => Response | undefined;
}

/** The running services. */
export interface FakeAws extends AsyncDisposable {
  readonly origin: string;
  readonly cloud: FakeCloud;
  /** What was asked, such as `DescribeInstances`. */
  readonly calls: readonly string[];
  /** Header fields of the requests. */
  readonly headers: readonly Headers[];
}

const LARGEST_SKEW = 15 * 60_000;

/** Starts the services on one port. */
export function startFakeAws(cloud: FakeCloud): FakeAws {
  const calls: string[] = [];
  const headers: Headers[] = [];
  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const isQuery = request.method === "POST";
    const form = new URLSearchParams(isQuery ? await request.text() : "");
    const action = form.get("Action") ?? "GetObject";
    calls.push(action);
    headers.push(request.headers);
    const respond = () => {
      const other = cloud.interfere?.(action, form);
      if (other !== undefined) return other;
      const refusal = refuse(request.headers, action);
      if (refusal !== undefined) return error(action, ...refusal);
      return isQuery ? query(action, form) : object(decodeURI(url.pathname), request.headers);
    };
    const response = respond();
    response.headers.set("date", new Date(cloud.now?.() ?? Date.now()).toUTCString());
    return response;
  };

  /** As services look at a request: time, key, token, permission. */
  const refuse = (fields: Headers, action: string): [number, string] | undefined => {
    const [, stamp] = /^(\d{8}T\d{6}Z)$/.exec(fields.get("x-amz-date") ?? "") ?? [];
    const authorization = fields.get("authorization") ?? "";
    const [, key] = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization) ?? [];
    if (stamp === undefined || key === undefined) return [403, "MissingAuthenticationToken"];
    if (!fields.has("x-amz-security-token")) return [403, "InvalidClientTokenId"];
    const time = Date.parse(
      stamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"),
    );
    if (Math.abs(time - (cloud.now?.() ?? time)) > LARGEST_SKEW) {
      return [403, action === "GetObject" ? "RequestTimeTooSkewed" : "RequestExpired"];
    }
    if (key !== cloud.accessKeyId) return [400, "ExpiredToken"];
    if (!cloud.denied.includes(action)) return undefined;
    return [403, action.startsWith("Describe") ? "UnauthorizedOperation" : "AccessDenied"];
  };

  const query = (action: string, form: URLSearchParams): Response => {
    const get = (name: string) => form.get(name) ?? "";
    const { instance } = cloud;
    switch (action) {
      case "DescribeInstances":
        return instance?.instanceId === get("InstanceId.1")
          ? xml(action, describe(instance))
          : error(action, 400, "InvalidInstanceID.NotFound");
      case "DescribeInstanceAttribute":
        return xml(
          action,
          `<instanceInitiatedShutdownBehavior><value>${
            instance?.shutdownBehavior ?? "terminate"
          }</value></instanceInitiatedShutdownBehavior>`,
        );
      case "DescribeSpotFleetRequests": {
        // Without an id, all of the account's fleets would be listed.
        const ids = form.has("SpotFleetRequestId.1")
          ? [get("SpotFleetRequestId.1")]
          : Object.keys(cloud.fleets);
        const items = ids.filter((id) => id in cloud.fleets).map((id) =>
          `<item><spotFleetRequestConfig>${
            element("clientToken", cloud.fleets[id])
          }<iamFleetRole>x</iamFleetRole></spotFleetRequestConfig>${
            element("spotFleetRequestId", id)
          }<spotFleetRequestState>active</spotFleetRequestState></item>`
        );
        return xml(
          action,
          `<spotFleetRequestConfigSet>${items.join("")}</spotFleetRequestConfigSet>`,
        );
      }
      case "DescribeFleets": {
        const id = get("FleetId.1");
        const item = id in cloud.fleets
          ? `<item>${element("clientToken", cloud.fleets[id])}${element("fleetId", id)}</item>`
          : "";
        return xml(action, `<fleetSet>${item}</fleetSet>`);
      }
      case "ListAttachedRolePolicies": {
        const all = Object.keys(cloud.managed);
        const at = Number(form.get("Marker") ?? 0);
        const members = all.slice(at, at + 1).map((arn) =>
          `<member>${element("PolicyName", "p")}${element("PolicyArn", arn)}</member>`
        );
        const isMore = at + 1 < all.length;
        return xml(
          action,
          `<AttachedPolicies>${members.join("")}</AttachedPolicies>` +
            `<IsTruncated>${isMore}</IsTruncated>${isMore ? `<Marker>${at + 1}</Marker>` : ""}`,
        );
      }
      case "GetPolicy":
        return get("PolicyArn") in cloud.managed
          ? xml(action, "<Policy><DefaultVersionId>v3</DefaultVersionId></Policy>")
          : error(action, 404, "NoSuchEntity");
      case "GetPolicyVersion":
        return xml(
          action,
          `<PolicyVersion>${
            element("Document", encodeURIComponent(JSON.stringify(cloud.managed[get("PolicyArn")])))
          }</PolicyVersion>`,
        );
      case "ListRolePolicies": {
        const members = Object.keys(cloud.inline).map((name) => element("member", name));
        return xml(
          action,
          `<PolicyNames>${members.join("")}</PolicyNames><IsTruncated>false</IsTruncated>`,
        );
      }
      case "GetRolePolicy":
        return xml(
          action,
          element(
            "PolicyDocument",
            encodeURIComponent(JSON.stringify(cloud.inline[get("PolicyName")])),
          ),
        );
      default:
        return error(action, 400, "InvalidAction");
    }
  };

  const object = (path: string, fields: Headers): Response => {
    const content = cloud.objects[path.slice(1)];
    // A role that may not list the bucket is not told what is missing.
    if (content === undefined) return error("GetObject", 403, "AccessDenied");
    const etag = `"${content.length.toString(16)}-${content.at(-8) ?? 0}-${content.at(-5) ?? 0}"`;
    if (fields.get("if-none-match") === etag) return new Response(null, { status: 304 });
    // Other clients first ask for these, by HEAD.
    const size = { "content-length": `${content.length}` };
    const time = { "last-modified": "Sun, 01 Nov 2026 00:00:00 GMT" };
    return new Response(content, { headers: { etag, ...time, ...size } });
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    cloud,
    calls,
    headers,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function describe({ instanceId, clientToken, tags, hopLimit = "1" }: FakeInstance): string {
  const items = Object.entries(tags).map(([key, value]) =>
    `<item>${element("key", key)}${element("value", value)}</item>`
  );
  return `<reservationSet><item><instancesSet><item>${element("instanceId", instanceId)}${
    element("clientToken", clientToken)
  }<tagSet>${items.join("")}</tagSet><metadataOptions><httpTokens>required</httpTokens>${
    element("httpPutResponseHopLimit", hopLimit)
  }</metadataOptions></item></instancesSet></item></reservationSet>`;
}

function element(name: string, text: string | undefined): string {
  if (text === undefined) return "";
  return `<${name}>${text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)}</${name}>`;
}

function isIam(action: string): boolean {
  return /Polic/.test(action) || action === "GetInstanceProfile";
}

function xml(action: string, content: string): Response {
  const inner = isIam(action) ? `<${action}Result>${content}</${action}Result>` : content;
  const text = `<?xml version="1.0"?><${action}Response xmlns="urn:x">${inner}</${action}Response>`;
  return new Response(text, { headers: { "content-type": "text/xml" } });
}

function error(action: string, status: number, code: string): Response {
  const inner = `<Code>${code}</Code><Message>no</Message>`;
  const text = action === "GetObject"
    ? `<Error>${inner}</Error>`
    : isIam(action)
    ? `<ErrorResponse><Error>${inner}</Error></ErrorResponse>`
    : `<Response><Errors><Error>${inner}</Error></Errors></Response>`;
  return new Response(text, { status });
}
