/**
 * HTCondor's own ClassAd library, asked through one python3 process inside the pool's root.
 */

import { join } from "@std/path";

/** What the library makes of one text. */
export interface Answer {
  /** Whether it is accepted. */
  readonly ok: boolean;
  /** The ad (or expression) printed on one line. */
  readonly print?: string;
  /** The value of each attribute, printed on one line. */
  readonly values?: { readonly [name: string]: string };
}

/** One text, and whether it is a new-format ad or one line of the long format. */
export interface Question {
  readonly kind: "new" | "old";
  readonly text: string;
}

const PROGRAM = `
import sys, json
import classad2
# Importing this one registers the functions HTCondor adds to the language.
import htcondor2
def answer(q):
    try:
        if q["kind"] == "new":
            ad = classad2.ClassAd(q["text"])
        else:
            ad = classad2.parseOne(q["text"], classad2.Parser.Old)
            if len(ad) == 0:
                return {"ok": False}
    except Exception:
        return {"ok": False}
    values = {}
    for name in ad.keys():
        try:
            values[name] = repr(ad.lookup(name).simplify(ad))
        except Exception:
            values[name] = "error"
    return {"ok": True, "print": repr(ad), "values": values}
for line in sys.stdin:
    sys.stdout.write(json.dumps(answer(json.loads(line))) + "\\n")
    sys.stdout.flush()
`;

/** The root of the pool's installation. */
export function poolRoot(): string {
  return Deno.env.get("PINION_POOL_ROOT") ?? "/var/tmp/pinion-pool/root";
}

/** What is missing to ask the library; undefined when all is there. */
export function missingForOracle(): string | undefined {
  const needed = [
    [poolRoot(), "the pool root (PINION_POOL_ROOT)"],
    [join(poolRoot(), "usr/bin/python3"), "python3 in the pool root"],
    [join(poolRoot(), "usr/lib/python3/dist-packages/classad2"), "classad2 in the pool root"],
  ] as const;
  for (const [path, name] of needed) {
    try {
      Deno.statSync(path);
    } catch {
      return name;
    }
  }
  return Deno.uid() === 0 ? undefined : "root's rights for chroot";
}

/** Asks all questions; an answer is undefined where the library crashed on the question. */
export async function askOracle(questions: readonly Question[]): Promise<(Answer | undefined)[]> {
  const answers: (Answer | undefined)[] = [];
  while (answers.length < questions.length) {
    answers.push(...await askOnce(questions.slice(answers.length)));
    // The process ended early: it crashed on the first question it has not answered.
    if (answers.length < questions.length) answers.push(undefined);
  }
  return answers;
}

async function askOnce(questions: readonly Question[]): Promise<Answer[]> {
  const child = new Deno.Command("chroot", {
    args: [poolRoot(), "/usr/bin/python3", "-c", PROGRAM],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env: { TZ: "UTC", LC_ALL: "C", CONDOR_CONFIG: "/dev/null" },
  }).spawn();
  const input = new Blob([questions.map((question) => `${JSON.stringify(question)}\n`).join("")]);
  const feeding = input.stream().pipeTo(child.stdin).catch(() => {});
  const output = await new Response(child.stdout).text();
  await feeding;
  await child.status;
  return output.split("\n").filter((line) => line.endsWith("}")).map((line) => JSON.parse(line));
}
