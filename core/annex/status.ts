/** `status`: what is remembered of the last `start`. */
import type { AnnexState } from "./contracts.ts";
import type { AnnexHost } from "./host.ts";

/** What the state is read with. */
export interface StatusTools {
  readState(host: AnnexHost): Promise<AnnexState | undefined>;
  isIntact(host: AnnexHost, state: AnnexState): Promise<boolean>;
}

/**
 * Prints the state, which has no secrets in it.
 *
 * @param options `json` prints an object instead of lines
 * @returns the exit status: 1 when nothing is installed, or it was changed since
 */
export async function status(
  host: AnnexHost,
  { readState, isIntact }: StatusTools,
  { json }: { readonly json: boolean },
): Promise<number> {
  const state = await readState(host);
  if (state === undefined) {
    host.out(json ? "null\n" : "Nothing is installed.\n");
    return 1;
  }
  const intact = await isIntact(host, state);
  host.out(json ? `${JSON.stringify({ ...state, intact })}\n` : linesOf(state, intact));
  return intact ? 0 : 1;
}

function linesOf(state: AnnexState, intact: boolean): string {
  const { firewall, files } = state;
  const refused = Object.values(firewall.counters).reduce((sum, count) => sum + count, 0);
  const rows: readonly (readonly [string, string])[] = [
    ["annex", `${state.annexName} (from the ${state.nameSource.replace("-", " ")})`],
    ["instance", state.instanceId],
    ["archive", `s3://${state.bucket}/${state.key}`],
    ["sha256", state.sha256],
    ["installed", state.installedAt],
    ["started", state.startedAt],
    [
      "firewall",
      firewall.backend === "off"
        ? "none"
        : `${firewall.backend}, ${firewall.verified ? "verified" : "not verified"}, ` +
          `${refused} packets refused`,
    ],
    ["files", `${files.length}, ${intact ? "as installed" : "some changed or gone since"}`],
    ...files.map(({ path }) => ["", path] as const),
  ];
  return rows.map(([name, text]) => `${name.padEnd(11)}${text}\n`).join("");
}
