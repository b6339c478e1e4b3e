/** Passwords in a `.netrc` file, in curl's reading of it. */

/**
 * Finds the login for a host.
 *
 * @param text the file's content
 * @param host the host to log in to; names are compared without regard to case
 * @returns `user:password` of the first entry for the host, or of `default`; undefined without one
 */
export function netrcLogin(text: string, host: string): string | undefined {
  const words = wordsOf(text.replace(/^[ \t]*macdef\b[^]*?(?:\n[ \t]*\n|$(?![^]))/gm, ""));
  for (let i = 0; i < words.length;) {
    const word = words[i++];
    if (word !== "machine" && word !== "default") continue;
    const applies = word === "default" || words[i++]?.toLowerCase() === host.toLowerCase();
    const entry: Record<string, string> = {};
    for (; i < words.length && words[i] !== "machine" && words[i] !== "default"; i += 2) {
      entry[words[i]!] = words[i + 1] ?? "";
    }
    if (applies && entry["login"] !== undefined) {
      return `${entry["login"]}:${entry["password"] ?? ""}`;
    }
  }
  return undefined;
}

/** The words of the file; in quotes they may hold blanks, and escapes with a backslash. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const line of text.split("\n")) {
    if (/^\s*#/.test(line)) continue;
    for (const [word] of line.matchAll(/"(?:\\.|[^"\\])*"?|\S+/g)) {
      words.push(word.startsWith('"') ? unquote(word) : word);
    }
  }
  return words;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unquote(word: string): string {
  return word.replace(/^"|(?<!\\)"$/g, "").replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c);
}
