/** Where the files of an annex instance lie; `AnnexHost.root` comes before each. */

/** HTCondor's directory of settings, where archives are unpacked. */
export const CONDOR_DIR = "/etc/condor";
/** Facts of the instance, for HTCondor. */
export const INSTANCE_CONFIG = `${CONDOR_DIR}/config.d/49ec2-instance.config`;
/** That EC2 recommends to move work away; read by HTCondor after what the boot wrote. */
export const REBALANCE_CONFIG = `${CONDOR_DIR}/config.d/49ec2-rebalance.config`;
/** Where jobs run, when there is a local disk. */
export const EXECUTE_CONFIG = `${CONDOR_DIR}/config.d/01-execute.config`;
/** What the archive's own settings are called. */
export const DYNAMIC_CONFIG = `${CONDOR_DIR}/config.d/00ec2-dynamic.config`;
/** This program's settings. */
export const SETTINGS_FILE = "/etc/condor/annex-ec2.conf";
/** This program's own directory, 0700. */
export const STATE_DIR = "/var/lib/condor-annex";
export const STATE_FILE = "/var/lib/condor-annex/state.json";
/** The archive while it comes in. */
export const INCOMING = "/var/lib/condor-annex/incoming.tar.gz";
export const LOCK_FILE = "/run/condor-annex.lock";
/** There as long as an administrator wants no power-off. */
export const HOLD_FILE = "/run/condor-annex.hold";
/** Written when a Spot interruption is announced. */
export const INTERRUPT_FILE = "/run/condor-annex.interrupt";
/** Whether there is a network at all (`NETWORKING=no`). */
export const NETWORK_FILE = "/etc/sysconfig/network";
