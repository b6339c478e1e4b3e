/** `master_shutdown_script.sh`: what HTCondor's master becomes when it ends in good order. */

import { EXECUTABLE } from "./places.ts";

/** Its text; the master starts it without arguments. */
export const SHUTDOWN_SCRIPT_TEXT = `\
#!/bin/sh
# HTCondor's master becomes this script when it ends (DEFAULT_MASTER_SHUTDOWN_SCRIPT).
exec ${EXECUTABLE} master-shutdown
`;
