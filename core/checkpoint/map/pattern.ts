/** Patterns of included lines: `/pattern/flags` as PCRE. */
import { type Node, parsePattern, type Pattern, PatternError } from "../../classad/regex_parser.ts";
import { encodeBinary } from "../../classad/text.ts";

const LONGEST = 4096;

/**
 * Reads a column that is a pattern.
 *
 * @returns undefined for a column that is none, and a text for what is wrong with one
 */
export function readPattern(column: string): Pattern | string | undefined {
  const [, text = "", flags = ""] = /^\/(.*)\/(\w*)$/s.exec(column) ?? [];
  if (!column.startsWith("/")) return undefined;
  if (text === "" || text.length > LONGEST) return "empty or too long";
  if (/[^iU]/.test(flags)) return `unknown flag in ${JSON.stringify(flags)}`;
  try {
    const pattern = parsePattern(encodeBinary(text), flags);
    return flags.includes("U") ? { ...pattern, root: swapGreed(pattern.root) } : pattern;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

/** Makes greedy repetitions lazy and lazy ones greedy (PCRE2_UNGREEDY). */
function swapGreed(node: Node): Node {
  switch (node.kind) {
    case "sequence":
    case "choice":
      return { ...node, parts: node.parts.map(swapGreed) };
    case "group":
    case "atomic":
    case "look":
      return { ...node, part: swapGreed(node.part) };
    case "repeat": {
      const mode = node.mode === "greedy" ? "lazy" : node.mode === "lazy" ? "greedy" : node.mode;
      return { ...node, part: swapGreed(node.part), mode };
    }
    default:
      return node;
  }
}
