/** The points of P-256 (SEC 1, 2.3; FIPS 186-5). WebCrypto takes points that lie beside the curve. */
import { ALGORITHM_IDENTIFIERS } from "./algorithm.ts";
import { printDer, printInteger, TAG } from "./der.ts";
import { KeyError } from "./error.ts";
import { fromBigInt, type Octets, toBigInt } from "./octets.ts";

/** Octets of a coordinate. */
export const COORDINATE = 32;

/** A point by its coordinates, 32 octets each. */
export interface Point {
  readonly x: Octets;
  readonly y: Octets;
}

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** The order of the base point. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const UNCOMPRESSED = 4;

/**
 * The point that octets stand for, compressed or not.
 *
 * @throws {KeyError} `bad-number` when it is no point of the curve
 */
export function readPoint(octets: Uint8Array): Point {
  const [form, ...rest] = octets;
  if (form === UNCOMPRESSED && rest.length === 2 * COORDINATE) {
    const point = {
      x: Uint8Array.from(rest.slice(0, COORDINATE)),
      y: Uint8Array.from(rest.slice(COORDINATE)),
    };
    checkPoint(point);
    return point;
  }
  if ((form === 2 || form === 3) && rest.length === COORDINATE) return decompress(form, rest);
  throw notOnCurve();
}

/** The octets of a point, not compressed. */
export function printPoint({ x, y }: Point): Octets {
  return Uint8Array.of(UNCOMPRESSED, ...x, ...y);
}

/**
 * Checks that a point lies on the curve.
 *
 * @throws {KeyError} `bad-number`
 */
export function checkPoint(point: Point): void {
  const [x, y] = [toBigInt(point.x), toBigInt(point.y)];
  if (x >= P || y >= P || (y * y) % P !== rightSide(x)) throw notOnCurve();
}

/**
 * The public point of a private number.
 *
 * @param d 32 octets
 * @throws {KeyError} `bad-number` when it is not between 0 and the order of the curve
 */
export async function publicPoint(d: Octets): Promise<Point> {
  const number = toBigInt(d);
  if (number === 0n || number >= N) {
    throw new KeyError("bad-number", "its private number is out of the range of the curve P-256");
  }
  // RFC 5915 lets the public part be left out; the library then finds it.
  const sec1 = printDer(
    TAG.sequence,
    printInteger(Uint8Array.of(1)),
    printDer(TAG.octetString, d),
  );
  const pkcs8 = printDer(
    TAG.sequence,
    printInteger(Uint8Array.of(0)),
    ALGORITHM_IDENTIFIERS.EC,
    printDer(TAG.octetString, sec1),
  );
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]);
  const { x, y } = await crypto.subtle.exportKey("jwk", key);
  sec1.fill(0);
  pkcs8.fill(0);
  const octets = (text = "") => Uint8Array.fromBase64(text, { alphabet: "base64url" });
  return { x: octets(x), y: octets(y) };
}

/** x³ - 3x + b */
function rightSide(x: bigint): bigint {
  return (((x * x - 3n) * x + B) % P + P) % P;
}

function decompress(form: number, coordinate: readonly number[]): Point {
  const x = toBigInt(Uint8Array.from(coordinate));
  const square = rightSide(x);
  const root = power(square, (P + 1n) / 4n);
  if (x >= P || (root * root) % P !== square) throw notOnCurve();
  const y = Number(root & 1n) === (form & 1) ? root : P - root;
  return { x: fromBigInt(x, COORDINATE), y: fromBigInt(y % P, COORDINATE) };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base % P, left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

function notOnCurve(): KeyError {
  return new KeyError("bad-number", "its public point is not on the curve P-256");
}
