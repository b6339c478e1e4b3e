import { assert, assertEquals } from "@std/assert";
import { ClassAd, ERROR, evaluate, makeAd, parseExpression } from "../../core/classad/mod.ts";
import { search } from "../../core/classad/regex.ts";
import { parsePattern, PatternError } from "../../core/classad/regex_parser.ts";

/** Where a pattern matches first, or undefined. */
function find(pattern: string, subject: string, options = ""): string | undefined {
  const match = search(parsePattern(pattern, options), subject)?.[0];
  return match && subject.slice(match[0], match[1]);
}

Deno.test("search() finds what PCRE finds", () => {
  const table: [string, string, string | undefined, string?][] = [
    ["a+", "caaat", "aaa"],
    ["a+?", "caaat", "a"],
    ["a{2}", "aaa", "aa"],
    ["a{2,}b", "aaab", "aaab"],
    ["a{,2}", "a{,2}", "a{,2}"],
    ["a|ab", "ab", "a"],
    ["(a|ab)(c|bcd)$", "abcd", "abcd"],
    ["^b", "a\nb", undefined],
    ["^b", "a\nb", "b", "m"],
    ["a$", "a\n", "a"],
    ["a\\z", "a\n", undefined],
    ["a.b", "a\nb", undefined],
    ["a.b", "a\nb", "a\nb", "s"],
    ["A", "a", "a", "i"],
    ["[A-C]+", "abc", "abc", "i"],
    ["a b # x", "ab", "ab", "x"],
    ["(?i)A", "a", "a"],
    ["(?i:A)B", "aB", "aB"],
    ["(?i:A)B", "ab", undefined],
    ["(?<=x)y", "xy", "y"],
    ["(?<!x)y", "xy", undefined],
    ["a(?=b)", "ab", "a"],
    ["a(?!b)", "ab", undefined],
    ["(a)(b)?\\1", "aa", "aa"],
    ["(?<n>a)\\k<n>", "aa", "aa"],
    ["a++a", "aaa", undefined],
    ["(?>a*)a", "aaa", undefined],
    ["[^]a]", "]ab", "b"],
    ["[]a]+", "x]a", "]a"],
    ["[a-]+", "-a", "-a"],
    ["[[:digit:][:upper:]]+", "a1B", "1B"],
    ["\\d+\\w\\s\\S", "12a b", "12a b"],
    ["\\bb", "ab b", "b"],
    ["\\x41\\102", "AB", "AB"],
    ["\\.", "a.", "."],
    ["(a*)*b", "aab", "aab"],
    ["(|a)+", "a", ""],
    ["", "x", ""],
    [".", "\xe9", "\xe9"],
    ["\\w", "\xe9", undefined],
  ];
  for (const [pattern, subject, expected, options] of table) {
    assertEquals(find(pattern, subject, options), expected, `${pattern} in ${subject}`);
  }
});

Deno.test("parsePattern() rejects malformed and unsupported patterns", () => {
  const table = ["(", ")", "[a", "*a", "a**", "a{3,2}", "\\", "[z-a]", "[[:foo:]]", "(?R)", "\\q"];
  for (const pattern of [...table, "\\pL", "\\K", "(?(1)a)", "[\\d-z]", "(?", "(".repeat(200)]) {
    let isRejected = false;
    try {
      parsePattern(pattern, "");
    } catch (error) {
      isRejected = error instanceof PatternError;
    }
    assert(isRejected, pattern);
  }
});

Deno.test("regexp() and its relatives match and replace", () => {
  const table: [string, unknown][] = [
    ['regexp("b+", "abb")', true],
    ['regexp("B", "abb", "i")', true],
    ['regexp("(", "a")', ERROR],
    ['regexp("a", undefined)', undefined],
    ['regexp("a", 5)', ERROR],
    ['regexp("^.$", "é")', false],
    ['regexp("é", "é")', true],
    ['regexpMember("a", {undefined, "ba"})', true],
    ['regexpMember("a", {undefined, "b"})', undefined],
    ['regexps("(a)(b)", "cabd", "\\\\2\\\\1")', "ba"],
    ['regexps("a", "banana", "o", "g")', "ooo"],
    ['regexps("x", "banana", "o")', ""],
    ['replace("a+", "caaat", "-")', "c-t"],
    ['replace("x", "banana", "o")', "banana"],
    ['replaceAll("a", "banana", "o")', "bonono"],
    ['replaceAll("b*", "abc", "x")', ERROR],
    ['replace("é", "né", "è")', "nè"],
  ];
  for (const [text, expected] of table) {
    assertEquals(evaluate(parseExpression(text), new ClassAd()), expected, text);
  }
});

Deno.test("regexp() gives up on patterns that would take for ever", () => {
  const patterns = [
    "(a+)+$",
    "(a|a)*$",
    "(a*)*b",
    "a*a*a*a*a*a*b",
    "(.*)*(.*)*(.*)*b",
    "(?:a?){900}a{900}",
  ];
  for (const pattern of patterns) {
    const ad = makeAd({ pattern, subject: `${"a".repeat(5_000)}!` });
    const start = performance.now();
    assertEquals(evaluate(parseExpression("regexp(pattern, subject)"), ad), ERROR, pattern);
    assert(performance.now() - start < 5_000, pattern);
  }
});

Deno.test("regexp() bounds pattern and subject", () => {
  const check = (pattern: string, subject: string): unknown =>
    evaluate(parseExpression("regexp(p, s)"), makeAd({ p: pattern, s: subject }));
  assertEquals(check("a".repeat(1_000), "a".repeat(1_000)), true);
  assertEquals(check("a".repeat(1_001), "a"), ERROR);
  assertEquals(check("b", "a".repeat(10_001)), ERROR);
});
