/** The same machine, with less time. */
import type { AnnexHost } from "./host.ts";

/** A host whose work ends with another signal as well. */
export function limitedHost(host: AnnexHost, signal: AbortSignal): AnnexHost {
  return {
    root: host.root,
    boot: host.boot,
    clock: host.clock,
    signal: AbortSignal.any([host.signal, signal]),
    env: (name) => host.env(name),
    out: (text) => host.out(text),
    note: (event, fields) => host.note(event, fields),
    hide: (secret) => host.hide(secret),
    run: (tool, options) => host.run(tool, options),
    hasTool: (tool) => host.hasTool(tool),
    readSystem: (path) => host.readSystem(path),
    listSystem: (path) => host.listSystem(path),
  };
}
