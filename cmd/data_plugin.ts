/**
 * `data_plugin`: files whose content stands in their URL, in place of HTCondor's own.
 */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { transferPlugin } from "../core/transfer/plugin.ts";
import { DataScheme } from "../core/transfer/schemes/data.ts";

export const role: Role = transferPlugin({
  name: "data_plugin",
  version: "0.1",
  summary: "write the content of data URLs to files",
  methods: ["data"],
  schemes: () => [new DataScheme()],
});

if (import.meta.main) await startRole(role);
