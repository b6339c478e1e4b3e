/** The settings of one clean-up, read once. */
import { type Config, ConfigError, readConfig } from "../../config/mod.ts";
import { CHECKPOINT_KNOBS } from "../knobs.ts";

/** What a clean-up is told by the configuration. */
export interface Settings {
  readonly mapFile: string;
  readonly libexec: string;
  readonly spool: string;
  /** Seconds for one start of a plug-in that is not ours. */
  readonly timeout: number;
  readonly parallel: number;
  readonly foreignParallel: number;
  /** Names or paths of plug-ins that take `-delete-list`. */
  readonly batchPlugins: readonly string[];
  /** Seconds for the whole, 0 for no limit. */
  readonly budget: number;
  readonly orphanScan: boolean;
  /** Numbers without MANIFEST are failures. */
  readonly missingIsError: boolean;
  readonly dryRun: boolean;
  readonly includePrefix: boolean;
  /** Upstream's habits, for its tests. */
  readonly strict: boolean;
}

/**
 * Reads the settings.
 *
 * @param environment the process's environment
 * @param options.toolFolder where `condor_config_val` may lie besides PATH: HTCondor's daemons start
 *   their tools with whatever PATH they have
 * @throws {ConfigError}
 */
export async function readSettings(
  environment: Readonly<Record<string, string>>,
  { toolFolder }: { toolFolder?: string | undefined } = {},
): Promise<Settings> {
  const path = [environment["PATH"] ?? "", ...(toolFolder ? [toolFolder] : [])].join(":");
  const config = await readConfig(CHECKPOINT_KNOBS, {
    environment: { ...environment, PATH: path },
  });
  config.check();
  return settingsOf(config);
}

/** The settings that a configuration makes. */
export function settingsOf(config: Config<typeof CHECKPOINT_KNOBS>): Settings {
  const missing = config.get("CHECKPOINT_CLEANUP_MISSING_MANIFEST");
  if (missing !== "ignore" && missing !== "error") {
    throw new ConfigError(
      `Cannot use CHECKPOINT_CLEANUP_MISSING_MANIFEST = ${JSON.stringify(missing)}: ` +
        "not ignore or error",
      config.origin("CHECKPOINT_CLEANUP_MISSING_MANIFEST"),
    );
  }
  return {
    mapFile: config.get("CHECKPOINT_DESTINATION_MAPFILE") ??
      `${config.get("LOCAL_DIR")}/checkpoint-destination-mapfile`,
    libexec: config.get("LIBEXEC"),
    spool: config.get("SPOOL"),
    timeout: config.get("CHECKPOINT_CLEANUP_TIMEOUT"),
    parallel: config.get("CHECKPOINT_CLEANUP_PARALLELISM"),
    foreignParallel: config.get("CHECKPOINT_CLEANUP_FOREIGN_PARALLELISM"),
    batchPlugins: config.get("CHECKPOINT_CLEANUP_BATCH_PLUGINS"),
    budget: config.get("CHECKPOINT_CLEANUP_BUDGET"),
    orphanScan: config.get("CHECKPOINT_CLEANUP_ORPHAN_SCAN"),
    missingIsError: missing === "error",
    dryRun: config.get("CHECKPOINT_CLEANUP_DRY_RUN"),
    includePrefix: config.get("CHECKPOINT_MAPFILE_INCLUDE_PREFIX"),
    strict: config.get("CHECKPOINT_MANIFEST_STRICT"),
  };
}
