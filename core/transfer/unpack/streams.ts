/** Streams that unpacking is made of. */
import { Buffer } from "node:buffer";
import { Transform, type TransformCallback } from "node:stream";
import { crc32 } from "node:zlib";
import type { Budget } from "./budget.ts";

/** Bytes per read and write. */
export const CHUNK = 1 << 20;

/** Passes bytes on while the budget lasts, counting and summing them. */
export class Meter extends Transform {
  readonly #budget: Budget;
  /** Bytes that passed. */
  count = 0;
  /** CRC-32 of them. */
  crc = 0;
  /** The first bytes that passed, up to one block of a tar archive. */
  head = Buffer.alloc(0);

  constructor(budget: Budget) {
    super({ highWaterMark: CHUNK });
    this.#budget = budget;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    try {
      this.#budget.take(chunk.length);
    } catch (error) {
      return done(error as Error);
    }
    this.count += chunk.length;
    this.crc = crc32(chunk, this.crc);
    if (this.head.length < 512) {
      this.head = Buffer.concat([this.head, chunk.subarray(0, 512 - this.head.length)]);
    }
    done(null, chunk);
  }
}
