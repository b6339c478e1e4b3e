/**
 * The ad: attributes with expressions, in the order they were set.
 */

import { lowerAscii } from "./compare.ts";
import { ClassAdError } from "./error.ts";
import { evaluate, type EvaluateOptions } from "./evaluate.ts";
import { type Expression, literal } from "./expression.ts";
import { AbsoluteTime, type ERROR, Real, RelativeTime, type Value, ValueList } from "./value.ts";

/** What {@link ClassAd.set} and {@link makeAd} make an attribute of. */
export type AdValue =
  | undefined
  | string
  | boolean
  | number
  | bigint
  | Real
  | AbsoluteTime
  | RelativeTime
  | ValueList
  | ClassAd
  | typeof ERROR
  | readonly AdValue[]
  | { readonly [name: string]: AdValue };

interface Attribute {
  readonly name: string;
  readonly expression: Expression;
}

const SAFE_MIN = BigInt(Number.MIN_SAFE_INTEGER);
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * A ClassAd: names without regard to case, in order, each with an expression.
 *
 * ```ts
 * import { ClassAd } from "./ad.ts";
 * const ad = new ClassAd();
 * ad.set("Url", "https://h.example/f");
 * ad.getString("URL"); // "https://h.example/f"
 * ```
 */
export class ClassAd {
  readonly #attributes: Map<string, Attribute>;
  readonly #parent: ClassAd | undefined;

  constructor(share?: ClassAd, parent?: ClassAd) {
    this.#attributes = share === undefined ? new Map() : share.#attributes;
    this.#parent = parent;
  }

  /** The same ad (sharing its attributes) as seen inside another one. */
  within(parent: ClassAd | undefined): ClassAd {
    return new ClassAd(this, parent);
  }

  /** The ad around this one, when this one is the value of an attribute. */
  get parent(): ClassAd | undefined {
    return this.#parent;
  }

  /** How many attributes there are. */
  get size(): number {
    return this.#attributes.size;
  }

  /** The expression of an attribute. */
  get(name: string): Expression | undefined {
    return this.#attributes.get(lowerAscii(name))?.expression;
  }

  /** Sets an attribute to a value; a known name keeps its place and its spelling. */
  set(name: string, value: AdValue): void {
    this.setExpression(name, toExpression(value));
  }

  /**
   * Sets an attribute to an expression; a known name keeps its place and its spelling.
   *
   * @throws ClassAdError for an empty name
   */
  setExpression(name: string, expression: Expression): void {
    if (name === "") throw new ClassAdError("value", "Cannot set attribute: its name is empty");
    const key = lowerAscii(name);
    const known = this.#attributes.get(key);
    this.#attributes.set(key, { name: known?.name ?? name, expression });
  }

  /** Removes an attribute; tells whether it was there. */
  delete(name: string): boolean {
    return this.#attributes.delete(lowerAscii(name));
  }

  /** Whether the attribute is there. */
  has(name: string): boolean {
    return this.#attributes.has(lowerAscii(name));
  }

  /** The names in order, spelled as first set. */
  names(): string[] {
    return Array.from(this.#attributes.values(), (attribute) => attribute.name);
  }

  /** The names and expressions in order. */
  *entries(): Generator<[string, Expression]> {
    for (const { name, expression } of this.#attributes.values()) yield [name, expression];
  }

  /** The value of an attribute; undefined when it is missing. */
  evaluate(name: string, options?: EvaluateOptions): Value {
    const expression = this.get(name);
    if (expression === undefined) return undefined;
    return expression.kind === "literal" ? expression.value : evaluate(expression, this, options);
  }

  /** The value of an attribute that is a string, else undefined. */
  getString(name: string): string | undefined {
    const value = this.evaluate(name);
    return typeof value === "string" ? value : undefined;
  }

  /** The value of an attribute that is an integer (and safe in a JavaScript number). */
  getInteger(name: string): number | undefined {
    const value = this.evaluate(name);
    if (typeof value !== "bigint" || value < SAFE_MIN || value > SAFE_MAX) return undefined;
    return Number(value);
  }

  /** The value of an attribute that is a real or an integer, else undefined. */
  getReal(name: string): number | undefined {
    const value = this.evaluate(name);
    return value instanceof Real
      ? value.value
      : typeof value === "bigint"
      ? Number(value)
      : undefined;
  }

  /** The value of an attribute that is true or false, else undefined. */
  getBoolean(name: string): boolean | undefined {
    const value = this.evaluate(name);
    return typeof value === "boolean" ? value : undefined;
  }

  /** The values of an attribute that is a list, else undefined. */
  getList(name: string): Value[] | undefined {
    const value = this.evaluate(name);
    return value instanceof ValueList
      ? value.items.map((item) => evaluate(item, value.scope))
      : undefined;
  }

  /** The value of an attribute that is an ad, else undefined. */
  getAd(name: string): ClassAd | undefined {
    const value = this.evaluate(name);
    return value instanceof ClassAd ? value : undefined;
  }
}

/**
 * Builds an ad from a plain object; members that are undefined are left out.
 *
 * @throws RangeError for a number that is not a whole one: reals are written `real(1.5)`.
 */
export function makeAd(record: { readonly [name: string]: AdValue }): ClassAd {
  const ad = new ClassAd();
  for (const [name, value] of Object.entries(record)) {
    if (value !== undefined) ad.set(name, value);
  }
  return ad;
}

/**
 * The expression that has the given value.
 *
 * @throws RangeError for a number that is not a whole one.
 */
export function toExpression(value: AdValue): Expression {
  if (typeof value === "number") {
    if (!Number.isInteger(value)) {
      throw new RangeError(`Cannot make an integer of "${value}": use real()`);
    }
    return literal(BigInt.asIntN(64, BigInt(value)));
  }
  if (typeof value === "bigint") return literal(BigInt.asIntN(64, value));
  if (typeof value !== "object") return literal(value);
  if (value instanceof ClassAd) return { kind: "ad", ad: value };
  if (isArray(value)) return { kind: "list", items: value.map(toExpression) };
  if (
    value instanceof Real || value instanceof AbsoluteTime || value instanceof RelativeTime ||
    value instanceof ValueList
  ) return literal(value);
  return { kind: "ad", ad: makeAd(value) };
}

function isArray(value: unknown): value is readonly AdValue[] {
  return Array.isArray(value);
}
