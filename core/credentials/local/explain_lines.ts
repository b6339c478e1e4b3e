/** An explanation of the configuration, for people. */
import type { Explanation, ProviderReport } from "./explain.ts";

/** The lines of an explanation: problems last, for they are what is to be done. */
export function explainLines({ providers, others, warnings }: Explanation): string[] {
  return [
    ...providers.flatMap(providerLines),
    ...others.map(({ name, owner }) => `Provider "${name}": ${owner}`),
    ...warnings.map((line) => `WARNING: ${line}`),
    ...providers.flatMap((one) => one.warnings).map((line) => `WARNING: ${line}`),
    ...providers.flatMap(({ name, problems }) =>
      problems.map((line) => `PROBLEM (${name}): ${line}`)
    ),
  ];
}

function providerLines(report: ProviderReport): string[] {
  const { name, owner, key } = report;
  if (key === undefined) return [`Provider "${name}": ${owner}, switched off`];
  const lines = [
    ["issuer", report.issuer],
    ["published", publishedText(report)],
    ["key", `${key.path}, mode ${key.mode}, uid ${key.uid}`],
    ["", `${key.algorithm}, kid ${key.kid}, thumbprint ${key.thumbprint}`],
    ["version", report.version],
    ["audience", report.audience?.join(" ") || "none"],
    ["lifetime", `${report.lifetime} s, replaced when ${report.renewBefore} s are left`],
    ["file", report.json === true ? "JSON" : "the token alone"],
    ["template", report.template],
    ["expression", report.expression],
    ["groups", report.groupTemplate],
    ["map", report.groupMap],
    ["required", report.groupRequirement],
    ["example", exampleText(report)],
  ];
  return [
    `Provider "${name}": ${owner}`,
    ...lines.flatMap(([title, text]) =>
      text === undefined ? [] : [`  ${title!.padEnd(11)}${text}`]
    ),
  ];
}

function publishedText({ published }: ProviderReport): string {
  if (published === undefined) return "not looked at";
  return published.problem === undefined ? `at ${published.jwksUri}, as it should be` : "not so";
}

function exampleText({ example }: ProviderReport): string | undefined {
  if (example === undefined) return undefined;
  const { user, subject, scope, state } = example;
  return state === undefined
    ? `${user} gets sub "${subject}", scope "${scope}"`
    : `${user} gets ${state}`;
}
