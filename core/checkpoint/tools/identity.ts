/** Whose rights a clean-up has: those of the directory's owner, never more. */
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
  /** Plug-ins that are not ours may be started. */
  readonly allowForeign: boolean;
}

/**
 * Becomes the owner of a clean-up directory when run by root.
 *
 * @param path the directory, or a file in it
 * @param options.asRoot stay root
 * @throws {Error} when the owner has no account, or the path is a symbolic link
 */
export async function becomeOwner(
  path: string,
  { asRoot }: { asRoot: boolean },
): Promise<Identity> {
  const me = effectiveUser();
  if (me !== 0 || asRoot) return { user: accountById(me), allowForeign: true };
  const status = await Deno.lstat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (status === undefined) return { user: accountById(0), allowForeign: false };
  if (status.isSymlink) throw new Error(`Cannot clean up "${path}": it is a symbolic link`);
  const uid = status.uid ?? 0;
  if (uid === 0) return { user: accountById(0), allowForeign: false };
  const account = accountById(uid);
  if (account === undefined) {
    throw new Error(`Cannot clean up "${path}": its owner, user ${uid}, has no account`);
  }
  becomeUser(account);
  return { user: account, allowForeign: true };
}
