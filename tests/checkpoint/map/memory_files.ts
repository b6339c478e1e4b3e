/** Map files that lie in memory. */
import { MapError } from "../../../core/checkpoint/map/error.ts";
import type { MapFiles } from "../../../core/checkpoint/map/files.ts";

/** Files below `/maps`, by their names there. */
export function memoryFiles(texts: Readonly<Record<string, string | Uint8Array>>): MapFiles {
  const nameOf = (path: string) => path.replace(/^\/maps\//, "").replaceAll("./", "");
  return {
    read(path) {
      const name = nameOf(path);
      const found = Object.hasOwn(texts, name) ? texts[name] : undefined;
      if (found === undefined) throw new MapError(`Cannot read map file "${path}": no such file`);
      return typeof found === "string" ? new TextEncoder().encode(found) : found;
    },
    list(path) {
      const folder = `${nameOf(path).replace(/\/$/, "")}/`;
      const names = Object.keys(texts).filter((name) => name.startsWith(folder))
        .map((name) => name.slice(folder.length));
      return names.length === 0 ? undefined : names;
    },
  };
}
