/** What the key tools need of the machine they run on. */
import { fstatSync } from "node:fs";
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import { errorText } from "../../errors.ts";
import { concat } from "../../std/bytes.ts";

/** The machine. */
export interface KeytoolHost {
  /** Writes to standard output. @throws {Error} when not all of it could be written */
  out(text: string): void;
  /** Writes one line to standard error. */
  note(line: string): void;
  /** Reads standard input to its end. @throws {Error} when it has more octets than `limit` */
  input(limit: number): Promise<string>;
  /** Permission bits of the file that standard output goes to; nothing when that is no file. */
  outputMode(): number | undefined;
  env(name: string): string | undefined;
  readonly clock: Clock;
}

/** The running machine. */
export function systemHost(): KeytoolHost {
  return {
    out(text) {
      try {
        let rest = new TextEncoder().encode(text);
        while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
      } catch (error) {
        throw new Error(`Cannot write to standard output: ${errorText(error)}`, { cause: error });
      }
    },
    note(line) {
      try {
        Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
      } catch {
        // nobody listens
      }
    },
    async input(limit) {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of Deno.stdin.readable) {
        size += chunk.length;
        if (size > limit) throw new Error(`Cannot read standard input: more than ${limit} octets`);
        chunks.push(chunk);
      }
      return new TextDecoder().decode(concat(chunks));
    },
    outputMode() {
      const status = fstatSync(1);
      return status.isFile() ? status.mode & 0o777 : undefined;
    },
    env: (name) => Deno.env.get(name),
    clock: SYSTEM_CLOCK,
  };
}
