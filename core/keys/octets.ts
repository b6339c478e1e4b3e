/** Numbers as octets, the most significant one first. */

/** Octets in memory of their own. */
export type Octets = Uint8Array<ArrayBuffer>;

/** Leaves out leading zeros; none are left of zero. */
export function minimal(octets: Uint8Array): Octets {
  const start = octets.findIndex((octet) => octet !== 0);
  return start < 0 ? new Uint8Array() : new Uint8Array(octets.subarray(start));
}

/**
 * A number in a certain number of octets.
 *
 * @returns nothing when the number is too large
 */
export function padded(octets: Uint8Array, length: number): Octets | undefined {
  const digits = minimal(octets);
  if (digits.length > length) return undefined;
  const whole = new Uint8Array(length);
  whole.set(digits, length - digits.length);
  return whole;
}

/** How many bits a number has. */
export function bitLength(octets: Uint8Array): number {
  const digits = minimal(octets);
  return digits.length === 0 ? 0 : digits.length * 8 - (Math.clz32(digits[0]!) - 24);
}

/** The number itself. */
export function toBigInt(octets: Uint8Array): bigint {
  return octets.length === 0 ? 0n : BigInt(`0x${octets.toHex()}`);
}

/** A number of at most so many octets, in exactly so many. */
export function fromBigInt(number: bigint, length: number): Octets {
  return Uint8Array.fromHex(number.toString(16).padStart(length * 2, "0"));
}

/** Whether octets are the same. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

/**
 * Octets as base64url (RFC 4648, 5).
 *
 * @param octets.padding whether `=` fill the last group up
 */
export function base64url(octets: Uint8Array, { padding = false } = {}): string {
  return octets.toBase64({ alphabet: "base64url", omitPadding: !padding });
}
