import { assert, assertEquals } from "@std/assert";
import { parseAds, parseExpression, printAd, printExpression } from "../../core/classad/mod.ts";
import { TransferFailure } from "../../core/errors.ts";
import type { FailureFacts, FailureKind } from "../../core/errors.ts";
import { runPlugin } from "../../core/transfer/plugin.ts";
import { TempDir } from "../transfer/contract.ts";
import { FakeHost } from "../transfer/fake_host.ts";
import { bring, fakeScheme, type Outcome } from "../transfer/fake_scheme.ts";
import { type Answer, askOracle, missingForOracle } from "./classad_oracle.ts";

const missing = missingForOracle();
const note = missing === undefined ? "" : ` (skipped: ${missing} is missing)`;

/** What HTCondor's history keeps: the type of each attribute, which must be a literal. */
const RESULT_TYPES: Readonly<Record<string, string>> = {
  TransferUrl: "string",
  TransferFileName: "string",
  TransferType: "string",
  TransferProtocol: "string",
  TransferSuccess: "bool",
  TransferFileBytes: "int",
  TransferTotalBytes: "int",
  TransferStartTime: "int",
  TransferEndTime: "int",
  ConnectionTimeSeconds: "real",
  TransferError: "string",
  TransferErrorData: "list",
  DeveloperData: "ad",
};
const STANZA_TYPES: Readonly<Record<string, string>> = {
  ErrorType: "string",
  FailureType: "string",
  FailedName: "string",
  FailedServer: "string",
  IntermediateServer: "string",
  IntermediateServerErrorType: "string",
  PluginVersion: "string",
  ErrorString: "string",
  PluginLaunched: "bool",
  ShouldRefresh: "bool",
  ErrorCode: "int",
  Retryable: "int",
  DeveloperData: "ad",
};

function typeOf(literal: string): string {
  if (literal.startsWith('"')) return "string";
  if (literal.startsWith("{")) return "list";
  if (literal.startsWith("[")) return "ad";
  if (/^(?:true|false)$/.test(literal)) return "bool";
  if (/^-?\d+$/.test(literal)) return "int";
  return /^-?\d+\.\d+(?:E[+-]\d+)?$/.test(literal) ? "real" : `none: ${literal}`;
}

/** Each attribute that the library found has the type that the table says. */
function checkTypes(answer: Answer | undefined, types: Readonly<Record<string, string>>): string[] {
  assert(answer?.ok, "the library refuses an ad");
  for (const [name, value] of Object.entries(answer.values!)) {
    assertEquals([name, typeOf(value)], [name, types[name] ?? "not known"]);
  }
  return Object.keys(answer.values!);
}

const NASTY = 'quote " backslash \\ é \u{1f600} tab\t line\nbell \x07 | ; SHADOW';

/** An outcome for each kind of failure, and some that end well. */
function script(host: FakeHost): Record<string, readonly Outcome[]> {
  const fails = (kind: FailureKind, facts: Partial<FailureFacts>): Outcome => () => {
    throw new TransferFailure(kind, NASTY, { errorCode: 7, retryable: -1, ...facts });
  };
  const waits = (seconds: number): Outcome => async (step) => {
    step.ctx.connected();
    await host.clock.sleep(seconds * 1000, step.ctx.signal);
    bring("x")(step);
  };
  const intermediate = { server: "p:3128", errorType: "PostConnection" } as const;
  const retried = fails("Transfer", { failureType: "Incomplete", server: "h:80", retryable: 0 });
  return {
    "http://h/second": [waits(1)],
    "http://h/third": [waits(1 / 3)],
    "http://h/retried": [retried, bring("x")],
    "http://h/parameter": [fails("Parameter", {})],
    "http://h/resolution": [fails("Resolution", { name: "h", failureType: "Definitive" })],
    "http://h/contact": [fails("Contact", { server: "h:80", intermediate })],
    "http://h/authorization": [
      fails("Authorization", {
        failureType: "Authentication",
        server: "h:80",
        shouldRefresh: true,
      }),
    ],
    "http://h/specification": [fails("Specification", { server: "h:80", status: 404 })],
    "http://h/transfer": [fails("Transfer", { failureType: "Quota", server: "h:80", status: 507 })],
  };
}

Deno.test({
  name: `result ads are read by HTCondor's library as they are meant${note}`,
  ignore: missing !== undefined,
  fn: async () => {
    using dir = new TempDir();
    const host = new FakeHost({ cwd: dir.path });
    const scheme = fakeScheme(host.clock, script(host));
    const names = Object.keys(script(host)).map((url) => url.slice("http://h/".length));
    names.push("at-once", String.raw`\303\251\"\\ \n`);
    const infile = names.map((name) => `[ Url = "http://h/${name}"; LocalFileName = "${name}" ]`)
      .join("").replace(String.raw`http://h/\303\251\"\\ \n`, "http://h/odd");
    Deno.writeTextFileSync(dir.join("in"), infile);
    const definition = { name: "t_plugin", version: "1", summary: "t", methods: ["http"] };
    const args = ["-infile", dir.join("in"), "-outfile", dir.join("out")];
    await host.clock.finish(runPlugin({ ...definition, schemes: () => [scheme] }, args, host));

    const lines = Deno.readTextFileSync(dir.join("out")).trim().split("\n");
    const ads = [...parseAds(Deno.readFileSync(dir.join("out")))];
    assertEquals([ads.length, lines.length], [names.length, names.length]);
    const answers = await askOracle(lines.map((text) => ({ kind: "new", text })));
    for (const [i, answer] of answers.entries()) {
      const found = checkTypes(answer, RESULT_TYPES);
      for (const name of found) {
        if (/^(?:list|ad)$/.test(RESULT_TYPES[name]!)) continue; // it has an order of its own
        const theirs = printExpression(parseExpression(answer!.values![name]!));
        assertEquals([name, theirs], [name, printExpression(ads[i]!.get(name)!)]);
      }
      const success = ads[i]!.getBoolean("TransferSuccess");
      for (const name of Object.keys(RESULT_TYPES)) {
        const always = !/^Transfer(Error|ErrorData)$/.test(name);
        if (always || !success) assert(found.includes(name), `${name} is missing`);
      }
    }
    const lists = ads.flatMap((ad) => ad.getList("TransferErrorData") ?? []);
    const stanzas = lists.map((item) => printAd(item as typeof ads[number]));
    assertEquals(stanzas.length, 7);
    for (const answer of await askOracle(stanzas.map((text) => ({ kind: "new", text })))) {
      const found = checkTypes(answer, STANZA_TYPES);
      for (const name of ["ErrorType", "ErrorCode", "ErrorString", "Retryable"]) {
        assert(found.includes(name), `${name} is missing`);
      }
    }
  },
});
