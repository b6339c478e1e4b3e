/** Patterns of included lines: `/pattern/flags` as PCRE. */
import { type Node, parsePattern, type Pattern, PatternError } from "../../classad/regex_parser.ts";
import { encodeBinary } from "../../classad/text.ts";

const LONGEST = 4096;

/**
 * Reads a pattern.
 *
 * @param flags `i` to ignore case, `U` to make repetitions lazy
 * @returns a text when it cannot be used: why
 */
export function readPattern(text: string, flags: string): Pattern | string {
  if (text.length > LONGEST) return `longer than ${LONGEST} characters`;
  try {
    const pattern = parsePattern(encodeBinary(text), flags.replaceAll("U", ""));
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
