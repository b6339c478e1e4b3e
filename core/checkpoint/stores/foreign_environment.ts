/** The environment that plug-ins of others get. */

/**
 * What HTCondor's daemons leave in the environment of their tools for themselves: session secrets
 * and addresses, and what systemd gave the master.
 */
const DAEMONS_OWN =
  /^(CONDOR_PRIVATE_.*|CONDOR_INHERIT|CONDOR_PARENT_ID|CONDOR_PROCD_ADDRESS.*|_CONDOR_ANCESTOR_.*|NOTIFY_SOCKET|LISTEN_(FDS|PID|FDNAMES)|WATCHDOG_(USEC|PID)|INVOCATION_ID|CREDENTIALS_DIRECTORY)$/i;

/**
 * The environment for a plug-in: this process's own without what belongs to the daemons that
 * started it, and with the names of the user that it runs as, which daemons leave out or get wrong.
 *
 * @param inherited this process's environment
 */
export function environmentFor(
  inherited: Readonly<Record<string, string>>,
  user: { readonly name: string; readonly home: string } | undefined,
): Record<string, string> {
  const kept = Object.entries(inherited).filter(([name]) => !DAEMONS_OWN.test(name));
  return {
    ...Object.fromEntries(kept),
    ...(user === undefined ? {} : { HOME: user.home, USER: user.name, LOGNAME: user.name }),
  };
}
