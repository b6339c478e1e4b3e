/**
 * A stand-in for EC2's instance metadata service: session tokens that expire, both versions, error
 * pages as the service writes them, JSON spelled in two ways, IPv4 and IPv6.
 */
import { urlHost } from "./process.ts";

/** What the service answers. */
export interface ImdsPlan {
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** @default {0} */
  readonly port?: number;
  /** `absent` knows no tokens at all. @default {"optional"} */
  version?: "optional" | "required" | "absent";
  /** Switched off for the instance: everything is 403. */
  isOff?: boolean;
  /** Seconds that tokens last at most, whatever is asked for. @default {21600} */
  tokenTtl?: number;
  /** Milliseconds since the epoch; tokens expire by it. */
  now?: () => number;
  /** Items by their paths below `/latest/`; directories are made of them. */
  items: Record<string, string>;
  /** Answers instead, when it returns something. */
  interfere?: (request: ImdsRequest) => Response | undefined | Promise<Response | undefined>;
}

/** A request as it came. */
export interface ImdsRequest {
  readonly method: string;
  /** With `/latest/`. */
  readonly path: string;
  /** Empty for a request without. */
  readonly token: string;
  readonly headers: Headers;
}

/** The running service. */
export interface Imds extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`. */
  readonly origin: string;
  readonly requests: readonly ImdsRequest[];
  /** May be changed at any time. */
  readonly plan: ImdsPlan;
  /** Makes all tokens expire at once. */
  expireTokens(): void;
}

const LONGEST_TTL = 21_600;

const STATUS_TEXT: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
};

/** Starts the service. */
export function startImds(plan: ImdsPlan): Imds {
  const requests: ImdsRequest[] = [];
  /** Ends of life, in milliseconds since the epoch. */
  const tokens = new Map<string, number>();
  const now = () => plan.now?.() ?? Date.now();

  const giveToken = (headers: Headers): Response => {
    const wanted = headers.get("x-aws-ec2-metadata-token-ttl-seconds") ?? "";
    if (plan.version === "absent") return page(404);
    if (headers.has("x-forwarded-for")) return page(403);
    if (!/^\d{1,5}$/.test(wanted) || +wanted < 1 || +wanted > LONGEST_TTL) return page(400);
    const ttl = Math.min(Number(wanted), plan.tokenTtl ?? LONGEST_TTL);
    // 42 bytes are the 56 characters that the service's own have.
    const token = `${crypto.getRandomValues(new Uint8Array(42)).toBase64()}`;
    tokens.set(token, now() + ttl * 1000);
    return new Response(token, {
      headers: {
        "content-type": "text/plain",
        server: "EC2ws",
        "x-aws-ec2-metadata-token-ttl-seconds": `${ttl}`,
      },
    });
  };

  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const seen: ImdsRequest = {
      method: request.method,
      path: decodeURI(url.pathname),
      token: request.headers.get("x-aws-ec2-metadata-token") ?? "",
      headers: request.headers,
    };
    requests.push(seen);
    const other = await plan.interfere?.(seen);
    if (other !== undefined) return other;
    if (plan.isOff) return page(403);
    if (seen.path === "/latest/api/token") {
      return seen.method === "PUT" ? giveToken(seen.headers) : page(405);
    }
    if (seen.method !== "GET") return page(405);
    if (seen.token === "" ? plan.version === "required" : (tokens.get(seen.token) ?? 0) <= now()) {
      // The oldest kind of service does not look at the header.
      if (plan.version !== "absent") return page(401);
    }
    const text = find(plan.items, seen.path);
    return text === undefined ? page(404) : new Response(text, {
      headers: {
        "content-type": /^\s*\{/.test(text) ? "application/json" : "text/plain",
        server: "EC2ws",
      },
    });
  };

  const hostname = plan.hostname ?? "127.0.0.1";
  const server = Deno.serve({ hostname, port: plan.port ?? 0, onListen: () => {} }, answer);
  return {
    origin: `http://${urlHost(hostname)}:${server.addr.port}`,
    requests,
    plan,
    expireTokens: () => tokens.clear(),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** An item, or the names in a directory; with and without a slash at the end. */
function find(items: Readonly<Record<string, string>>, target: string): string | undefined {
  const path = target.replace(/^\/latest\//, "").replace(/\/$/, "");
  if (Object.hasOwn(items, path)) return items[path];
  const prefix = `${path}/`;
  const names = new Set<string>();
  for (const item of Object.keys(items)) {
    if (!item.startsWith(prefix)) continue;
    const [name, ...more] = item.slice(prefix.length).split("/");
    names.add(more.length > 0 && !isLeafDirectory(prefix) ? `${name}/` : name!);
  }
  return names.size === 0 ? undefined : [...names].sort().join("\n");
}

/** Where the service lists names without a slash although there is more below. */
function isLeafDirectory(prefix: string): boolean {
  return prefix.endsWith("security-credentials/");
}

/** The page that the service sends with every status but 200. */
export function page(status: number): Response {
  const title = `${status} - ${STATUS_TEXT[status] ?? "Error"}`;
  const text = `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
\t"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>${title}</title>
 </head>
 <body>
  <h1>${title}</h1>
 </body>
</html>
`;
  return new Response(text, { status, headers: { "content-type": "text/html", server: "EC2ws" } });
}

/** JSON as the service prints it: a key to a line and ` : ` after it; or as anybody else does. */
export function imdsJson(value: Readonly<Record<string, unknown>>, isCompact = false): string {
  if (isCompact) return JSON.stringify(value);
  const lines = Object.entries(value).map(([key, one]) => `  "${key}" : ${JSON.stringify(one)}`);
  return `{\n${lines.join(",\n")}\n}`;
}

/** An instance, as its items describe it. */
export interface ImdsInstance {
  readonly instanceId?: string;
  /** Empty for none. */
  readonly publicIp?: string;
  readonly region?: string;
  /** @default {"aws"} */
  readonly partition?: "aws" | "aws-cn";
  readonly accountId?: string;
  readonly lifeCycle?: string;
  /** No role without. */
  readonly role?: ImdsRole | undefined;
  readonly annexTag?: string;
  readonly isCompact?: boolean;
}

/** A role and its credentials. */
export interface ImdsRole {
  readonly name: string;
  readonly profile?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly token: string;
  /** RFC 3339; 2100 unless given. */
  readonly expiration?: string;
}

/** The items of an instance. */
export function imdsItems(instance: ImdsInstance = {}): Record<string, string> {
  const {
    instanceId = "i-0123456789abcdef0",
    publicIp = "54.214.160.173",
    region = "us-east-1",
    partition = "aws",
    accountId = "123456789012",
    lifeCycle = "on-demand",
    isCompact = false,
    role,
    annexTag,
  } = instance;
  const json = (value: Record<string, unknown>) => imdsJson(value, isCompact);
  return {
    "meta-data/instance-id": instanceId,
    ...(publicIp !== "" && { "meta-data/public-ipv4": publicIp }),
    "meta-data/placement/availability-zone": `${region}a`,
    "meta-data/placement/region": region,
    "meta-data/services/domain": partition === "aws" ? "amazonaws.com" : "amazonaws.com.cn",
    "meta-data/services/partition": partition,
    "meta-data/instance-life-cycle": lifeCycle,
    ...(annexTag !== undefined && { "meta-data/tags/instance/htcondor:AnnexName": annexTag }),
    "dynamic/instance-identity/document": json({
      accountId,
      architecture: "x86_64",
      availabilityZone: `${region}a`,
      billingProducts: null,
      imageId: "ami-0abcdef1234567890",
      instanceId,
      instanceType: "m5.large",
      kernelId: null,
      pendingTime: "2026-11-01T00:00:00Z",
      privateIp: "10.0.0.7",
      ramdiskId: null,
      region,
      version: "2017-09-30",
    }),
    ...(role && {
      "meta-data/iam/info": json({
        Code: "Success",
        LastUpdated: "2026-11-01T00:00:00Z",
        InstanceProfileArn: `arn:${partition}:iam::${accountId}:instance-profile/${
          role.profile ?? "prof"
        }`,
        InstanceProfileId: "AIPAEXAMPLEEXAMPLE123",
      }),
      [`meta-data/iam/security-credentials/${role.name}`]: json({
        Code: "Success",
        LastUpdated: "2026-11-01T00:00:00Z",
        Type: "AWS-HMAC",
        AccessKeyId: role.accessKeyId,
        SecretAccessKey: role.secretAccessKey,
        Token: role.token,
        Expiration: role.expiration ?? "2100-01-01T00:00:00Z",
      }),
    }),
  };
}
