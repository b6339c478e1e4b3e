/** Names of what is not in its place yet: `.<name>.<16 digits>.tmp`, beside it. */

const RANDOM_BYTES = 8;
const DOT = 46;

/** A name that nobody can guess, for what is to get another name once it is whole. */
export function temporaryName(target: Uint8Array): Uint8Array<ArrayBuffer> {
  const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)).toHex();
  const end = new TextEncoder().encode(`.${random}.tmp`);
  const name = new Uint8Array(1 + target.length + end.length);
  name[0] = DOT;
  name.set(target, 1);
  name.set(end, 1 + target.length);
  return name;
}

/** Whether a name is such a name. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.[0-9a-f]{16}\.tmp$/s.test(name);
}
