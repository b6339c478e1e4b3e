/**
 * The credentials for a server: what the line of the map says, what the job's ad names, and what
 * users keep where every tool finds it, in this order.
 */
import type { ClassAd } from "../../classad/ad.ts";
import { errorText } from "../../errors.ts";
import { type ClientCertificate, readClientCertificate } from "../../http/client_certificate.ts";
import { readSmallFile, UnusableFile } from "../../std/small_file.ts";
import { discoverToken, readToken, readTokenFile, tokenFileName } from "../../tokens/mod.ts";
import { CleanupFailure } from "../failure.ts";
import type { StoreContext } from "../store.ts";
import { expandUser } from "../user_path.ts";
import { netrcLogin } from "./http_netrc.ts";
import type { Destination } from "./http_target.ts";

/** Largest file of passwords, in bytes. */
const LARGEST_PASSWORDS = 1 << 20;

/** What the line of the map says of credentials. */
export interface CredentialOptions {
  readonly tokenFile: string | undefined;
  /** The file; `~/.netrc` for the switch. */
  readonly netrc: string | undefined;
  readonly clientCert: string | undefined;
  readonly overHttp: boolean;
}

/** What requests to a server carry. */
export interface Credentials {
  /** Value of the `Authorization` field. */
  readonly authorization: string | undefined;
  readonly certificate: ClientCertificate | undefined;
  /** The places looked at, for a server that wants more than was found. */
  readonly tried: readonly string[];
}

/** Whom the credentials are for, and whose they are. */
export interface CredentialQuestion {
  readonly destination: Destination;
  readonly options: CredentialOptions;
  readonly context: StoreContext;
  /** The user it runs as. */
  readonly uid: number;
}

/**
 * Finds the credentials for a destination; that there are none is for the server to judge.
 *
 * @throws {CleanupFailure} `Credentials`, when what the map names cannot be used
 */
export async function findCredentials(question: CredentialQuestion): Promise<Credentials> {
  return await new Search(question).run();
}

class Search {
  readonly #question: CredentialQuestion;
  readonly #tried: string[] = [];
  #ad: Promise<ClassAd | undefined> | undefined;

  constructor(question: CredentialQuestion) {
    this.#question = question;
  }

  async run(): Promise<Credentials> {
    const { destination, options, context } = this.#question;
    const isPlain = destination.server.protocol === "http:";
    if (isPlain && !options.overHttp) {
      this.#tried.push("nothing is sent over plain http without -token-over-http");
      return { authorization: undefined, certificate: undefined, tried: this.#tried };
    }
    const authorization = await this.#authorization();
    const certificate = isPlain ? undefined : await this.#certificate();
    if (authorization !== undefined) context.verbose(`Authorization from ${authorization.source}`);
    return { authorization: authorization?.value, certificate, tried: this.#tried };
  }

  async #authorization(): Promise<{ value: string; source: string } | undefined> {
    const { destination, options, context, uid } = this.#question;
    const { credential, userInfo, server } = destination;
    const bearer = (token: string, source: string) => ({ value: `Bearer ${token}`, source });
    if (options.tokenFile !== undefined) {
      const path = this.#expand(options.tokenFile, "token-file");
      return bearer(this.#mustRead(() => readTokenFile(path).token, "-token-file"), path);
    }
    if (options.netrc !== undefined) {
      const path = this.#expand(options.netrc, "netrc");
      const login = this.#mustRead(
        () => netrcLogin(readPrivate(path, uid), server.hostname),
        "-netrc",
      );
      if (login !== undefined) return { value: basic(login), source: path };
      this.#tried.push(`${path} has no login for ${server.hostname}`);
    }
    if (userInfo !== undefined) return { value: basic(userInfo), source: "the destination's URL" };
    if (credential !== undefined && context.env("_CONDOR_CREDS")) {
      const found = this.#mayRead(() => readToken(credential, context.env));
      if (found !== undefined) return bearer(found.token, found.path);
    }
    // A certificate of the map's choice needs no token beside it, and no ad to be asked for.
    if (options.clientCert !== undefined) return undefined;
    const named = (await this.#jobAd())?.getString("ScitokensFile");
    if (named?.startsWith("/")) {
      const found = this.#mayRead(() => readTokenFile(named));
      if (found !== undefined) return bearer(found.token, found.path);
    }
    const { token, tried } = discoverToken({ env: context.env, uid });
    this.#tried.push(...tried);
    return token === undefined ? undefined : bearer(token.token, token.path);
  }

  async #certificate(): Promise<ClientCertificate | undefined> {
    const { options, context } = this.#question;
    if (options.clientCert !== undefined) {
      const path = this.#expand(options.clientCert, "client-cert");
      return this.#mustRead(() => readClientCertificate(path), "-client-cert");
    }
    // With credentials of the map's choice the ad is not asked for.
    if (options.tokenFile === undefined && options.netrc === undefined) {
      const proxy = (await this.#jobAd())?.getString("x509userproxy");
      const found = proxy?.startsWith("/")
        ? this.#mayRead(() => readClientCertificate(proxy))
        : undefined;
      if (found !== undefined) return found;
    }
    const own = context.env("X509_USER_PROXY");
    if (!own) this.#tried.push("X509_USER_PROXY is not set");
    return own ? this.#mayRead(() => readClientCertificate(own)) : undefined;
  }

  /** The job's ad, noted when it has nothing to say. */
  #jobAd(): Promise<ClassAd | undefined> {
    return this.#ad ??= this.#question.context.jobAd().then((ad) => {
      if (ad === undefined) this.#tried.push("there is no job ad");
      for (const name of ["ScitokensFile", "x509userproxy"]) {
        if (ad !== undefined && ad.getString(name) === undefined) {
          this.#tried.push(`the job's ad has no ${name}`);
        }
      }
      return ad;
    });
  }

  /** A path with the user's home for `~`, name for `%u`, and the credential's name for `%n`. */
  #expand(path: string, option: string): string {
    const { context: { user }, destination: { credential } } = this.#question;
    if (path.includes("%n") && credential === undefined) {
      throw new CleanupFailure(
        "Credentials",
        `Cannot use -${option} "${path}": the URL's scheme names no credential`,
      );
    }
    const named = path.replaceAll("%n", () => tokenFileName(credential!).replace(/\.use$/, ""));
    return expandUser(named, { option, user });
  }

  #mustRead<T>(read: () => T, option: string): T {
    try {
      return read();
    } catch (error) {
      throw new CleanupFailure("Credentials", `Cannot use ${option}: ${errorText(error)}`);
    }
  }

  #mayRead<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.#tried.push(errorText(error));
      return undefined;
    }
  }
}

function basic(login: string): string {
  return `Basic ${new TextEncoder().encode(login).toBase64()}`;
}

/** Reads a file of passwords, which must be the user's alone. */
function readPrivate(path: string, user: number): string {
  const objection = ({ uid, mode }: Deno.FileInfo) => {
    if (uid !== user && uid !== 0) return `it belongs to user ${uid}`;
    const open = ((mode ?? 0) & 0o077) !== 0;
    return open ? `it has mode 0${((mode ?? 0) & 0o777).toString(8)}` : undefined;
  };
  try {
    return readSmallFile(path, { limit: LARGEST_PASSWORDS, objection });
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error;
    throw new Error(`"${path}" cannot be read: ${error.message}`);
  }
}
