/** What is remembered from one boot to the next. */

import type { AnnexState, FirewallReport } from "./contracts.ts";
import { removeStaging } from "./archive/staging.ts";
import { makeDirectory } from "./directories.ts";
import { AnnexError } from "./errors.ts";
import type { AnnexHost } from "./host.ts";
import { fateOf, parseInstalled, removeFile } from "./installed_files.ts";
import { clearJournal, LARGEST_STATE, readJournal } from "./journal.ts";
import {
  DYNAMIC_CONFIG,
  INCOMING,
  INSTANCE_CONFIG,
  REBALANCE_CONFIG,
  STATE_DIR,
  STATE_FILE,
} from "./paths.ts";
import { readOwnFile, replaceFile } from "./safe_file.ts";

/** The fields that are texts; none of them is ever longer than this. */
const TEXTS = [
  "program",
  "instanceId",
  "annexName",
  "nameSource",
  "bucket",
  "key",
  "etag",
  "sha256",
  "installedAt",
  "startedAt",
] as const;
const LONGEST_TEXT = 4096;

/**
 * Reads the state.
 *
 * @returns undefined where there is none, or one that cannot be trusted or understood, which is then
 *   in the log
 */
export async function readState(host: AnnexHost): Promise<AnnexState | undefined> {
  try {
    const text = await readOwnFile(host, STATE_FILE, LARGEST_STATE);
    if (text === undefined) return undefined;
    const state = parseState(text);
    if (state !== undefined) return state;
    host.note(`Cannot use "${STATE_FILE}": it is no state of this program's`, {
      event: "state-ignored",
    });
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    host.note(error.message, { event: "state-ignored", code: error.code });
  }
  return undefined;
}

/** Writes the state; with it an installation is at its end. */
export async function writeState(host: AnnexHost, state: AnnexState): Promise<void> {
  await makeDirectory(host, STATE_DIR, { mode: 0o700 });
  const content = `${JSON.stringify(state, null, 2)}\n`;
  await replaceFile(host, STATE_FILE, { content, mode: 0o600 });
  await clearJournal(host);
}

/** Whether all files are what was installed, and no later installation was left half-way. */
export async function isIntact(host: AnnexHost, state: AnnexState): Promise<boolean> {
  if (await readJournal(host) !== undefined) return false;
  for (const file of state.files) {
    if (await fateOf(host, file) !== "same") return false;
  }
  return state.files.length > 0;
}

/**
 * Removes what another instance was given, of which this one's disk is a copy: the archive's files,
 * changed or not, the settings that are about the other instance, what a run of it that was killed
 * left, and the state itself, which goes last so that nothing is forgotten when this is stopped
 * half-way.
 */
export async function forgetInstance(host: AnnexHost, state: AnnexState): Promise<void> {
  const interrupted = await readJournal(host) ?? [];
  const files = [...state.files, ...interrupted].map(({ path }) => path);
  const others = [INSTANCE_CONFIG, DYNAMIC_CONFIG, REBALANCE_CONFIG, INCOMING];
  for (const path of [...files, ...others]) await removeFile(host, path);
  await removeStaging(host);
  await clearJournal(host);
  await removeFile(host, STATE_FILE);
}

function parseState(text: string): AnnexState | undefined {
  let value: Partial<Record<keyof AnnexState, unknown>>;
  try {
    value = Object(JSON.parse(text));
  } catch {
    return undefined;
  }
  if (value.version !== 1) return undefined;
  for (const name of TEXTS) {
    const field = value[name];
    if (typeof field !== "string" || field.length > LONGEST_TEXT) return undefined;
  }
  const texts = value as Record<(typeof TEXTS)[number], string>;
  const files = parseInstalled(value.files);
  const firewall = parseFirewall(value.firewall);
  if (files === undefined || firewall === undefined) return undefined;
  return { version: 1, ...pick(texts), files, firewall };
}

/** The texts alone: what else there may be in the file is not handed on. */
function pick(
  texts: Record<(typeof TEXTS)[number], string>,
): Record<(typeof TEXTS)[number], string> {
  return Object.fromEntries(TEXTS.map((name) => [name, texts[name]])) as typeof texts;
}

function parseFirewall(value: unknown): FirewallReport | undefined {
  const { backend, verified, counters } = Object(value) as Partial<
    Record<keyof FirewallReport, unknown>
  >;
  if (backend !== "nft" && backend !== "iptables" && backend !== "off") return undefined;
  if (typeof verified !== "boolean" || typeof counters !== "object" || counters === null) {
    return undefined;
  }
  const counts = Object.entries(counters);
  if (!counts.every(([, count]) => typeof count === "number")) return undefined;
  return { backend, verified, counters: Object.fromEntries(counts) };
}
