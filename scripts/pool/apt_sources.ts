/** Where the host gets its Debian packages from, read from its own apt sources. */

import { PoolError } from "./command.ts";

/** One line or stanza of apt's sources (sources.list(5)). */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly signedBy?: string;
}

/** What debootstrap has to know of a mirror. */
export interface Mirror {
  readonly url: string;
  /** Keyring file the host trusts this mirror's releases by, when its sources name one. */
  readonly keyring?: string;
}

/** Suites that only the main Debian archive has, beside the host's own code name. */
const DEBIAN_SUITES = ["stable", "testing", "unstable", "sid"];

const APT = "/etc/apt";

/** Reads one-line sources: `deb [options] URI suite component…`. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const found = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line);
    if (found === null) return [];
    const [, options = "", uri = "", suite = ""] = found;
    const signedBy = /(?:^|\s)signed-by=(\/\S+)/.exec(options)?.[1];
    return [{ uris: [uri], suites: [suite], ...(signedBy === undefined ? {} : { signedBy }) }];
  });
}

/** Reads deb822 sources: stanzas of `Types`, `URIs`, `Suites`, `Signed-By`. */
export function parseDeb822Sources(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    let last = "";
    for (const line of stanza.split("\n")) {
      if (line.startsWith("#")) continue;
      const field = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
      if (field === null) {
        if (/^\s/.test(line) && last !== "") fields.set(last, `${fields.get(last)} ${line.trim()}`);
        continue;
      }
      last = (field[1] ?? "").toLowerCase();
      fields.set(last, field[2] ?? "");
    }
    const words = (name: string): string[] =>
      (fields.get(name) ?? "").split(/\s+/).filter((word) => word !== "");
    if (!words("types").includes("deb") || fields.get("enabled")?.trim() === "no") return [];
    const signedBy = words("signed-by").find((word) => word.startsWith("/"));
    return [{
      uris: words("uris"),
      suites: words("suites"),
      ...(signedBy === undefined ? {} : { signedBy }),
    }];
  });
}

/**
 * Picks the mirror of the main Debian archive out of a host's sources.
 *
 * @param codename The host's release, from `VERSION_CODENAME` of os-release(5).
 */
export function debianMirror(sources: readonly AptSource[], codename: string): Mirror | undefined {
  const wanted = new Set([codename, ...DEBIAN_SUITES]);
  for (const { uris, suites, signedBy } of sources) {
    const url = uris[0];
    if (url === undefined || !suites.some((suite) => wanted.has(suite))) continue;
    return signedBy === undefined ? { url } : { url, keyring: signedBy };
  }
  return undefined;
}

/**
 * The Debian mirror this host uses.
 *
 * @throws {PoolError} when the host is no Debian or names no mirror.
 */
export async function hostMirror(): Promise<Mirror> {
  const release = await Deno.readTextFile("/etc/os-release").catch(() => "");
  if (!/^ID="?debian"?$/m.test(release)) {
    throw new PoolError('Cannot take Debian packages: "/etc/os-release" names another system');
  }
  const codename = /^VERSION_CODENAME="?(\w+)"?$/m.exec(release)?.[1] ?? "sid";
  const mirror = debianMirror(await hostSources(), codename);
  if (mirror === undefined) {
    throw new PoolError(`Cannot take Debian packages: no source in "${APT}" has the main archive`);
  }
  return { ...mirror, url: await followList(mirror.url) };
}

async function hostSources(): Promise<AptSource[]> {
  const sources = parseOneLineSources(await textOf(`${APT}/sources.list`));
  const entries = await Array.fromAsync(Deno.readDir(`${APT}/sources.list.d`)).catch(() => []);
  for (const { name } of entries.toSorted((a, b) => a.name < b.name ? -1 : 1)) {
    const text = await textOf(`${APT}/sources.list.d/${name}`);
    if (name.endsWith(".list")) sources.push(...parseOneLineSources(text));
    if (name.endsWith(".sources")) sources.push(...parseDeb822Sources(text));
  }
  return sources;
}

/** Cloud images name a file with the list of mirrors (apt-transport-mirror(1)); take its first. */
async function followList(url: string): Promise<string> {
  const file = /^mirror\+file:(?:\/\/)?(\/.*)$/.exec(url)?.[1];
  if (file === undefined) return url;
  const first = (await textOf(file)).split("\n").find((line) => /^[a-z+]+:/.test(line.trim()));
  if (first === undefined) throw new PoolError(`Cannot take Debian packages: "${file}" is empty`);
  return first.trim().split(/\s/)[0] ?? first;
}

function textOf(path: string): Promise<string> {
  return Deno.readTextFile(path).catch(() => "");
}
