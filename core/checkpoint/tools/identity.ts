/** Whose rights a clean-up has: those of the directory's owner, never more. */
import { dirname } from "@std/path";
import { quote } from "../location.ts";
import {
  type Account,
  accountById,
  becomeUser,
  effectiveUser,
  keepDescriptors,
  unblockSignals,
} from "../../posix/mod.ts";

/** Puts right what HTCondor's daemons leave their tools with: blocked signals, open sockets. */
export function settleIn(): void {
  unblockSignals();
  keepDescriptors();
}

/** Who a clean-up runs as, and what it may therefore do. */
export interface Identity {
  readonly user: Account | undefined;
  /** It was root and is somebody else now. */
  readonly hasChanged: boolean;
  /** Plug-ins that are not ours may be started. */
  readonly allowForeign: boolean;
}

/**
 * Becomes the owner of a clean-up directory when run by root.
 *
 * @param path the directory, or a file in it; where there is none, the directory it would be in counts
 * @param options.asRoot stay root
 * @throws {Error} when the owner has no account, or the path is a symbolic link
 */
export async function becomeOwner(
  path: string,
  { asRoot }: { asRoot: boolean },
): Promise<Identity> {
  const me = effectiveUser();
  if (me !== 0 || asRoot) return { user: accountById(me), hasChanged: false, allowForeign: true };
  const uid = await ownerOf(path);
  if (uid === 0) return { user: accountById(0), hasChanged: false, allowForeign: false };
  const account = accountById(uid);
  if (account === undefined) {
    throw new Error(`Cannot clean up ${quote(path)}: its owner, user ${uid}, has no account`);
  }
  becomeUser(account);
  return { user: account, hasChanged: true, allowForeign: true };
}

async function ownerOf(path: string): Promise<number> {
  for (let place = path;; place = dirname(place)) {
    try {
      const status = await (place === path ? Deno.lstat(place) : Deno.stat(place));
      if (!status.isSymlink) return status.uid ?? 0;
    } catch (error) {
      // Whoever may make it there must not gain anything by that.
      if (error instanceof Deno.errors.NotFound && place !== dirname(place)) continue;
      throw error;
    }
    throw new Error(`Cannot clean up ${quote(path)}: it is a symbolic link`);
  }
}
