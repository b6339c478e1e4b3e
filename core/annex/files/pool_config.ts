/** `50ec2.config`: what HTCondor does on an annex instance. */

import { SHUTDOWN_SCRIPT } from "./places.ts";

/**
 * Its text. It is read after the archive's settings (`00ec2-dynamic.config`) and the instance's own
 * (`49ec2-instance.config`), so that what the archive may decide must not simply be set here.
 *
 * @see HTCondor manual, "Configuration Macros"; and "Macros That Will Require a Restart When Changed"
 */
export const POOL_CONFIG_TEXT = `\
# What HTCondor does on an annex instance in EC2.
#
# EC2PublicIP, EC2InstanceID and the Cloud... attributes are in 49ec2-instance.config, which
# condor-annex-ec2 writes at every boot. The pool, its tokens and the time after which an idle
# instance ends come with the annex's archive (00ec2-dynamic.config).

# needed: an instance runs jobs, and nothing else.
DAEMON_LIST = MASTER STARTD

# optional: which instance it is, in the ads of the startd and of the master.
QuotedEC2PublicIP = "$(EC2PublicIP)"
STARTD_ATTRS = $(STARTD_ATTRS) QuotedEC2PublicIP EC2InstanceID
MASTER_ATTRS = $(MASTER_ATTRS) EC2InstanceID

# needed: the public address leads to the instance, which itself does not know it. Empty, and so as if
# not set, where there is none.
TCP_FORWARDING_HOST = $(EC2PublicIP)

# needed: the master ends after its startd has, as one does that had no work for a while; but not in
# its first minute, when the startd is not there yet.
MASTER.DAEMON_SHUTDOWN_FAST = (STARTD_StartTime == 0) && (time() - DaemonStartTime > 60)

# needed: the master's end is the instance's.
DEFAULT_MASTER_SHUTDOWN_SCRIPT = ${SHUTDOWN_SCRIPT}

# needed where no archive says for how long an instance may be idle, in seconds; 0, HTCondor's
# own default, is for ever. An annex's archive always says it.
if ! defined AnnexName
  if ! $INT(STARTD_NOCLAIM_SHUTDOWN)
    STARTD_NOCLAIM_SHUTDOWN = 900
  endif
endif

# needed: what goes over the Internet is signed and encrypted, unless the archive says otherwise.
SEC_DEFAULT_INTEGRITY = $(SEC_DEFAULT_INTEGRITY:REQUIRED)
SEC_DEFAULT_ENCRYPTION = $(SEC_DEFAULT_ENCRYPTION:REQUIRED)

# optional: jobs have a /tmp and a /var/tmp of their own.
MOUNT_UNDER_SCRATCH = "/tmp,/var/tmp"

# optional: the jobs' files are encrypted on the disk where that is possible. It needs cryptsetup and
# LVM, whose being there is found out at boot (EC2CanEncryptExecute), and STARTD_ENFORCE_DISK_LIMITS,
# which is for the image or the archive to set. EC2_ENCRYPT_EXECUTE = False says no all the same.
if $(EC2CanEncryptExecute:False)
  if $(STARTD_ENFORCE_DISK_LIMITS:False)
    ENCRYPT_EXECUTE_DIRECTORY = $(EC2_ENCRYPT_EXECUTE:True)
  endif
endif
`;
