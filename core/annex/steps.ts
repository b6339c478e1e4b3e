/** The steps as they are on a real instance. */
import { downloadArchive } from "./archive/download.ts";
import { installArchive } from "./archive/install.ts";
import type { BootSteps } from "./contracts.ts";
import { installFirewall } from "./firewall/install.ts";
import { writeInstanceConfig } from "./instance_config.ts";
import { takeLock } from "./lock.ts";
import { setUpScratch } from "./scratch.ts";
import { forgetInstance, isIntact, readState, writeState } from "./state.ts";

/** Nothing is left out. */
export const BOOT_STEPS: BootSteps = {
  installFirewall,
  setUpScratch,
  writeInstanceConfig,
  downloadArchive,
  installArchive,
  readState,
  writeState,
  isIntact,
  forgetInstance,
  takeLock,
};
