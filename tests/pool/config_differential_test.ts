/**
 * Our reader of configuration files against HTCondor's `condor_config_val`, over hand-written and
 * generated files: the same are accepted, and every knob has the same value.
 */
import { assert, assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import fc from "fast-check";
import { askCondorConfigVal, type Run } from "../../core/config/condor_config_val.ts";
import { ConfigError } from "../../core/config/error.ts";
import { DISK, type Files } from "../../core/config/files.ts";
import { ConfigReader } from "../../core/config/reader.ts";

const ROOT = Deno.env.get("PINION_POOL_ROOT") ?? "/var/tmp/pinion-pool/root";
const MISSING = missing();

function missing(): string {
  if (Deno.uid() !== 0) return " (root is missing)";
  const installed = DISK.exists(`${ROOT}/usr/bin/condor_config_val`);
  return installed ? "" : " (HTCondor in PINION_POOL_ROOT is missing)";
}

/** Files as a process inside the root names them. */
const FILES: Files = {
  read: (path) => DISK.read(ROOT + path),
  list: (path) => DISK.list(ROOT + path),
  exists: (path) => DISK.exists(ROOT + path),
};

const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
const NAMES = [
  ..."ABCDEFGHIX".split("").map((letter) => `Q${letter}`),
  "MASTER.QA",
  "Q_1.x",
];

/** Configuration by file name; `c` is the main file, `%D` in a text is the folder of them all. */
type Case = Readonly<Record<string, string>>;
type Outcome = Readonly<Record<string, string>> | "refused" | "without end";

async function compare(files: Case, variables: Readonly<Record<string, string>> = {}) {
  const host = await Deno.makeTempDir({ dir: `${ROOT}/tmp` });
  try {
    await Deno.chmod(host, 0o755);
    const folder = host.slice(ROOT.length);
    for (const [name, text] of Object.entries(files)) {
      if (name.includes("/")) await Deno.mkdir(dirname(`${host}/${name}`), { recursive: true });
      await Deno.writeTextFile(`${host}/${name}`, text.replaceAll("%D", folder));
    }
    const environment = { PATH, HOME: "/root", CONDOR_CONFIG: `${folder}/c`, ...variables };
    const theirs = await htcondor(environment);
    if (theirs === "without end") return;
    assertEquals(ours(environment), theirs, JSON.stringify(files));
  } finally {
    await Deno.remove(host, { recursive: true });
  }
}

function ours(environment: Readonly<Record<string, string>>): Outcome {
  try {
    const reader = new ConfigReader({ environment, files: FILES });
    reader.readAll();
    const values: Record<string, string> = {};
    for (const name of NAMES) {
      const found = reader.find(name);
      if (found !== undefined && found.value !== "") values[name] = shown(found.value);
    }
    return values;
  } catch (error) {
    if (error instanceof ConfigError) return "refused";
    throw error;
  }
}

/** The tool trims the lines of a value that has several, and leaves out empty ones. */
function shown(value: string): string {
  if (!value.includes("\n")) return value;
  return value.split("\n").map((line) => line.trim()).filter((line) => line !== "").join("\n");
}

async function htcondor(environment: Readonly<Record<string, string>>): Promise<Outcome> {
  let timedOut = false;
  const run: Run = async (command, args) => {
    const output = await new Deno.Command("timeout", {
      args: ["2", "chroot", ROOT, command, ...args],
      env: environment,
      clearEnv: true,
      stdin: "null",
    }).output();
    timedOut = output.code === 124;
    const decoder = new TextDecoder();
    return { stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
  };
  try {
    const env = { command: "/usr/bin/condor_config_val", run };
    const { settings } = await askCondorConfigVal(NAMES, env);
    if (timedOut) return "without end";
    return Object.fromEntries([...settings].map(([name, { value }]) => [name, value]));
  } catch (error) {
    if (error instanceof ConfigError) return "refused";
    throw error;
  }
}

const HAND_WRITTEN: readonly Case[] = [
  // Lines.
  "QA = one \\\n   two \\\n   three\nQB=1",
  "QA = one \\\n# inner\n   three\nQB=1",
  "QA = one \\\n# inner \\\n   three\nQB=1",
  "QA = x \\\n\nQB=3",
  "QA = x \\\n  \\\n  z\nQB=1",
  "# c \\\nQA=1\n \t # d\nQB=2",
  "QA=a\\\nb\nQB=1 \\  \nQC=2",
  "QA=x\\\n",
  "QA=x\r\nQB=y \t\r\n",
  "garbage",
  // Statements.
  "QA QB=1",
  "QA : 5\nQB:6=7",
  "QA += 2\nQB == 3\nQC := 4",
  "QA-B=1",
  "=2",
  "QI=QA\n$(QI)=2\nQ$(QNO)B=3",
  "qa=1\nQa=2",
  "QA=1\nQA=",
  "Q_1.x=1",
  "ifQ = 1\nendif=3\nQA=1",
  "error : no",
  "error = 1\nwarning : x\nQA=1",
  "error x",
  "QA=1 # no comment",
  // Macros.
  "QA=a\nQB=$(QA:d)[$(QNO:d $(QA))]$(QNO)[$(QNO:)]\nQC=$(QNO:a)b)\nQD=$(QNO:a:b)\nQE=$( QA )\nQF=$(QA",
  "QA=a\nQB=$$(QA) $$(QA:y) $(DOLLAR)(QA) $$ $ $5 $$$(QA) $$$$(QA) $$([ $(QA) ])\nQC=$(QB)",
  "QA=1\nQA=$(QA) more\nQA=x$(qa)y$(QA:z)\nQB=$(QB) x\nQC=$(QC:d) m",
  "QA=1\nQB=$(QA)\nQA=2\nQB=$(QB)$(QA)\nQA=3",
  "QA=$(QX:$(QY:z))$(QX:a(b)c)\nQB=$(QX:\nQC=$(Q-A)x$(Q$A)$()\nQD=$(QX:$(QY:z)",
  "QB=$(QX\nQA=$(QB)1)\nQX1=q\nQI=QX\nQC=$($(QI))\nQX=5",
  "QB=\nQA=$(QB:def)|$(QB)",
  "QA=$ENV(HOME) $ENV(NOPE) $ENV(NOPE:d $(QB)) $ENV(HOME:x) $ENV(NOPE:) $Env(HOME) $ENV(HO ME)\nQB=1",
  "QA=$(dollar)(x)$(DOLLAR:q)\nQB=$(QA)",
  "QA=a\\b\\\\c",
  // Functions.
  "QI=3.7\nQA=$INT(QI) $REAL(QI) $INT(QI,%04d) $REAL(QI,%.2f) $INT(2+3*4) $INT(QI,%x|%%)",
  "QI=255\nQA=$INT(QI,%5d|)$INT(QI,%-5d|)$INT(QI,%X)$INT(QI,%o)$INT(QI,% d)$INT(QI,%#x)$INT(QI,%.5d)",
  "QI=-1\nQA=$INT(QI,%x)$INT(QI,%u)$INT(QI,%lld)$INT(-7/2)$INT(-2.9)$INT(true)",
  "QI=1234.5678\nQA=$REAL(QI,%e)|$REAL(QI,%g)|$REAL(QI,%8.3f|)|$REAL(QI,%09.3f)|$REAL(QI,%+g)",
  "QI=0.00001234\nQA=$REAL(QI)|$REAL(QI,%.3g)|$REAL(QI,%#g)|$REAL(1/3.0)|$REAL(1e20)|$REAL(1.0)",
  "QA=$INT(QNO)",
  "QI=1\nQA=$INT(QI,%s)",
  "QI=1\nQA=$INT(QI,)",
  'QI="5"\nQA=$INT(QI)',
  'QI="hello"\nQA=$STRING(QI)|$STRING(QI,%10s)|$STRING(QI,%-8s|)|$STRING(QNO)|$STRING("lit")|$STRING(QI,%.2s)',
  'QI=strcat("a","b")\nQA=$STRING(QI)\nQX=1+1\nQB=$STRING(QX)$STRING($(QX))',
  "QX=abcdef\nQI=2\nQA=$SUBSTR(QX,2,3)|$SUBSTR(QX,-3)|$SUBSTR(QX,1,-1)|$SUBSTR(QX,9)|$SUBSTR(QX,QI)|$SUBSTR(QX,1+1,2)",
  "QX=abcde\nQA=$SUBSTR(QX,-2,1)|$SUBSTR(QX,-9,2)|$SUBSTR(QX,1,-9)|$SUBSTR(QX,2,0)|$SUBSTR(QNO,1)",
  "QX=abc\nQA=$SUBSTR(QX)",
  "QX=a b,c\nQI=1\nQA=$CHOICE(1,x,y,z) $CHOICE(QI,x,y) $CHOICE(QI,QX) $CHOICE(0,QX) $CHOICE(1, x , y )",
  "QA=$CHOICE(7,a,b)",
  "QA=$CHOICE(-1,a,b)|",
  "QA=$CHOICE(0,QNO)",
  'QX=1.5\nQA=$EVAL(1+1)|$EVAL(QX)\nQB=$EVAL({1,"a"})',
  "QX=/a/b/c.d.txt\nQA=" + functions("QX"),
  "QX=rel\nQA=" + functions("QX"),
  "QX=/x\nQA=" + functions("QX"),
  "QX=/a/\nQA=" + functions("QX"),
  "QX=a.b/.hid\nQA=" + functions("QX"),
  'QX="/a b/c d.e"\nQA=' + functions("QX"),
  "QX='/a b/c d.e'\nQA=" + functions("QX"),
  "QX=a/b.d\nQA=" + functions("QX"),
  "QI=/r\nQX=$(QI)/s.t\nQA=" + functions("QX"),
  "QA=$F(QNO)|$Fp()|$Fz(QA)x|$Fn(/x/y.z)|$BASENAME(/x/y.z)|$DIRNAME(/x/y.z)",
  "QX=a\nQX=$$(QX)$(QX:q)$Fq(QX)",
  "QA=$FOO(x)$foo(x)$int(4)",
  "QA=$RANDOM_CHOICE(z,z)$RANDOM_INTEGER(5,5)$RANDOM_INTEGER(5,9,100)",
  "QA=$RANDOM_INTEGER(5,1)",
  // Prefixes.
  "TOOL.QA=1\nQA=2\nMASTER.QA=3\nQB=$(QA)\nQC=$(MASTER.QA) $(TOOL.QA)",
  "QA=2\nQA=$(QA) 3\nTOOL.QA=$(QA) 1\nTOOL.QA = $(TOOL.QA) 7",
  "QA=2\nTOOL.QA=9\nMASTER.QA=$(QA) 1",
  "TOOL.QA=\nQA=1\nQB=$(QA:d)",
  // Blocks.
  "QA @=end\nline one\n  # no\nline two \\\n three $(QB)\n\n@end\nQB=1",
  "QA=1\nQA @=end\n$(QA) a\n @end  \nQB=2",
  "QA @=end\n@end\nQB=1",
  "QA @=end\na",
  "QA @=x y\n@xy\n1\n@x y\nQB=1",
  "QA@=x\n1\n@x",
  // Includes.
  "include : %D/i\nQB=$(QI)",
  "QI=i\nINCLUDE ifexist : %D/$(QI)\n@include: %D/i",
  "include : %D/none",
  "include ifexist : %D/none\nQA=1",
  "include foo : %D/i",
  "include : %D/rec",
  "include : %D/bad",
  "include = 5\nQA=1",
  "LOCAL_CONFIG_DIR=%D/d\nQX=main",
  "LOCAL_CONFIG_DIR=%D/d, %D/none\nLOCAL_CONFIG_FILE=%D/l1,%D/l2\nQX=main",
  "LOCAL_CONFIG_DIR=%D/d\nLOCAL_CONFIG_DIR_EXCLUDE_REGEXP=^[a9]",
  "LOCAL_CONFIG_FILE=%D/chain %D/l1",
  "LOCAL_CONFIG_FILE=%D/none",
  "REQUIRE_LOCAL_CONFIG_FILE=false\nLOCAL_CONFIG_FILE=%D/none %D/l1",
  // Conditions.
  ...[
    "true|no|T|0|2.5|0.0|.5|1e-5|-1|!true|! false|$(QNO)|$(QNO:yes)||maybe|1k|+1|0x10|!!true",
    "true && true|1 == 1|defined QI|defined QNO|!defined QNO|defined|defined 1|defined a/b",
    "defined QI QI|defined(QI)|not true|version >= 25.14|version >=8.1.6|version < 25.14.2",
    "version == 25.14|version > 25.14|version != 25.14.1|version = 8.0|version > 9|version|version 9",
    '"true"|true # c|$(QI)|defined $(QI)|! version >= 8.0|version >= 8.a|version > 26.0',
  ].join("|").split("|").map((one) => `QI=2\nif ${one}\nQA=Y\nelse\nQA=N\nendif`),
  "if false\nQA=1\nelif true\nQA=2\nelif true\nQA=3\nelse\nQA=4\nendif",
  "if false\nif bogus\nelse\nQA=1\nendif\ngarbage\nelse\nQA=2\nendif",
  "if true\nQA=1\nelif bogus\nQA=2\nENDIF # x",
  "if true\nif false\nQA=1\nelse\nQA=2\nendif\nQB=1\nendif",
  "if false\nQA=1",
  "endif",
  "else = 1",
  "if true\nelse\nelse\nendif",
  "if true\nelse\nelif true\nendif",
  "if true\nQA=1\nelse if true\nQA=2\nendif",
  "if(true)\nendif",
  "if false\nerror : x\nendif\nQA=1",
].map((text) => ({
  c: text,
  i: "QX=from i\nQI=7\n",
  rec: "include : %D/rec\n",
  bad: "garbage\n",
  l1: "QX=l1\nQA=$(QA) l1\n",
  l2: "QX=l2\nQA=$(QA) l2\n",
  chain: "LOCAL_CONFIG_FILE=%D/l2\nQA=$(QA) chain\n",
  ...Object.fromEntries(
    ["b.conf", "a", "B", "10", "9", "c~", ".h", "#x#", "x.rpmsave", "y.dpkg-new", "sub/q"]
      .map((name) => [`d/${name}`, `QX=${name}\nQA=$(QA) ${name}\n`]),
  ),
}));

function functions(name: string): string {
  const letters = "p d f n x u w q a b pn nx pnx qa fq dn dx px pd db pb xb nb bx dq pbn uq wq"
    .split(" ");
  return ["", ...letters].map((one) => `$F${one}(${name})`).join("|");
}

Deno.test({
  name: `ConfigReader agrees with condor_config_val on hand-written files${MISSING}`,
  ignore: MISSING !== "",
  async fn() {
    assert(HAND_WRITTEN.length > 100);
    for (const one of HAND_WRITTEN) await compare(one);
  },
});

Deno.test({
  name: `ConfigReader agrees with condor_config_val on the environment${MISSING}`,
  ignore: MISSING !== "",
  async fn() {
    const c = "QA=1\nQB=2\nLOCAL_CONFIG_FILE=%D/l\n";
    const files = { c, l: "QC=$(QA)\n" };
    await compare(files, { _CONDOR_QA: "env", _condor_QD: "$(QB)z", _CONDOR_QB: "" });
    await compare(files, { "_CONDOR_TOOL.QA": "env" });
    await compare(files, { CONDOR_CONFIG: "ONLY_ENV", _CONDOR_QX: "e" });
    await compare(files, { CONDOR_CONFIG: "/nonexistent" });
    await compare(files, { _CONDOR_LOCAL_CONFIG_FILE: "/nonexistent" });
  },
});

/** Knobs only refer to earlier ones and to themselves: HTCondor itself never ends on circles. */
function value(upTo: number): fc.Arbitrary<string> {
  const names = NAMES.slice(0, upTo + 1);
  const name = fc.constantFrom(...names, "QNO");
  const word = fc.constantFrom("a", "b.c", "/x/y.z", "3", "-2", "x#", "$", "$$", ",");
  const piece = fc.oneof(
    { weight: 4, arbitrary: word },
    { weight: 2, arbitrary: name.map((n) => `$(${n})`) },
    fc.tuple(name, fc.constantFrom("a", "b.c", "/x/y", "3", " x y ", "$$")).map(([n, w]) =>
      `$(${n}:${w})`
    ),
    name.map((n) => `$(QNO:d $(${n}))`),
    name.map((n) => `$$(${n})`),
    name.map((n) => `$(${n.toLowerCase()})`),
    fc.tuple(name, fc.constantFrom("p", "n", "nx", "d", "db", "")).map(([n, f]) => `$F${f}(${n})`),
    fc.tuple(name, fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })).map((
      [n, a, b],
    ) => `$SUBSTR(${n},${a},${b})`),
    fc.constantFrom("$(DOLLAR)", "$ENV(HOME)", "$ENV(QNO:z)", "$CHOICE(1,a,b)", "$INT(7/2)"),
  );
  return fc.array(fc.tuple(piece, fc.constantFrom(" ", "", "  ", " \\\n "))).map((list) =>
    list.map((pair) => pair.join("")).join("")
  );
}

const STATEMENT: fc.Arbitrary<string> = fc.integer({ min: 0, max: NAMES.length - 3 }).chain(
  (at) => {
    // Within functions and defaults a knob must not name itself: HTCondor then never ends.
    const name = NAMES[at]!;
    const own = new RegExp(String.raw`(?:\$(?:F\w*|SUBSTR)|:d \$)\(${name}[,)]`, "i");
    const text = value(at).filter((one) => !own.test(one) && !one.includes("$$$"));
    return fc.oneof(
      { weight: 5, arbitrary: text.map((t) => `${name} = ${t}`) },
      text.map((t) => `${name}=$(${name}) ${t}`),
      text.map((t) => `\t${name.toLowerCase()}\t=${t}`),
      text.map((t) => `${name} @=x\n${t}\n  more\n@x`),
      fc.constantFrom("", "# c", "# c \\", "warning : w", "include ifexist : /none"),
      fc.constantFrom("garbage", "QA-B = 1", "endif"),
    );
  },
);

const CONFIG = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: STATEMENT },
    fc.tuple(
      fc.constantFrom("true", "false", "defined QA", "! defined QB", "version >= 8.0", "$(QNO:1)"),
      STATEMENT,
      STATEMENT,
    ).map(([c, a, b]) => `if ${c}\n${a}\nelse\n${b}\nendif`),
  ),
  { minLength: 1, maxLength: 12 },
).map((list) => `${list.join("\n")}\n`);

Deno.test({
  name: `ConfigReader agrees with condor_config_val on generated files${MISSING}`,
  ignore: MISSING !== "",
  async fn() {
    for (const c of fc.sample(CONFIG, { numRuns: 400, seed: 2026 })) await compare({ c });
  },
});
