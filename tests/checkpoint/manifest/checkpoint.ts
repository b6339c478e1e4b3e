/** A checkpoint to be looked at: files, and the MANIFEST that lists them. */
import { joinBytes } from "../../../core/checkpoint/manifest/answer.ts";
import { sha256 } from "../../../core/checkpoint/manifest/hash.ts";
import { makeLine } from "../../../core/checkpoint/manifest/lines.ts";
import { Folder } from "../../posix/folder.ts";
import { writeFile } from "./names.ts";

/** The name of the MANIFEST. */
export const MANIFEST = "_condor_checkpoint_MANIFEST.0000";

/** What the file at an index holds. */
export function contentOf(index: number): Uint8Array<ArrayBuffer> {
  return joinBytes(`content ${index}`);
}

/** Files of given names in a directory of their own, and a MANIFEST of them beside it. */
export class Checkpoint implements Disposable {
  readonly #folder = new Folder();
  readonly path = this.#folder.path;
  readonly manifest = `${this.path}/${MANIFEST}`;
  readonly files = `${this.path}/files`;

  static async make(names: readonly (string | Uint8Array)[]): Promise<Checkpoint> {
    const made = new Checkpoint();
    Deno.mkdirSync(made.files);
    const lines: Uint8Array[] = [];
    for (const [index, name] of names.entries()) {
      const content = contentOf(index);
      writeFile(joinBytes(made.files, "/", name), content);
      lines.push(makeLine(await sha256(content), joinBytes(name)));
    }
    await made.list(...lines);
    return made;
  }

  /** Writes a MANIFEST of these lines instead. */
  async list(...lines: readonly (string | Uint8Array)[]): Promise<void> {
    const records = joinBytes(...lines);
    const self = makeLine(await sha256(records), joinBytes(MANIFEST));
    Deno.writeFileSync(this.manifest, joinBytes(records, self));
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
