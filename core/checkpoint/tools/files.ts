/** Files of the set-up that are not programs. */

/**
 * Paths that a unit, a shell script and a person can take as they are.
 *
 * @see systemd.syntax(7)
 */
const PLAIN = /^\/[\w./+@-]+$/;

/**
 * The files by name, as `print-file` prints them.
 *
 * @param executable absolute path of the program that they start
 * @throws {Error} for a path that would have to be quoted
 */
export function setupFiles(executable: string): ReadonlyMap<string, string> {
  if (!PLAIN.test(executable)) {
    throw new Error(`Cannot name ${JSON.stringify(executable)} in a file of the set-up: move it`);
  }
  // The executable may be one of many roles.
  const sweep = `${executable} condor_manifest sweep -older-than 5m`;
  return new Map([
    ["condor-manifest-sweep.service", service(sweep)],
    ["condor-manifest-sweep.timer", TIMER],
    ["condor_preen_with_sweep", preen(sweep)],
  ]);
}

// Not confined: the work is that of users. Their tokens, proxies and agents lie in /tmp and in their
// homes, SPOOL and destinations anywhere, and a plug-in may need a program that changes users.
const service = (sweep: string) =>
  `[Unit]
Description=Clean up checkpoints that HTCondor left
Documentation=man:condor_manifest(1)
After=network-online.target remote-fs.target condor.service
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=${sweep}
Nice=10
IOSchedulingClass=idle
# What is left over is no failure of the service: see "condor_manifest status".
SuccessExitStatus=1
`;

const TIMER = `[Unit]
Description=Clean up checkpoints that HTCondor left, every quarter of an hour
Documentation=man:condor_manifest(1)

[Timer]
OnBootSec=10min
OnUnitInactiveSec=15min
RandomizedDelaySec=1min

[Install]
WantedBy=timers.target
`;

const preen = (sweep: string) =>
  `#!/bin/sh
# condor_preen with a retry of checkpoint clean-ups that works. In HTCondor's configuration:
#   PREEN = $(LIBEXEC)/condor_preen_with_sweep
# Where the timer runs, this is not needed.
${sweep}
exec /usr/sbin/condor_preen "$@"
`;
