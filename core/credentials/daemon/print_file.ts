/** Files of the set-up without a daemon: systemd units that run `-once` now and then. */

/**
 * Paths that a unit can take as they are.
 *
 * @see systemd.syntax(7)
 */
const PLAIN = /^\/[\w./+@-]+$/;

/**
 * The files by name.
 *
 * @param executable absolute path of the program that they start
 * @throws {Error} for a path that would have to be quoted
 */
export function setupFiles(executable: string): ReadonlyMap<string, string> {
  if (!PLAIN.test(executable)) {
    throw new Error(`Cannot name ${JSON.stringify(executable)} in a file of the set-up: move it`);
  }
  // The executable may be one of many roles.
  return new Map([
    ["condor-credmon-local.service", service(`${executable} condor_credmon_local -once`)],
    ["condor-credmon-local.timer", TIMER],
  ]);
}

const service = (command: string) =>
  `[Unit]
Description=Make the SciTokens of HTCondor's users anew
Documentation=man:condor_credmon_local(1)
After=local-fs.target

[Service]
Type=oneshot
ExecStart=${command}
UMask=0077
NoNewPrivileges=yes
ProtectHome=read-only
PrivateTmp=yes
# A daemon looks after the directory just now.
SuccessExitStatus=75
`;

const TIMER = `[Unit]
Description=Make the SciTokens of HTCondor's users anew, every five minutes
Documentation=man:condor_credmon_local(1)

[Timer]
OnBootSec=1min
OnUnitInactiveSec=5min

[Install]
WantedBy=timers.target
`;
