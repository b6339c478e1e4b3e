import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ConfigError } from "../../core/config/error.ts";
import type { Files } from "../../core/config/files.ts";
import { ConfigReader, type ReaderOptions } from "../../core/config/reader.ts";

fc.configureGlobal({ seed: 2026 });

/** Files that exist only here, by full path. */
function inMemory(texts: Readonly<Record<string, string>>): Files {
  const paths = Object.keys(texts);
  const list = (folder: string) =>
    paths.filter((path) => path.startsWith(`${folder}/`)).map((path) =>
      path.slice(folder.length + 1)
    );
  return {
    read: (path) => Object.hasOwn(texts, path) ? texts[path] : undefined,
    list: (folder) => list(folder).length === 0 ? undefined : list(folder),
    exists: (path) => Object.hasOwn(texts, path),
  };
}

function read(
  main: string,
  more: Readonly<Record<string, string>> = {},
  options: Partial<ReaderOptions> = {},
): ConfigReader {
  const files = inMemory({ "/c": main, ...more });
  const environment = { CONDOR_CONFIG: "/c", ...options.environment };
  const reader = new ConfigReader({ files, ...options, environment });
  reader.readAll();
  return reader;
}

function value(main: string, options: Partial<ReaderOptions> = {}): string | undefined {
  return read(main, {}, options).find("X")?.value;
}

const VALUES: readonly (readonly [string, string | undefined])[] = [
  ["X = a b ", "a b"],
  ["x=1\nX=2", "2"],
  ["X=", undefined],
  ["", undefined],
  ["X = one \\\n  two \\\n  three", "one two three"],
  ["X = one \\\n# left out \\\n  three", "one three"],
  ["X = one \\\n# ends it\nY=2", "one "],
  ["# c \\\nX=1", "1"],
  ["X=1 # kept", "1 # kept"],
  ["A=a\nX=$(A)$(A:d)$(B:d $(A))$(B)|", "aad a|"],
  ["X=$$(A) $(DOLLAR)(A) $$$(DOLLAR)", "$$(A) $(A) $$$"],
  ["X=1\nX=$(X) 2\nX=$(X) 3", "1 2 3"],
  ["X=$(X:d) m", "d m"],
  ["A=1\nX=$(A)\nA=2", "2"],
  ["N=A\nA=5\nX=$($(N))", "5"],
  ["X=$ENV(HOME)|$ENV(NO)|$ENV(NO:d)", "/h|UNDEFINED|d"],
  ["X=$ENV(constructor)$(constructor)", "UNDEFINED"],
  ["A=3.7\nX=$INT(A)|$INT(2*3)|$INT(A,%04d)|$REAL(A,%.2f)", "3|6|0003|3.70"],
  ["A=hello\nX=$SUBSTR(A,1,-1)|$SUBSTR(A,-2)|$STRING(A,%7s)", "ell|lo|  hello"],
  ["L=a,b\nX=$CHOICE(1,L)$CHOICE(0,p,q)", "bp"],
  ["A=/a/b/c.d\nX=$Fp(A)|$Fd(A)|$Fn(A)|$Fx(A)|$Fqa(A)|$Fdb(A)", "/a/b/|b/|c|.d|'/a/b/c.d'|b"],
  ["X=$RANDOM_CHOICE(a,b,c)$RANDOM_INTEGER(1,9,2)", "b5"],
  ["TOOL.X=1\nX=2", "1"],
  ["SCHEDD.X=1\nX=2\nSCHEDD.X=$(SCHEDD.X)", "2"],
  ["X @=end\n a $(A)\n# c\n\nb\n@end\nA=1", "a 1\nb"],
  ["if defined A\nX=1\nelif ! false\nX=2\nelse\nX=3\nendif", "2"],
  ["if version >= 8.1.6\nX=new\nelse\nX=old\nendif", "new"],
  ["if false\nif bogus\nX=1\nendif\ngarbage\nendif\nX=2", "2"],
  ["use ROLE:Execute\nX=1", "1"],
  ["X : 5", "5"],
  ["A=X\n$(A) = 5", "5"],
];
for (const [text, expected] of VALUES) {
  Deno.test(`ConfigReader reads ${JSON.stringify(text)}`, () => {
    assertEquals(value(text, { environment: { HOME: "/h" }, random: () => 0.5 }), expected);
  });
}

const ERRORS: readonly (readonly [string, string])[] = [
  ["Y=1\ngarbage", `/c:2: Cannot read statement "garbage"`],
  ["A-B=1", `/c:1: Cannot set "A-B": not a knob's name`],
  ["=1", `/c:1: Cannot set "": not a knob's name`],
  ["X @=end\na", `/c:2: Line "@end" is missing`],
  ["if true\nX=1", `/c:2: "endif" is missing`],
  ["X=1\nendif", `/c:2: "endif" stands without "if"`],
  ["if true\nelse\nelse\nendif", `/c:3: "else" stands after "else"`],
  ["if 1 == 1\nendif", `/c:1: Cannot read condition "1 == 1"`],
  ["if\nendif", "/c:1: Cannot read condition: it is empty"],
  ["A=b\nerror : no $(A)", "/c:2: The configuration says: no b"],
  ["include : /none", "/none: Cannot read configuration: no such file"],
  ["include x : /i", `/c:1: Cannot include: "x" is not a keyword`],
  [
    "include command : date",
    "/c:1: Cannot include the output of a command: no program is started here",
  ],
  ["include : date |", "/c:1: Cannot include the output of a command: no program is started here"],
  ["LOCAL_CONFIG_FILE = date |", "/c:1: Cannot use LOCAL_CONFIG_FILE: no program is started here"],
  ["include : /c", "/c: Includes are nested too deep"],
  ["LOCAL_CONFIG_FILE = /none", "/none: Cannot read configuration: no such file"],
  [
    "LOCAL_CONFIG_DIR=/d\nLOCAL_CONFIG_DIR_EXCLUDE_REGEXP=(",
    `/c:2: Cannot use LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: "(" is no pattern`,
  ],
  ["X=$(Y)\nY=$(X)", `/c:1: Macros expand without end, last "$(Y)"`],
  ["Y=1\nX=$INT(q)", `/c:2: $INT: "q" is not an integer`],
  ["X=$INT(1,%s)", `/c:1: $INT: "%s" is not a valid format`],
  ["X=$CHOICE(9,a,b)", `/c:1: $CHOICE: no item "9" in the list`],
  ["X=$RANDOM_INTEGER(5,1)", `/c:1: $RANDOM_INTEGER: "5,1" is no range`],
  ["X=$Fp(Y)\nY=$Fq(X)", "/c:1: Macros are nested too deep"],
  [`X=${"a".repeat(70_000)}`, `/c:1: Value of "X" is too long`],
  [`A=${"a".repeat(40_000)}\nX=$(A)$(A)`, `/c:2: Macros expand without end, last "$(A)"`],
];
for (const [text, message] of ERRORS) {
  Deno.test(`ConfigReader refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
    assertEquals(assertThrows(() => value(text), ConfigError).message, message);
  });
}

Deno.test("ConfigReader says what set a knob", () => {
  const environment = { _CONDOR_E: "1" };
  const reader = read("\nX=1\ninclude : /i\n", { "/i": "#\n#\nY=\\\n2" }, { environment });
  assertEquals(reader.find("X"), { value: "1", origin: "/c:2" });
  assertEquals(reader.find("y"), { value: "2", origin: "/i:4" });
  assertEquals(reader.find("E"), { value: "1", origin: "environment variable _CONDOR_E" });
});

Deno.test("ConfigReader reads folders by name, then local files, then the environment", () => {
  const more: Record<string, string> = { "/l": "X=$(X) l\n" };
  for (const name of ["b", "a", "10", "9", "B", ".h", "c~", "#x#", "d.rpmsave"]) {
    more[`/d/${name}`] = `X=$(X) ${name}\n`;
  }
  const main = "LOCAL_CONFIG_DIR=/d, /none\nLOCAL_CONFIG_FILE=/l";
  assertEquals(read(main, more).find("X")?.value, " 10 9 B a b l");
  const environment = { _condor_X: "env" };
  assertEquals(read(main, more, { environment }).find("X")?.value, "env");
});

Deno.test("ConfigReader follows a local file that names other local files", () => {
  const more = { "/l": "LOCAL_CONFIG_FILE=/l /m\nX=l", "/m": "X=$(X) m", "/n": "X=$(X) n" };
  assertEquals(read("LOCAL_CONFIG_FILE=/l /n", more).find("X")?.value, "l m");
});

Deno.test("ConfigReader prefers LOCALNAME over SUBSYSTEM over the bare name", () => {
  const text = "X=0\nCREDD.X=1\nNAMED.X=2\nTOOL.X=3";
  assertEquals(value(text, { subsystem: "CREDD" }), "1");
  assertEquals(value(text, { subsystem: "CREDD", localName: "named" }), "2");
});

Deno.test("ConfigReader reads the environment only, when told so or when there is no file", () => {
  const options = (config: Record<string, string>) => ({
    files: inMemory({ "/c": "X=1" }),
    environment: { ...config, _CONDOR_Y: "2" },
  });
  for (const config of [{ CONDOR_CONFIG: "ONLY_ENV" }, {}]) {
    const reader = new ConfigReader(options(config));
    reader.readAll();
    assertEquals([reader.find("X"), reader.find("Y")?.value], [undefined, "2"]);
  }
  const lost = new ConfigReader(options({ CONDOR_CONFIG: "/none" }));
  assertThrows(() => lost.readAll(), ConfigError, "/none: Cannot read configuration");
});

Deno.test("ConfigReader collects warnings and what it ignores", () => {
  const reader = read("warning : careful\nuse FEATURE : GPUs\nX : 1");
  assertEquals(reader.ignored, ["/c:2: use FEATURE : GPUs"]);
  assertEquals(reader.warnings, ["/c:1: careful", `/c:3: ":" is an obsolete way to set "X"`]);
});

Deno.test("ConfigReader never throws anything but ConfigError, and ends soon", () => {
  const word = fc.oneof(
    fc.constantFrom(
      ..."X Y TOOL.X = : @= @e $( ) $$( $INT( $F( $SUBSTR( $CHOICE( $ENV( , \\\n \n # | %d 1".split(
        " ",
      ),
    ),
    fc.constantFrom(
      "if ",
      "elif ",
      "else\n",
      "endif\n",
      "include : /c\n",
      "use ",
      "defined ",
      "\n",
    ),
    fc.constantFrom("X=$(Y)$(Y)\n", "Y=$(X)\n", "Y=$(Z)$(Z)\n", "Z=$(X:$(Y))$EVAL(Y)\n"),
    fc.string({ unit: "binary", maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }).map((list) => list.join("")), (text) => {
      try {
        const reader = read(text, {}, { environment: { _CONDOR_Q: text } });
        for (const name of ["X", "Y", "Q", "", "__proto__"]) reader.find(name);
      } catch (error) {
        assertInstanceOf(error, ConfigError);
        assert(error.message.length < 70_000);
      }
    }),
    { numRuns: 500 },
  );
});
