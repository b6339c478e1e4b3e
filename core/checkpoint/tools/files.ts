/** Files of the set-up that are not programs. */

const SERVICE = `[Unit]
Description=Clean up checkpoints that HTCondor left
Documentation=man:condor_manifest(1)
After=network-online.target remote-fs.target condor.service
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/condor_manifest sweep -older-than 5m
Nice=10
IOSchedulingClass=idle
# No PrivateTmp, ProtectHome, ProtectSystem or NoNewPrivileges: the work is done as the users whose
# jobs they were, who need their proxies and tokens in /tmp and keys in their homes, with plug-ins
# of the site, at SPOOL and destinations wherever these lie.
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

const PREEN = `#!/bin/sh
# condor_preen with a retry of checkpoint clean-ups that works. In HTCondor's configuration:
#   PREEN = $(LIBEXEC)/condor_preen_with_sweep
# PREEN_ARGS stays as it is. Where the timer runs, this is not needed.
/usr/bin/condor_manifest sweep -older-than 5m
exec /usr/sbin/condor_preen "$@"
`;

/** The files by name, as `print-file` prints them. */
export const SETUP_FILES: ReadonlyMap<string, string> = new Map([
  ["condor-manifest-sweep.service", SERVICE],
  ["condor-manifest-sweep.timer", TIMER],
  ["condor_preen_with_sweep", PREEN],
]);
