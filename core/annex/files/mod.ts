/** All files of the set-up, and what is left to do when they are in place. */

import type { SystemFile, SystemSetup } from "../../cli/program.ts";
import { SETTINGS_FILE } from "../paths.ts";
import { EXECUTABLE, POOL_CONFIG, SHUTDOWN_SCRIPT, UNIT_DIR } from "./places.ts";
import { POOL_CONFIG_TEXT } from "./pool_config.ts";
import { settingsSample } from "./settings_sample.ts";
import { SHUTDOWN_SCRIPT_TEXT } from "./shutdown_script.ts";
import { BOOT_UNIT, CONDOR_DROP_IN, FIREWALL_UNIT, SPOT_WATCH_UNIT } from "./units.ts";

/** The files of an annex image, besides the executable. */
export function annexFiles(): readonly SystemFile[] {
  const unit = (name: string, text: string): SystemFile => ({
    path: `${UNIT_DIR}/${name}`,
    mode: 0o644,
    text,
  });
  return [
    unit("condor-annex-firewall.service", FIREWALL_UNIT),
    unit("condor-annex-ec2.service", BOOT_UNIT),
    unit("condor-annex-spot-watch.service", SPOT_WATCH_UNIT),
    unit("condor.service.d/50-condor-annex-ec2.conf", CONDOR_DROP_IN),
    { path: POOL_CONFIG, mode: 0o644, text: POOL_CONFIG_TEXT, isConfiguration: true },
    { path: SHUTDOWN_SCRIPT, mode: 0o755, text: SHUTDOWN_SCRIPT_TEXT, isConfiguration: true },
    { path: SETTINGS_FILE, mode: 0o644, text: settingsSample(), isConfiguration: true },
  ];
}

/**
 * The file of a name, as `print-file` prints it.
 *
 * @param name without directories, e.g. `50ec2.config`
 * @returns undefined for a name that none has
 */
export function annexFile(name: string): string | undefined {
  return annexFiles().find(({ path }) => path.endsWith(`/${name}`) && !name.includes("/"))?.text;
}

/** The names that {@linkcode annexFile} knows. */
export function annexFileNames(): readonly string[] {
  return annexFiles().map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
}

/** What `pinion install -annex` puts into a system. */
export const ANNEX_SETUP: SystemSetup = {
  executable: EXECUTABLE,
  files: annexFiles(),
  next: [
    "Nothing was started or enabled. On an image of which instances are to be made, and on no other",
    "machine, they are enabled for the next boot by:",
    "  systemctl enable condor-annex-firewall.service condor-annex-ec2.service",
    "and, where Spot interruptions are to be acted upon:",
    "  systemctl enable condor-annex-spot-watch.service",
  ],
};
