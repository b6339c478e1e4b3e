/**
 * The values of the ClassAd language, so represented that no two types are confused:
 *
 * | type | here |
 * |---|---|
 * | undefined | `undefined` |
 * | error | {@link ERROR} |
 * | boolean | `boolean` |
 * | integer (64 bit) | `bigint` |
 * | real | {@link Real} |
 * | string | `string`, see text.ts for bytes that are not UTF-8 |
 * | absolute and relative time | {@link AbsoluteTime}, {@link RelativeTime} |
 * | list | {@link ValueList} |
 * | ad | {@link ClassAd} |
 */

import type { ClassAd } from "./ad.ts";
import type { Expression } from "./expression.ts";

/** The value `error`. */
export const ERROR: unique symbol = Symbol("error");

/** A double-precision number; an object, so that 1.0 never passes for the integer 1. */
export class Real {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A moment, and the offset of the time zone it is shown in. */
export class AbsoluteTime {
  /** Seconds since 1970 in UTC. */
  readonly seconds: number;
  /** Seconds east of UTC. */
  readonly offset: number;
  constructor(seconds: number, offset: number) {
    this.seconds = seconds;
    this.offset = offset;
  }
}

/** A span of time in seconds. */
export class RelativeTime {
  readonly seconds: number;
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

/** A list; its items are evaluated when used, in the ad the list was found in. */
export class ValueList {
  readonly items: readonly Expression[];
  readonly scope: ClassAd | undefined;
  constructor(items: readonly Expression[], scope?: ClassAd) {
    this.items = items;
    this.scope = scope;
  }
}

/** Any value an expression can have. */
export type Value =
  | undefined
  | typeof ERROR
  | boolean
  | bigint
  | Real
  | string
  | AbsoluteTime
  | RelativeTime
  | ValueList
  | ClassAd;

/**
 * A real for an ad that is to be written.
 *
 * NaN and the infinities have no literal form, and HTCondor drops attributes of a result ad that
 * are not literals: they become 0.0.
 */
export function real(value: number): Real {
  return new Real(Number.isFinite(value) ? value : 0);
}

/** Brings an integer into 64 bits, as HTCondor's arithmetic wraps it. */
export function wrap64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 63n - 1n;

/** The nearest integer of 64 bits. */
export function clamp64(value: bigint): bigint {
  return value < INTEGER_MIN ? INTEGER_MIN : value > INTEGER_MAX ? INTEGER_MAX : value;
}
