/** The settings of the clean-up (manual, "Configuration Macros"; the second half is our own). */
// A type alone: what the rest of it takes to load, most calls never need.
import type { Knobs } from "../config/knobs.ts";

/** Knobs of the clean-up. */
export const CHECKPOINT_KNOBS = {
  CHECKPOINT_DESTINATION_MAPFILE: {
    type: "path",
    text: "The map file; $(LOCAL_DIR)/checkpoint-destination-mapfile unless set.",
  },
  LOCAL_DIR: { type: "path", default: "/var", text: "Where the map file lies unless set." },
  LIBEXEC: {
    type: "path",
    default: "/usr/libexec/condor",
    text: "Where plug-ins lie that the map file does not name by an absolute path.",
  },
  SPOOL: {
    type: "path",
    default: "/var/lib/condor/spool",
    text: "Whose checkpoint-cleanup directory sweep and status look at.",
  },
  CHECKPOINT_CLEANUP_TIMEOUT: {
    type: "integer",
    default: 20,
    min: 0,
    max: 86_400,
    text: "Seconds for one start of a plug-in that is not Pinion's; 0 lets every one time out.",
  },
  CHECKPOINT_CLEANUP_PARALLELISM: {
    type: "integer",
    default: 16,
    min: 1,
    max: 256,
    text: "Files removed at once by Pinion's own plug-ins, where they go one by one.",
  },
  CHECKPOINT_CLEANUP_FOREIGN_PARALLELISM: {
    type: "integer",
    default: 1,
    min: 1,
    max: 64,
    text: "Plug-ins that are not Pinion's running at once for a checkpoint.",
  },
  CHECKPOINT_CLEANUP_BATCH_PLUGINS: {
    type: "list",
    default: [],
    text: "Names or paths of such plug-ins that take -delete-list: one start for a checkpoint.",
  },
  CHECKPOINT_CLEANUP_BUDGET: {
    type: "integer",
    default: 270,
    min: 0,
    max: 31_536_000,
    text: "Seconds after which deleteFilesStoredAt saves what it has done and stops; 0 for none. " +
      "Keep it below HTCondor's <SUBSYS>_CHECKPOINT_CLEANUP_TIMEOUT of 300.",
  },
  CHECKPOINT_CLEANUP_ORPHAN_SCAN: {
    type: "boolean",
    default: true,
    text: "Once a job has left, remove whatever else lies at its destination, if it can be listed.",
  },
  CHECKPOINT_CLEANUP_MISSING_MANIFEST: {
    type: "string",
    default: "ignore",
    text: "Numbers without a MANIFEST: ignore, for they were done before, or error, as upstream.",
  },
  CHECKPOINT_CLEANUP_DRY_RUN: {
    type: "boolean",
    default: false,
    text: "Let deleteFilesStoredAt say what it would do, and not do it.",
  },
  CHECKPOINT_MAPFILE_INCLUDE_PREFIX: {
    type: "boolean",
    default: false,
    text: "Take lines of files that the map file includes for prefixes too.",
  },
  CHECKPOINT_MANIFEST_STRICT: {
    type: "boolean",
    default: false,
    text:
      "Keep to upstream's habits: numbers of 32 bits, trimmed names, stop at the first failure, " +
      "nothing above HIGH, no look for orphans.",
  },
} as const satisfies Knobs;
