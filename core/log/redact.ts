/**
 * Nothing secret leaves through a text: every line of a log and every message for a job's owner
 * passes here. Wrongly hidden words cost little, a shown token costs a credential, so each rule
 * leans to hiding. Every pattern has a fixed start and bounded repeats before its first literal,
 * which keeps the time linear in the length of the text.
 */

const HIDDEN = "...";

/** Schemes whose parsers accept any number of slashes, of either kind, before the authority. */
const LENIENT = String.raw`(?:https?|ftps?|davs?|wss?|s3|gs)`;

const URL_IN_TEXT = new RegExp(
  String.raw`(?:[a-z][a-z0-9+.-]{0,31}:)?//[^\s"<>]+|\b${LENIENT}:[^\s"<>]+|\bdata:[^\s"<>]+`,
  "gi",
);

/** Header values reach to the end of their line, folded lines (RFC 9112, 5.2) included. */
const HEADER =
  /\b((?:proxy-)?authorization|(?:set-)?cookie2?)(["']?[ \t]{0,8}[:=])[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/gi;

const SCHEME_AND_TOKEN =
  /\b(bearer|basic|negotiate)(\s{1,8})(?!(?:tokens?|auth\w{0,20}|credentials?)\b)[^\s"',;]+/gi;

/** Three base64url parts that begin with an object, and what a macaroon begins with. */
const TOKEN_SHAPE = /(?:eyJ[\w-]{8}|MDAx[\w-]{16})[\w-]*(?:\.[\w-]*){0,4}/g;

const QUERY_IN_TEXT = /\?[\w.%~+[\]-]{1,80}=[^\s"]*/g;

const LONG_NAMES =
  "signature|token|authz|credential|passw(?:or)?d|passphrase|secret|access_?key|api_?key";
const VALUE = String.raw`("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s"]+)`;

/** `name=value`: always hidden. */
const ASSIGNED = new RegExp(
  String
    .raw`((?:(?:${LONG_NAMES})[\w.-]{0,40}|(?<![a-z])(?:sig|code)|key|pwd)["']?\s{0,8}(?:=|%3d)\s{0,8})${VALUE}`,
  "gi",
);

/** `name: value`: also ordinary prose, so the value is looked at first. */
const COLON = new RegExp(
  String.raw`((${LONG_NAMES})[\w.-]{0,40}(["']?)\s{0,8}:\s{0,8})${VALUE}`,
  "gi",
);

/** Characters that could forge a line, move a cursor or reverse the reading direction. */
const UNPRINTABLE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * A text in one line, without its secrets: credentials in URLs and headers, bearer tokens, values of
 * names that speak of keys. Never throws.
 *
 * ```ts
 * import { redact } from "./redact.ts";
 * redact("PUT https://u:p@h.example/f?sig=1: 403"); // "PUT https://h.example/f?... 403"
 * ```
 */
export function redact(text: string): string {
  return String(text).toWellFormed()
    .replace(HEADER, `$1$2 ${HIDDEN}`)
    .replace(UNPRINTABLE, " ")
    .replace(URL_IN_TEXT, redactUrl)
    .replace(QUERY_IN_TEXT, `?${HIDDEN}`)
    .replace(SCHEME_AND_TOKEN, `$1$2${HIDDEN}`)
    .replace(TOKEN_SHAPE, HIDDEN)
    .replace(ASSIGNED, `$1${HIDDEN}`)
    .replace(
      COLON,
      (all: string, start: string, name: string, quote: string, value: string) =>
        isSecretValue(name, quote, value) ? start + HIDDEN : all,
    );
}

/**
 * A URL fit for a message: user information is left out, query and fragment are shown as `?...` and
 * `#...`, the content of a `data:` URL as `...`. Takes any text and never throws.
 */
export function redactUrl(url: string): string {
  const text = String(url).toWellFormed().replace(UNPRINTABLE, " ");
  const data = /^\s*data:([^,;]{0,80})/i.exec(text);
  if (data !== null) return `data:${data[1]},${HIDDEN}`;
  const end = text.search(/[?#]/);
  const place = end < 0 ? text : text.slice(0, end);
  return withoutUser(place) + (end < 0 ? "" : `${text[end]}${HIDDEN}`);
}

const AUTHORITY = new RegExp(
  String.raw`^(\s*(?:${LENIENT}:[/\\]*|(?:[a-z][a-z0-9+.-]{0,31}:)?[/\\]{2}))([^/\\]*)`,
  "i",
);

function withoutUser(place: string): string {
  const match = AUTHORITY.exec(place);
  if (match === null) return place;
  const start = match[1]!;
  const authority = match[2]!;
  const rest = place.slice(match[0].length);
  const at = authority.lastIndexOf("@");
  if (at >= 0) return start + authority.slice(at + 1) + withoutInnerUsers(rest);
  // A URL in a sentence may be followed by quotes and brackets.
  if (
    /:\d{1,5}[')\],.;]{1,4}$/.test(authority) &&
    !/[:@]/.test(rest + authority.slice(0, authority.lastIndexOf(":")))
  ) {
    return start + authority + rest;
  }
  // A password with a slash in it ends the authority early: what looks like a port is no number.
  if (!/^[^:]*(?::\d{0,5})?$|^\[[\da-f:.%]*\](?::\d{0,5})?$/i.test(authority)) {
    return `${start}${HIDDEN}${rest.slice(rest.lastIndexOf("@") + 1)}`;
  }
  return start + authority + withoutInnerUsers(rest);
}

/** Caches and proxies are asked for paths that hold a whole URL of the origin. */
function withoutInnerUsers(path: string): string {
  let before = "the host";
  return path.split(/([/\\])/).map((part, i) => {
    if (i % 2 === 1 || i === 0) return part;
    const at = part.lastIndexOf("@");
    const hasUser = at >= 0 && (before === "" || part.lastIndexOf(":", at) >= 0);
    before = part;
    return hasUser ? part.slice(at + 1) : part;
  }).join("");
}

function isSecretValue(name: string, quote: string, value: string): boolean {
  if (/^(?:pass|secret)/i.test(name)) return true;
  if (quote !== "" && /^["']/.test(value)) return true;
  return value.length >= 24 || (value.length >= 12 && /\d/.test(value));
}
