/**
 * The evaluator.
 *
 * Values follow HTCondor's library; its evaluation of a reference that leads back to itself fails
 * as a whole, and so does this one: the value is error.
 */

import { ClassAd } from "./ad.ts";
import { ClassAdError } from "./error.ts";
import type {
  AttributeReference,
  BinaryOperation,
  Expression,
  FunctionCall,
  TernaryOperation,
} from "./expression.ts";
import { findFunction } from "./functions/table.ts";
import { type Limits, withDefaults } from "./limits.ts";
import { applyBinary, applyUnary, truth } from "./operators.ts";
import { ERROR, type Value, ValueList } from "./value.ts";

/** What an evaluation may use besides the ad. */
export interface EvaluateOptions {
  /** The ad that `TARGET` names, and that unscoped names are looked for in last. */
  readonly target?: ClassAd | undefined;
  /** Seconds since 1970, for `time()` and its relatives; the system's clock by default. */
  readonly now?: () => number;
  /** A number from 0 up to 1, for `random()`; `Math.random` by default. */
  readonly random?: () => number;
  /** Bounds other than the defaults. */
  readonly limits?: Partial<Limits>;
}

/** Ends an evaluation whose value is error whatever surrounds the place. */
class Unevaluable extends Error {}

/**
 * The value of an expression in the scope of an ad.
 *
 * @throws ClassAdError with code `limit` when the evaluation goes on for too long
 */
export function evaluate(
  expression: Expression,
  scope?: ClassAd,
  options: EvaluateOptions = {},
): Value {
  if (expression.kind === "literal") return expression.value;
  try {
    return new Evaluation(scope, options).evaluate(expression, scope);
  } catch (error) {
    if (error instanceof Unevaluable) return ERROR;
    throw error;
  }
}

/** One running evaluation: its bounds and its surroundings. */
export class Evaluation {
  readonly limits: Limits;
  readonly now: () => number;
  readonly random: () => number;
  readonly #self: ClassAd | undefined;
  readonly #target: ClassAd | undefined;
  #steps = 0;
  #depth = 0;
  /** The ad in which the last successful look-up ended. */
  #foundIn: ClassAd | undefined;

  constructor(self: ClassAd | undefined, options: EvaluateOptions) {
    this.limits = withDefaults(options.limits);
    this.now = options.now ?? (() => Math.floor(Date.now() / 1000));
    this.random = options.random ?? Math.random;
    this.#self = self === undefined ? undefined : topOf(self);
    this.#target = options.target;
  }

  /** The value of an expression found in an ad. */
  evaluate(expression: Expression, scope: ClassAd | undefined): Value {
    if (expression.kind === "literal") return expression.value;
    if (++this.#steps > this.limits.maxSteps) {
      throw new ClassAdError(
        "limit",
        `Cannot evaluate expression: it takes more than ${this.limits.maxSteps} steps`,
      );
    }
    if (this.#depth >= this.limits.maxEvaluationDepth) throw new Unevaluable();
    this.#depth++;
    const value = this.#dispatch(expression, scope);
    this.#depth--;
    return value;
  }

  /** Refuses a string that has grown too long. */
  checkLength(length: number): void {
    if (length > this.limits.maxStringLength) {
      throw new ClassAdError(
        "limit",
        `Cannot evaluate expression: a string exceeds ${this.limits.maxStringLength} characters`,
      );
    }
  }

  /** Fails the evaluation as a whole. */
  abandon(): never {
    throw new Unevaluable();
  }

  #dispatch(
    expression: Exclude<Expression, { kind: "literal" }>,
    scope: ClassAd | undefined,
  ): Value {
    switch (expression.kind) {
      case "attribute":
        return this.#attribute(expression, scope);
      case "call":
        return this.#call(expression, scope);
      case "unary":
        return applyUnary(expression.operator, this.evaluate(expression.operand, scope));
      case "binary":
        return this.#binary(expression, scope);
      case "ternary":
        return this.#ternary(expression, scope);
      case "list":
        return new ValueList(expression.items, scope);
      case "ad":
        return expression.ad.within(scope);
    }
  }

  #call(call: FunctionCall, scope: ClassAd | undefined): Value {
    const apply = findFunction(call.name);
    return apply === undefined ? ERROR : apply({ evaluation: this, scope, args: call.args });
  }

  #ternary(expression: TernaryOperation, scope: ClassAd | undefined): Value {
    const condition = this.evaluate(expression.condition, scope);
    if (condition === undefined) return undefined;
    const isTrue = truth(condition);
    if (isTrue === undefined) return ERROR;
    return this.evaluate(isTrue ? expression.then : expression.otherwise, scope);
  }

  /** Goes down the left operands first, so that a long chain takes no stack. */
  #binary(expression: BinaryOperation, scope: ClassAd | undefined): Value {
    const chain = [expression];
    let first = expression.left;
    while (first.kind === "binary") {
      chain.push(first);
      first = first.left;
    }
    let value = this.evaluate(first, scope);
    for (let i = chain.length - 1; i >= 0; i--) {
      const { operator, right } = chain[i] as BinaryOperation;
      if (i > 0) this.#steps++;
      if (value === ERROR && operator !== "is" && operator !== "isnt") continue;
      if (operator === "?:") {
        if (value === undefined) value = this.evaluate(right, scope);
      } else if (operator === "||" && truth(value) === true) {
        value = true;
      } else if (operator === "&&" && truth(value) === false) {
        value = false;
      } else {
        const other = this.evaluate(right, scope);
        value = operator === "[]"
          ? this.#subscript(value, other)
          : applyBinary(operator, value, other);
      }
    }
    return value;
  }

  #subscript(value: Value, index: Value): Value {
    if (value === ERROR || index === ERROR) return ERROR;
    if (value === undefined || index === undefined) return undefined;
    if (value instanceof ValueList && typeof index === "bigint") {
      const item = index < 0n ? undefined : value.items[Number(index)];
      return item === undefined ? ERROR : this.evaluate(item, value.scope);
    }
    if (value instanceof ClassAd && typeof index === "string") {
      const found = value.get(index);
      return found === undefined ? undefined : this.evaluate(found, value);
    }
    return ERROR;
  }

  #attribute(reference: AttributeReference, scope: ClassAd | undefined): Value {
    const { name, of } = reference;
    if (of === undefined) {
      const start = reference.absolute && scope !== undefined ? topOf(scope) : scope;
      if (start === undefined) {
        // HTCondor gives up on an absolute reference without any ad, but not on others.
        if (reference.absolute) return this.abandon();
        return undefined;
      }
      return this.#resolve(name, start, reference.absolute);
    }
    const value = this.evaluate(of, scope);
    if (value === undefined) return undefined;
    if (value instanceof ClassAd) return this.#resolve(name, value, true);
    if (!(value instanceof ValueList)) return ERROR;
    const items = value.items.map((item): Expression => {
      const selection: Expression = { kind: "attribute", name, of: item, absolute: false };
      return { kind: "literal", value: this.evaluate(selection, value.scope) };
    });
    return new ValueList(items);
  }

  #resolve(name: string, start: ClassAd, isScoped: boolean): Value {
    const found = this.#lookUp(name, start);
    if (found !== undefined) return this.evaluate(found, this.#foundIn);
    const special = this.#special(name, start);
    if (special !== undefined) return special;
    const other = isScoped ? undefined : this.#otherAd(start);
    const foundThere = other === undefined ? undefined : this.#lookUp(name, other);
    return foundThere === undefined ? undefined : this.evaluate(foundThere, this.#foundIn);
  }

  #lookUp(name: string, start: ClassAd): Expression | undefined {
    for (let ad: ClassAd | undefined = start; ad !== undefined; ad = ad.parent) {
      const expression = ad.get(name);
      if (expression !== undefined) {
        this.#foundIn = ad;
        return expression;
      }
    }
    return undefined;
  }

  #special(name: string, start: ClassAd): Value {
    switch (name.toLowerCase()) {
      case "self":
      case "my":
        return start;
      case "parent":
        return start.parent;
      case "root":
      case "toplevel":
        return topOf(start);
      case "target":
        return this.#otherAd(start);
      default:
        return undefined;
    }
  }

  /** The ad opposite to the one a place belongs to: each is the other's target. */
  #otherAd(place: ClassAd): ClassAd | undefined {
    return topOf(place) === this.#self ? this.#target : this.#self;
  }
}

function topOf(ad: ClassAd): ClassAd {
  let top = ad;
  while (top.parent !== undefined) top = top.parent;
  return top;
}
