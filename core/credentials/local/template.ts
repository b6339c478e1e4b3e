/** Texts with names in braces, as Python's `str.format()` has them ("Format String Syntax"). */

/** A text that is no template. The message is the state found alone. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

/** Longest template, in characters. */
const LONGEST = 16 * 1024;

/** A template, ready to be filled in. */
export class Template {
  /** What it was made of. */
  readonly text: string;
  /** Literal texts at even places, names of fields between them. */
  readonly #parts: readonly string[];

  private constructor(text: string, parts: readonly string[]) {
    this.text = text;
    this.#parts = parts;
  }

  /**
   * Reads a template: `{name}` is a field, `{{` and `}}` are braces. Python's conversions and format
   * specifications are refused, as are fields that the template cannot have.
   *
   * @param fields names that may stand between braces
   * @throws {TemplateError}
   */
  static parse(text: string, fields: readonly string[]): Template {
    if (text.length > LONGEST) throw new TemplateError(`it has more than ${LONGEST} characters`);
    const parts: string[] = [];
    let literal = "";
    for (const [piece] of text.matchAll(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g)) {
      if (piece === "{{" || piece === "}}") {
        literal += piece[0];
      } else if (piece === "{" || piece === "}") {
        throw new TemplateError(`"${piece}" stands alone; write "${piece}${piece}" for a brace`);
      } else if (piece.startsWith("{")) {
        const name = piece.slice(1, -1);
        if (!fields.includes(name)) {
          const known = fields.map((field) => `{${field}}`).join(" or ");
          throw new TemplateError(`"{${shown(name)}}" is no placeholder; use ${known}`);
        }
        parts.push(literal, name);
        literal = "";
      } else {
        literal += piece;
      }
    }
    parts.push(literal);
    return new Template(text, parts);
  }

  /** The text with its fields filled in. */
  fill(values: Readonly<Record<string, string>>): string {
    return this.#parts.map((part, i) => i % 2 === 0 ? part : values[part] ?? "").join("");
  }
}

function shown(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|"/g, "?");
  return plain.length > 40 ? `${plain.slice(0, 40)}...` : plain;
}
