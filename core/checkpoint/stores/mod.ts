/** Our own back-ends, by the names of their plug-ins; each is loaded when it is wanted. */
import { CleanupFailure } from "../failure.ts";
import { readMapArguments } from "../plugin_options.ts";
import type { BackEnd, Store, StoreContext } from "../store.ts";

/** The back-ends. */
export const OWN_BACK_ENDS: ReadonlyMap<string, () => Promise<BackEnd>> = new Map([
  ["cleanup_command_checkpoint", async () => (await import("./command.ts")).commandBackEnd],
  ["cleanup_http_checkpoint", async () => (await import("./http.ts")).httpBackEnd],
  ["cleanup_locally_mounted_checkpoint", async () => (await import("./local.ts")).localBackEnd],
  ["cleanup_s3_checkpoint", async () => (await import("./s3.ts")).s3BackEnd],
  ["cleanup_ssh_checkpoint", async () => (await import("./ssh.ts")).sshBackEnd],
]);

/**
 * Opens a store in this process, as the plug-in of that name would.
 *
 * @param name a name of {@linkcode OWN_BACK_ENDS}
 * @param args the words of the map after the plug-in's name
 * @throws {UsageError} for wrong arguments
 * @throws {CleanupFailure}
 */
export async function openOwn(
  name: string,
  args: readonly string[],
  context: StoreContext,
): Promise<Store> {
  const load = OWN_BACK_ENDS.get(name);
  if (load === undefined) throw new RangeError(`There is no back-end "${name}"`);
  const backEnd = await load();
  const { own, settings } = readMapArguments(backEnd, args);
  if (settings.dryRun) {
    throw new CleanupFailure(
      "NotDeleted",
      `${name}: nothing is removed, for the map says -dry-run`,
    );
  }
  return await backEnd.open(own, context);
}
