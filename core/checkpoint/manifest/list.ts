/** `condor_manifest list`: what is in a MANIFEST. */
import { shown } from "../name.ts";
import { statBytesSync } from "./byte_path.ts";
import { damageOf, jsonLines, jsonName, loadManifest, pathIn, type Printout } from "./files.ts";

/** How to list. */
export interface ListOptions {
  /** Where the files are looked for; default the current directory. */
  readonly dir?: string;
  /** One JSON object instead of lines for people. */
  readonly json?: boolean;
}

const decoder = new TextDecoder();

/**
 * Lists the records of a MANIFEST: checksum, size of the file if it is there, name; then the verdict
 * on the whole. The status is 1 for a MANIFEST that is damaged.
 *
 * @throws {RefusedFile} when the MANIFEST cannot be read
 */
export async function listManifest(
  path: string,
  { dir = ".", json = false }: ListOptions,
): Promise<Printout> {
  const manifest = await loadManifest(path);
  const { count, selfHash, strays } = manifest;
  const status = selfHash === "good" ? 0 : 1;
  const records = [];
  for (let index = 0; index < count; index++) {
    const name = manifest.name(index);
    records.push({
      name,
      checksum: decoder.decode(manifest.checksum(index)),
      size: sizeOf(dir, name),
    });
  }
  if (json) {
    const head = JSON.stringify({ file: path, selfHash, strays, count });
    const elements = records.map(({ name, ...rest }) => ({ ...jsonName(name), ...rest }));
    return { lines: [`${head.slice(0, -1)},"records":[`, ...jsonLines(elements)], status };
  }
  const lines = records.map(({ name, checksum, size }) =>
    `${checksum} ${String(size ?? "-").padStart(12)} ${shown(name)}`
  );
  lines.push(damageOf(manifest) ?? `MANIFEST is whole: ${count} files`);
  if (strays > 0) lines.push(`${strays} lines belong to no record`);
  return { lines, status };
}

function sizeOf(dir: string, name: Uint8Array): number | undefined {
  try {
    const { type, size } = statBytesSync(pathIn(dir, name));
    return type === "file" ? size : undefined;
  } catch {
    return undefined;
  }
}
