/** Where the files of the set-up lie on an instance. */

import { CONDOR_DIR } from "../paths.ts";

/** The executable, as units and scripts start it. */
export const EXECUTABLE = "/usr/libexec/condor/condor-annex-ec2";
/** Where systemd looks for units of packages. */
export const UNIT_DIR = "/usr/lib/systemd/system";
/** What HTCondor's master becomes when it ends. */
export const SHUTDOWN_SCRIPT = `${CONDOR_DIR}/master_shutdown_script.sh`;
/** What HTCondor does on an annex instance. */
export const POOL_CONFIG = `${CONDOR_DIR}/config.d/50ec2.config`;
