/**
 * The nodes of a parsed expression; they are never changed after they were made.
 */

import type { ClassAd } from "./ad.ts";
import type { Value } from "./value.ts";

/** Operators in front of their operand; `()` is a pair of parentheses, kept for printing. */
export type UnaryOperator = "+" | "-" | "!" | "~" | "()";

/** Operators between two operands; `?:` without a middle part is one of them. */
export type BinaryOperator =
  | "||"
  | "&&"
  | "|"
  | "^"
  | "&"
  | "=="
  | "!="
  | "is"
  | "isnt"
  | "<"
  | "<="
  | ">"
  | ">="
  | "<<"
  | ">>"
  | ">>>"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "?:"
  | "[]";

/** A constant. */
export interface Literal {
  readonly kind: "literal";
  readonly value: Value;
}

/** `name`, `.name` (absolute) or `of.name`. */
export interface AttributeReference {
  readonly kind: "attribute";
  readonly name: string;
  readonly of: Expression | undefined;
  readonly absolute: boolean;
}

/** `name(args)`. */
export interface FunctionCall {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expression[];
}

/** An operator and its operand. */
export interface UnaryOperation {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}

/** An operator and its two operands. */
export interface BinaryOperation {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `condition ? then : otherwise`. */
export interface TernaryOperation {
  readonly kind: "ternary";
  readonly condition: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}

/** `{ items }`. */
export interface ListExpression {
  readonly kind: "list";
  readonly items: readonly Expression[];
}

/** `[ … ]`. */
export interface AdExpression {
  readonly kind: "ad";
  readonly ad: ClassAd;
}

/** Any expression. */
export type Expression =
  | Literal
  | AttributeReference
  | FunctionCall
  | UnaryOperation
  | BinaryOperation
  | TernaryOperation
  | ListExpression
  | AdExpression;

/** A constant expression. */
export function literal(value: Value): Literal {
  return { kind: "literal", value };
}
