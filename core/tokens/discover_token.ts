/** Finds the bearer token of a user (WLCG Bearer Token Discovery 1.0). */
import { errorText } from "../errors.ts";
import { isToken, readTokenFile, type Token } from "./read_token.ts";

/** Where to look. */
export interface DiscoverOptions {
  env(name: string): string | undefined;
  /** The user whose token it is. */
  readonly uid: number;
  /** Where files are when `XDG_RUNTIME_DIR` is not set or has none; `/tmp` unless given. */
  readonly temporary?: string;
}

/** What was found. */
export interface Discovery {
  readonly token?: Token;
  /** The places looked at, and why they did not do, one line each. */
  readonly tried: readonly string[];
}

/**
 * Looks for a token in `BEARER_TOKEN`, in the file `BEARER_TOKEN_FILE`, then in `bt_u<uid>` in
 * `XDG_RUNTIME_DIR` and in `/tmp`. Anybody can put a file into `/tmp`: there it has to be a regular
 * file of the user that nobody else can read.
 */
export function discoverToken(options: DiscoverOptions): Discovery {
  const { env, uid, temporary = "/tmp" } = options;
  const tried: string[] = [];
  const given = env("BEARER_TOKEN")?.trim();
  if (given) {
    if (isToken(given)) return { token: { token: given, path: "$BEARER_TOKEN" }, tried };
    tried.push("BEARER_TOKEN is no token");
  } else tried.push("BEARER_TOKEN is not set");
  const named = env("BEARER_TOKEN_FILE");
  if (!named) tried.push("BEARER_TOKEN_FILE is not set");
  const runtime = env("XDG_RUNTIME_DIR");
  const places = [
    ...(named ? [{ path: named, isNamed: true }] : []),
    ...[...(runtime ? [runtime] : []), temporary].map((directory) => ({
      path: `${directory}/bt_u${uid}`,
      isNamed: false,
    })),
  ];
  for (const { path, isNamed } of places) {
    const why = isNamed ? undefined : strangeness(path, uid);
    if (why !== undefined) {
      tried.push(why);
      continue;
    }
    try {
      return { token: readTokenFile(path), tried };
    } catch (error) {
      tried.push(errorText(error));
    }
  }
  return { tried };
}

/** Why a file may be somebody else's doing, or seen by others. */
function strangeness(path: string, uid: number): string | undefined {
  let found;
  try {
    found = Deno.lstatSync(path);
  } catch {
    return `${path} is not there`;
  }
  if (!found.isFile) return `${path} is not a regular file`;
  if (found.uid !== uid) return `${path} belongs to user ${found.uid}`;
  const mode = (found.mode ?? 0) & 0o777;
  if ((mode & 0o077) !== 0) return `${path} has mode 0${mode.toString(8)}`;
  return undefined;
}
