/**
 * Ads and expressions as text, as HTCondor's own printers write them.
 */

import type { ClassAd } from "./ad.ts";
import { lowerAscii } from "./compare.ts";
import { ClassAdError } from "./error.ts";
import type { BinaryOperation, Expression } from "./expression.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { formatOldReal, formatReal } from "./numbers.ts";
import { encodeBinary } from "./text.ts";
import { formatAbsoluteTime, formatRelativeTime } from "./times.ts";
import { AbsoluteTime, Real, RelativeTime, type Value, ValueList } from "./value.ts";

/** An ad in new format, on one line and in ASCII. */
export function printAd(ad: ClassAd): string {
  return new Printer("new").ad(ad);
}

/** An expression in new format. */
export function printExpression(expression: Expression): string {
  return new Printer("new").expression(expression);
}

/** A value in new format. */
export function printValue(value: Value): string {
  return new Printer("new").value(value);
}

/**
 * An ad in long format: a line per attribute, each ended by a newline.
 *
 * @throws ClassAdError for a string or name with a line break or NUL, which this format cannot hold
 */
export function printOldAd(ad: ClassAd): string {
  let text = "";
  for (const [name, expression] of ad.entries()) {
    text += `${quoteName(name)} = ${new Printer("old").expression(expression)}\n`;
  }
  return text;
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESERVED = new Set(["true", "false", "undefined", "error", "is", "isnt", "parent"]);

/** An attribute name as it stands in an ad: in single quotes where it needs them. */
export function quoteName(name: string): string {
  return isPlainName(name) ? name : `'${escape(name, "'")}'`;
}

function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name) && !RESERVED.has(lowerAscii(name));
}

class Printer {
  readonly #format: "new" | "old";
  #depth = 0;

  constructor(format: "new" | "old") {
    this.#format = format;
  }

  ad(ad: ClassAd): string {
    this.#enter();
    const items: string[] = [];
    for (const [name, expression] of ad.entries()) {
      items.push(`${this.#name(name)} = ${this.expression(expression)}`);
    }
    this.#depth--;
    return `[ ${items.join("; ")} ]`;
  }

  expression(expression: Expression): string {
    this.#enter();
    const text = this.#print(expression);
    this.#depth--;
    return text;
  }

  value(value: Value): string {
    switch (typeof value) {
      case "string":
        return this.#format === "new" ? `"${escape(value, '"')}"` : this.#quoteOld(value);
      case "bigint":
      case "boolean":
        return value.toString();
      case "undefined":
        return "undefined";
      case "symbol":
        return "error";
    }
    if (value instanceof Real) {
      return this.#format === "new" ? formatReal(value.value) : formatOldReal(value.value);
    }
    if (value instanceof AbsoluteTime) return `absTime("${formatAbsoluteTime(value)}")`;
    if (value instanceof RelativeTime) return `relTime("${formatRelativeTime(value)}")`;
    return value instanceof ValueList ? this.#list(value.items) : this.ad(value);
  }

  #print(expression: Expression): string {
    switch (expression.kind) {
      case "literal":
        return this.value(expression.value);
      case "attribute": {
        const { name, of, absolute } = expression;
        if (of === undefined) return `${absolute ? "." : ""}${this.#name(name)}`;
        // HTCondor quotes "parent" everywhere but here.
        return `${this.expression(of)}.${lowerAscii(name) === "parent" ? name : this.#name(name)}`;
      }
      case "call":
        return `${this.#name(expression.name)}(${this.#join(expression.args)})`;
      case "unary": {
        const operand = this.expression(expression.operand);
        return expression.operator === "()" ? `(${operand})` : ` ${expression.operator}${operand}`;
      }
      case "binary":
        return this.#binary(expression);
      case "ternary": {
        const { condition, then, otherwise } = expression;
        return `${this.expression(condition)} ? ${this.expression(then)} : ${
          this.expression(otherwise)
        }`;
      }
      case "list":
        return this.#list(expression.items);
      case "ad":
        return this.ad(expression.ad);
    }
  }

  /** Goes down the left operands first, so that a long chain takes no stack. */
  #binary(expression: BinaryOperation): string {
    const chain = [expression];
    let first = expression.left;
    while (first.kind === "binary") {
      chain.push(first);
      first = first.left;
    }
    const parts = [this.expression(first)];
    for (const { operator, right } of chain.reverse()) {
      const operand = this.expression(right);
      parts.push(operator === "[]" ? `[${operand}]` : ` ${this.#spell(operator)} ${operand}`);
    }
    return parts.join("");
  }

  #spell(operator: string): string {
    if (this.#format === "new") return operator;
    return operator === "is" ? "=?=" : operator === "isnt" ? "=!=" : operator;
  }

  #list(items: readonly Expression[]): string {
    return `{ ${this.#join(items)} }`;
  }

  #join(items: readonly Expression[]): string {
    return items.map((item) => this.expression(item)).join(",");
  }

  #quoteOld(text: string): string {
    // A backslash before the closing quote is read as part of the string at the end of a line only.
    if (/[\n\0]/.test(text) || (text.endsWith("\\") && this.#depth > 1)) {
      throw new ClassAdError(
        "value",
        "Cannot print ad: the long format has no way to write a line break, NUL or inner backslash",
      );
    }
    return `"${text.replaceAll('"', '\\"')}"`;
  }

  #name(name: string): string {
    if (this.#format === "new" || isPlainName(name)) return quoteName(name);
    // Inside an expression the long format knows no escapes, not even of the quote.
    if (/['\n\0]|\\$/.test(name)) {
      throw new ClassAdError(
        "value",
        "Cannot print ad: the long format has no way to write a name",
      );
    }
    return `'${name}'`;
  }

  #enter(): void {
    // Ads can be nested by program without bound, and even contain themselves.
    if (++this.#depth > 2 * DEFAULT_LIMITS.maxDepth) {
      throw new ClassAdError(
        "limit",
        `Cannot print ad: it is nested deeper than ${DEFAULT_LIMITS.maxDepth}`,
      );
    }
  }
}

const LETTER_ESCAPES: { readonly [character: string]: string } = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  "\0": "",
};

/** The bytes of a text with all but printable ASCII escaped; NULs, which no string holds, go. */
function escape(text: string, delimiter: string): string {
  if (/^[ !#-&(-[\]-~]*$/.test(text)) return text;
  return encodeBinary(text).replace(/[^ !#-&(-[\]-~]/g, (byte) => {
    if (byte === "'" || byte === '"') return byte === delimiter ? `\\${byte}` : byte;
    return LETTER_ESCAPES[byte] ?? `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
}
