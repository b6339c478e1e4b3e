/**
 * The daemon with a monitor that does what FAKE_ACT says: `hang` (and is deaf to its signal),
 * `publish`, or `slow`. Each of its scans becomes a line of FAKE_SCANS.
 */
import { runDaemon } from "../../../core/credentials/daemon/daemon.ts";
import { systemHost } from "../../../core/credentials/daemon/host.ts";
import { readRequest } from "../../../core/credentials/daemon/options.ts";
import type { MonitorSource } from "../../../core/credentials/daemon/source.ts";
import type { Monitor } from "../../../core/credentials/monitor.ts";

const act = Deno.env.get("FAKE_ACT");
const scans = Deno.env.get("FAKE_SCANS");

const monitor: Monitor = {
  label: "FAKE",
  local: act !== "hang",
  concurrency: 4,
  deadline: 600_000,
  owns: () => true,
  begin: () => {
    if (scans !== undefined) Deno.writeTextFileSync(scans, "scan\n", { append: true });
  },
  async tend(credential, { store, now }) {
    if (act === "hang") await new Promise(() => {});
    await store.publish(credential, "use", new TextEncoder().encode("token\n"), {});
    return { kind: "renewed", next: now + 600_000, line: `Renewed for ${credential.user}` };
  },
};

const source: MonitorSource = {
  knobs: {},
  load: () =>
    Promise.resolve({
      monitors: [monitor],
      usable: true,
      problems: [],
      warnings: [],
      watched: [],
    }),
};

const request = readRequest(Deno.args, () => Deno.cwd());
if ("kind" in request || request.mode !== "daemon") throw new Error("A daemon is wanted");
// What hangs for ever keeps no process alive that wants to end.
Deno.exit(await runDaemon(request, systemHost(), source));
