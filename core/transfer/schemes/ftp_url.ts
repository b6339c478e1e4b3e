/**
 * `ftp://[user[:password]@]host[:port]/directory/…/name[;type=a|i]` (RFC 1738, section 3.2).
 *
 * Each component is one `CWD`, relative to where the login leads; `%2F` and a double slash lead to
 * the root. `?` and `#` are parts of names: HTCondor appends names of outputs as they are.
 */
import {
  authorityOf,
  decodeText,
  parseTransferUrl,
  serverOf,
  urlRejected,
  userInfoOf,
} from "../url.ts";

/** A file on an FTP server. */
export interface FtpTarget {
  /** `ftp://host:port/`: where to connect. */
  readonly url: URL;
  /** `host:port` as the URL gives it. */
  readonly server: string;
  readonly user: string;
  readonly password: string;
  /** Directories to change to, one after the other. */
  readonly directories: readonly string[];
  readonly name: string;
  /** Whether the file is text whose line ends are to be converted. */
  readonly ascii: boolean;
}

/**
 * Reads an `ftp` URL.
 *
 * @throws {TransferFailure} Parameter, when it does not name a file
 */
export function parseFtpUrl(text: string): FtpTarget {
  const parsed = parseTransferUrl(text);
  const { host, port } = authorityOf(parsed);
  const place = `ftp://${host}:${port}/`;
  if (!URL.canParse(place)) throw urlRejected("Bad hostname");
  const { user, password } = userInfoOf(parsed) ??
    { user: "anonymous", password: "ftp@example.com" };
  refuseControls(user, "Bad user");
  refuseControls(password, "Bad password");
  const whole = parsed.rest.slice(/^[^/?#]*/.exec(parsed.rest)![0].length);
  const type = /;type=([^/]*)$/i.exec(whole);
  const path = type ? whole.slice(0, type.index) : whole;
  if (type && !/^[ai]$/i.test(type[1]!)) throw urlRejected("Bad path");
  const components = path.replace(/^\//, "").split("/").map((each) => decode(each));
  const name = components.pop()!;
  if (name === "") throw urlRejected("Bad path");
  return {
    url: new URL(place),
    server: serverOf(parsed)!,
    user,
    password,
    directories: components.flatMap((each, i) => each !== "" ? [each] : i === 0 ? ["/"] : []),
    name,
    ascii: type?.[1]?.toLowerCase() === "a",
  };
}

function decode(component: string): string {
  return refuseControls(decodeText(component, "Bad path"), "Bad path");
}

/** A line end would begin another command. */
function refuseControls(text: string, reason: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(text)) throw urlRejected(reason);
  return text;
}
