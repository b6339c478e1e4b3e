/** Units of systemd (systemd.unit(5), systemd.service(5), systemd.exec(5)). */

import { EXECUTABLE } from "./places.ts";

const MANUAL = "Documentation=man:condor-annex-ec2(1)";

/** What none of the services needs. */
const CONFINED = `\
NoNewPrivileges=no
UMask=0077
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK`;

/**
 * The boot: before HTCondor, and only on EC2. No name space of file systems of its own, as
 * `PrivateTmp=` or `ProtectHome=` would make one: what is mounted in it, the local disk, would be
 * mounted for nobody else (systemd.exec(5), "MountFlags=").
 */
export const BOOT_UNIT = `\
[Unit]
Description=Configure HTCondor as an annex instance on EC2
${MANUAL}
Wants=condor.service network-online.target
Requires=condor-annex-firewall.service
After=network-online.target nslcd.service sssd.service time-sync.target remote-fs.client.target
After=autofs.service condor-annex-firewall.service
Before=condor.service

[Service]
Type=oneshot
RemainAfterExit=yes
# An archive may be waited for for 50 minutes.
TimeoutSec=0
# Elsewhere than on EC2 the unit is skipped, and has not failed.
ExecCondition=${EXECUTABLE} is-ec2
ExecStart=${EXECUTABLE} start --boot
# Local disks are mounted here, which nobody else would see if this had a /tmp of its own.
${CONFINED}

[Install]
WantedBy=multi-user.target
`;

/** The firewall: as soon as there are rules of others that could remove its own. */
export const FIREWALL_UNIT = `\
[Unit]
Description=Keep jobs from EC2's metadata service
${MANUAL}
DefaultDependencies=no
After=local-fs.target systemd-sysctl.service nftables.service firewalld.service
After=iptables.service ip6tables.service netfilter-persistent.service
Before=network.target condor.service docker.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
# Does nothing, and well, elsewhere than on EC2: HTCondor requires this unit.
ExecStart=${EXECUTABLE} firewall --boot
${CONFINED}
ProtectHome=yes

[Install]
WantedBy=multi-user.target
`;

/** The watcher: HTCondor's tools tell the daemons who they are by a file in the common `/tmp`. */
export const SPOT_WATCH_UNIT = `\
[Unit]
Description=Vacate jobs before EC2 takes a Spot instance back
${MANUAL}
After=condor-annex-ec2.service condor.service

[Service]
Type=exec
ExecCondition=${EXECUTABLE} is-ec2
ExecStart=${EXECUTABLE} spot-watch --boot
Restart=on-failure
RestartSec=10
${CONFINED}
# No /tmp of its own: HTCondor's tools prove there who they are (authentication method FS).
ProtectHome=yes

[Install]
WantedBy=multi-user.target
`;

/** HTCondor's own unit: never without the firewall, and not before the boot has ended. */
export const CONDOR_DROP_IN = `\
[Unit]
Requires=condor-annex-firewall.service
After=condor-annex-firewall.service condor-annex-ec2.service
`;
