import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { applyLimits, readDefaults, readLimits } from "../../core/transfer/defaults.ts";
import { TRANSFER_OPTIONS } from "../../core/transfer/option_table.ts";
import { DEFAULT_OPTIONS } from "../../core/transfer/options.ts";
import { TempDir } from "./contract.ts";
import { FakeHost } from "./fake_host.ts";

function defaults(env: Readonly<Record<string, string>>, prefix = "CURL") {
  const warnings: string[] = [];
  const host = new FakeHost({ env });
  const options = readDefaults(prefix, { host, warn: (text) => void warnings.push(text) });
  return { options, warnings };
}

function limits(content: string | undefined) {
  using dir = new TempDir();
  const path = dir.join("limits.json");
  if (content !== undefined) Deno.writeTextFileSync(path, content);
  const warnings: string[] = [];
  const host = new FakeHost({ env: { FTPLUGIN_ADMIN_LIMITS: path } });
  const limits = readLimits({ host, warn: (text) => void warnings.push(text.replace(path, "F")) });
  return { limits, warnings };
}

function withMachineAd(ad: string, env: Readonly<Record<string, string>> = {}) {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.join("machine.ad"), ad);
  return defaults({ _CONDOR_MACHINE_AD: dir.join("machine.ad"), ...env });
}

Deno.test("readDefaults() has the built-in options where nothing is said", () => {
  for (
    const env of [{}, { CURL_PARALLEL: "" }, { _CONDOR_MACHINE_AD: "/nonexistent/.machine.ad" }]
  ) {
    assertEquals(defaults(env), { options: DEFAULT_OPTIONS, warnings: [] });
  }
});

Deno.test("readDefaults() ranks built-in, machine ad, CURL_..., CONDOR_CURL_...", () => {
  const ad =
    'Machine = "ep7"\nFTPluginMaxRetries = 1\nftpluginmaxparallel = 2\nFTPluginVerify = "off"';
  assertEquals(withMachineAd(ad).options, {
    ...DEFAULT_OPTIONS,
    maxRetries: 1,
    maxParallel: 2,
    verify: "off",
  });
  const env = { CURL_MAX_RETRY_ATTEMPTS: "3", CURL_VERIFY: "required", CURL_UNPACK: "tar" };
  assertEquals(withMachineAd(ad, env).options, {
    ...DEFAULT_OPTIONS,
    maxRetries: 3,
    maxParallel: 2,
    verify: "required",
    unpack: "tar",
  });
  const both = { ...env, CONDOR_CURL_MAX_RETRY_ATTEMPTS: "4" };
  assertEquals(withMachineAd(ad, both).options.maxRetries, 4);
});

Deno.test("readDefaults() reads each option that the environment can set", () => {
  const set: Record<string, string> = {};
  for (const { environment, type } of TRANSFER_OPTIONS) {
    if (environment === undefined) continue;
    set[`BOX_${environment}`] = type.kind === "boolean"
      ? "true"
      : type.kind === "choice"
      ? type.of.at(-1)!
      : type.kind === "string"
      ? "x509"
      : "11";
  }
  const { options, warnings } = defaults(set, "BOX");
  assertEquals(warnings, []);
  assertEquals([options.maxRetries, options.stallBytesPerSecond, options.deadline], [11, 11, 11]);
  assertEquals([options.ftpTls, options.verifyUpload, options.clientCert], [
    "explicit",
    true,
    "x509",
  ]);
  assertEquals(defaults(set, "CURL").options, DEFAULT_OPTIONS);
});

Deno.test("readDefaults() reads 0 retries as one try", () => {
  assertEquals(defaults({ CURL_MAX_RETRY_ATTEMPTS: "0" }).options.maxRetries, 0);
});

Deno.test("readDefaults() leaves out what cannot be used, and that only, naming it", () => {
  const env = {
    CURL_PARALLEL: "many",
    CURL_PER_HOST: "0",
    CURL_DEADLINE: "1.5",
    CURL_MAX_REDIRS: "-1",
    CURL_VERIFY: "perhaps",
    CURL_ALLOW_HTTP_DOWNGRADE: "maybe",
    CURL_STALL_BYTES_PER_SECOND: "NaN",
    CURL_STALL_SECONDS: "60",
  };
  const { options, warnings } = defaults(env);
  assertEquals(options, { ...DEFAULT_OPTIONS, stallSeconds: 60 });
  assertEquals(warnings.length, 7);
  assertEquals(warnings[0], "Cannot use CURL_PARALLEL: expected an integer from 1 to 64");
  const machine = withMachineAd(
    'FTPluginMaxParallel = "8"\nFTPluginDeadline = (\nFTPluginMaxRetries = 5\nOther = ]',
  );
  assertEquals(machine.options, { ...DEFAULT_OPTIONS, maxRetries: 5 });
  assert(machine.warnings.some((text) => text.includes('Cannot use "FTPluginMaxParallel"')));
  assert(machine.warnings.some((text) => text.startsWith("Cannot read line 2 of ")));
});

Deno.test("readDefaults() evaluates the machine ad", () => {
  const ad =
    'Cpus = 4\nFTPluginMaxParallel = Cpus * 2 + 1\nFTPluginVerify = strcat("re", "quired")';
  const { options, warnings } = withMachineAd(ad);
  assertEquals(warnings, []);
  assertEquals([options.maxParallel, options.verify], [9, "required"]);
});

Deno.test("readLimits() reads the administrator's file", () => {
  const text = `{ "MaxParallel": 4, "MaxPerHost": 2, "Deadline": 3600 }`;
  assertEquals(limits(text), {
    limits: { maxParallel: 4, maxPerHost: 2, deadline: 3600 },
    warnings: [],
  });
  assertEquals(limits(undefined), { limits: {}, warnings: [] });
});

Deno.test("readLimits() warns of each value that cannot be a limit", () => {
  for (
    const bad of [`"4"x`, `{ "MaxParallel": `, "5", "null", ""]
  ) {
    const { limits: found, warnings } = limits(bad);
    assertEquals([bad, found, warnings.length], [bad, {}, 1]);
    assertStringIncludes(warnings[0]!, 'Cannot use the limits in "F"');
  }
  const { limits: found, warnings } = limits(
    `{ "MaxParallel": 0, "MaxPerHost": 2.5, "Deadline": 60, "maxparallel": 1, "Verify": "off" }`,
  );
  assertEquals(found, { deadline: 60 });
  assertEquals(warnings.length, 4);
});

Deno.test("applyLimits() lowers what exceeds a limit, and raises nothing", () => {
  const caps = { maxParallel: 4, maxPerHost: 20, deadline: 3600 };
  assertEquals(applyLimits(DEFAULT_OPTIONS, caps), {
    ...DEFAULT_OPTIONS,
    maxParallel: 4,
    deadline: 3600,
  });
  assertEquals(applyLimits(DEFAULT_OPTIONS, {}), DEFAULT_OPTIONS);
});

for (const name of ["_CONDOR_MACHINE_AD", "FTPLUGIN_ADMIN_LIMITS"]) {
  Deno.test(`readDefaults() and readLimits() never wait for a pipe or a device in ${name}`, async () => {
    using dir = new TempDir();
    const pipe = dir.join("pipe");
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    for (const path of [pipe, "/dev/zero"]) {
      const warnings: string[] = [];
      const host = new FakeHost({ env: { FTPLUGIN_ADMIN_LIMITS: "/nonexistent", [name]: path } });
      const surroundings = { host, warn: (text: string) => void warnings.push(text) };
      assertEquals(readDefaults("CURL", surroundings), DEFAULT_OPTIONS);
      assertEquals(readLimits(surroundings), {});
      assertEquals(warnings, [`Cannot read "${path}": not a regular file`]);
    }
  });
}
