import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { baseOf } from "../../../core/checkpoint/location.ts";
import { s3BackEnd } from "../../../core/checkpoint/stores/s3.ts";
import { built } from "../../build/built.ts";
import { run } from "../../build/probe.ts";
import { missing, type Moto, startMoto } from "../../servers/moto.ts";
import { assertFails, GONE, removeFrom } from "./contract.ts";
import { homeWithKeys, MotoBucket, surroundings } from "./s3_buckets.ts";

const GID = "ap_1.0_1795235583";
const FORM = { "content-type": "application/x-www-form-urlencoded" };

let moto: Moto;
if (missing === "") {
  Deno.test.beforeAll(async () => {
    moto = await startMoto();
  });
  Deno.test.afterAll(async () => await moto[Symbol.asyncDispose]());
}

function test(name: string, fn: (bucket: MotoBucket) => Promise<void>): void {
  Deno.test({
    name: missing === "" ? name : `${name} (ignored: ${missing})`,
    ignore: missing !== "",
    fn: async () => await fn(await MotoBucket.make(moto)),
  });
}

interface Keys {
  readonly id: string;
  readonly secret: string;
  readonly token?: string;
}

/** Asks IAM or STS; returns what the elements of the answer hold. */
async function ask(
  service: "iam" | "sts",
  query: Readonly<Record<string, string>>,
): Promise<(element: string) => string> {
  const version = service === "iam" ? "2010-05-08" : "2011-06-15";
  const body = `${new URLSearchParams({ Version: version, ...query })}`;
  const text = await moto.must("/", { method: "POST", service, body, headers: FORM });
  return (element) => new RegExp(`<${element}>([^<]*)<`).exec(text)?.[1] ?? "";
}

function policy(bucket: MotoBucket): string {
  const arn = `arn:aws:s3:::${bucket.name}`;
  const statement = { Effect: "Allow", Action: "s3:*", Resource: [arn, `${arn}/*`] };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/** Keys of a user who may do everything in the bucket. */
async function userOf(bucket: MotoBucket): Promise<Keys> {
  const user = { UserName: `user-${bucket.name}` };
  await ask("iam", { Action: "CreateUser", ...user });
  const document = { PolicyName: "p", PolicyDocument: policy(bucket) };
  await ask("iam", { Action: "PutUserPolicy", ...user, ...document });
  const answer = await ask("iam", { Action: "CreateAccessKey", ...user });
  return { id: answer("AccessKeyId"), secret: answer("SecretAccessKey") };
}

/** Temporary keys of a role that may do the same. */
async function roleOf(bucket: MotoBucket): Promise<Required<Keys>> {
  const role = { RoleName: `role-${bucket.name}` };
  await ask("iam", { Action: "CreateRole", ...role, AssumeRolePolicyDocument: "{}" });
  const document = { PolicyName: "p", PolicyDocument: policy(bucket) };
  await ask("iam", { Action: "PutRolePolicy", ...role, ...document });
  const answer = await ask("sts", {
    Action: "AssumeRole",
    RoleArn: `arn:aws:iam::123456789012:role/${role.RoleName}`,
    RoleSessionName: "s",
  });
  return {
    id: answer("AccessKeyId"),
    secret: answer("SecretAccessKey"),
    token: answer("SessionToken"),
  };
}

/** Removes files of checkpoint 0000 with these keys while signatures count. */
async function removeAs(
  bucket: MotoBucket,
  keys: Keys,
  names: readonly string[],
): Promise<(string | undefined)[]> {
  await using home = await homeWithKeys(keys);
  await using store = await s3BackEnd.open(["-endpoint", moto.origin], surroundings(home));
  const base = baseOf({ destination: `s3://${bucket.name}/ck`, gid: GID }, "0000");
  await moto.enforce(true);
  try {
    return await removeFrom(store, base, { names });
  } finally {
    await moto.enforce(false);
  }
}

/** One of them cannot be in a list. */
const NAMES = [
  "a",
  "with blank/q?uery#f",
  "100%/%20",
  "plus+/and&",
  "quo'te\"/<x>",
  "tab\t",
  "sub//a*()!",
  "/etc/hostname",
  "naïve/日本語",
  "~-._:@$,;=[]",
];

async function fill(bucket: MotoBucket): Promise<void> {
  for (const name of [...NAMES, "keep"]) await bucket.put(`ck/${GID}/0000/${name}`);
}

test("S3 believes our signatures, in lists and for single objects", async (bucket) => {
  await fill(bucket);
  const keys = await userOf(bucket);
  assertEquals(await removeAs(bucket, keys, NAMES), NAMES.map(() => GONE));
  assertEquals(await bucket.keys(), [`ck/${GID}/0000/keep`]);
  await fill(bucket);
  for (const name of NAMES) assertEquals(await removeAs(bucket, keys, [name]), [GONE], name);
  assertEquals(await bucket.keys(), [`ck/${GID}/0000/keep`]);
});

test("S3 believes temporary keys with their token, and not with another", async (bucket) => {
  await fill(bucket);
  const keys = await roleOf(bucket);
  const wrong = { ...keys, token: keys.token.replace(/.$/, (c) => c === "x" ? "y" : "x") };
  const failure = await assertFails(() => removeAs(bucket, wrong, NAMES), "Credentials");
  assertMatch(failure.message, /InvalidToken|InvalidClientTokenId|ExpiredToken/);
  assertEquals((await bucket.keys()).length, NAMES.length + 1);
  assertEquals(await removeAs(bucket, keys, NAMES), NAMES.map(() => GONE));
  assertEquals(await bucket.keys(), [`ck/${GID}/0000/keep`]);
});

test("S3 with a wrong secret or an unknown key is a failure of credentials", async (bucket) => {
  await fill(bucket);
  const keys = await userOf(bucket);
  const wrong = { ...keys, secret: `${keys.secret.slice(0, -1)}!` };
  for (const names of [NAMES, ["a"]]) {
    const failure = await assertFails(() => removeAs(bucket, wrong, names), "Credentials");
    assertStringIncludes(failure.message, "SignatureDoesNotMatch");
    assert(!failure.message.includes(wrong.secret));
    await assertFails(() => removeAs(bucket, { ...keys, id: "AKIANOBODY" }, names), "Credentials");
  }
  assertEquals((await bucket.keys()).length, NAMES.length + 1);
});

test("S3 refuses files one by one to a user without the right", async (bucket) => {
  await fill(bucket);
  const keys = await userOf(await MotoBucket.make(moto));
  assertEquals(await removeAs(bucket, keys, ["a", "keep"]), ["Credentials", "Credentials"]);
  assertEquals(await removeAs(bucket, keys, ["a"]), ["Credentials"]);
  assertEquals((await bucket.keys()).length, NAMES.length + 1);
});

test("S3 without the bucket is a store that is not there", async (bucket) => {
  await using home = await homeWithKeys();
  await using store = await s3BackEnd.open(["-endpoint", moto.origin], surroundings(home));
  const base = baseOf({ destination: `s3://${bucket.name}x`, gid: GID }, "0000");
  for (const names of [["a"], ["a", "b"]]) {
    const failure = await assertFails(() => removeFrom(store, base, { names }), "StoreUnavailable");
    assertStringIncludes(failure.message, "NoSuchBucket");
  }
});

test("S3 lists and removes more objects than fit into a page or a list", async (bucket) => {
  await using home = await homeWithKeys();
  await using store = await s3BackEnd.open(["-endpoint", moto.origin], surroundings(home));
  const location = { destination: `s3://${bucket.name}`, gid: GID };
  const names = Array.from({ length: 2500 }, (_, i) => `d${i % 7}/file+ ${i}`);
  for (let i = 0; i < names.length; i += 25) {
    const some = names.slice(i, i + 25);
    await Promise.all(some.map((name) => bucket.put(`${GID}/0003/${name}`)));
  }
  const found: string[] = [];
  for await (const { number, name } of store.leftovers!(location, new AbortController().signal)) {
    assertEquals(number, "0003");
    found.push(new TextDecoder().decode(name));
  }
  assertEquals(found.toSorted(), names.toSorted());
  assertEquals(
    await removeFrom(store, baseOf(location, "0003"), { names }),
    names.map(() => GONE),
  );
  assertEquals(await bucket.keys(), []);
});

test("S3 with -all-versions leaves neither versions nor marks", async (bucket) => {
  await bucket.keepVersions();
  const key = (name: string) => `ck/${GID}/0000/${name}`;
  for (const name of ["a", "a", "b", "b", "tab\t", "ab"]) await bucket.put(key(name));
  await using home = await homeWithKeys();
  const base = baseOf({ destination: `s3://${bucket.name}/ck`, gid: GID }, "0000");
  await using plain = await s3BackEnd.open(["-endpoint", moto.origin], surroundings(home));
  assertEquals(await removeFrom(plain, base, { names: ["a"] }), [GONE]);
  assertEquals(await bucket.versions(), {
    [key("a")]: 3,
    [key("ab")]: 1,
    [key("b")]: 2,
    [key("tab\t")]: 1,
  });
  await using all = await s3BackEnd.open(
    ["-endpoint", moto.origin, "-all-versions"],
    surroundings(home),
  );
  const left: string[] = [];
  for await (const { name } of all.leftovers!(base, new AbortController().signal)) {
    left.push(new TextDecoder().decode(name));
  }
  assertEquals(left.toSorted(), ["a", "ab", "b", "tab\t"]);
  assertEquals(await removeFrom(all, base, { names: ["a"] }), [GONE]);
  const rest = ["b", "tab\t", "a", "never"];
  assertEquals(await removeFrom(all, base, { names: rest }), rest.map(() => GONE));
  assertEquals(await bucket.versions(), { [key("ab")]: 1 });
});

test("cleanup_s3_checkpoint removes with the job's keys and exits with 5 for wrong ones", async (bucket) => {
  await fill(bucket);
  const keys = await userOf(bucket);
  const dir = await Deno.makeTempDir({ prefix: "pinion-s3-" });
  const [id, secret] = [`${dir}/id`, `${dir}/secret`];
  await Deno.writeTextFile(id, `${keys.id}\n`);
  await Deno.writeTextFile(
    `${dir}/.job.ad`,
    `EC2AccessKeyId = "${id}"\nEC2SecretAccessKey = "${secret}"\nGlobalJobId = "${
      GID.replace(/_/g, "#")
    }"\n`,
  );
  const program = await built("cleanup_s3_checkpoint");
  const start = (name: string) =>
    run(program, [
      ...["-endpoint", moto.origin],
      ...["-from", `s3://${bucket.name}/ck//${GID}/0000`],
      ...["-delete", name, "-jobad", dir],
    ]);
  await moto.enforce(true);
  try {
    await Deno.writeTextFile(secret, "wrong\n");
    const refused = await start("a");
    assertEquals([refused.code, refused.stdout], [5, ""], refused.stderr);
    assertStringIncludes(refused.stderr, "SignatureDoesNotMatch");
    await Deno.writeTextFile(secret, `${keys.secret}\n`);
    assertEquals(await start("a"), { code: 0, signal: null, stdout: "", stderr: "" });
    assertEquals((await start("/etc/hostname")).code, 0);
    assertEquals((await start("../0001/a")).code, 3);
  } finally {
    await moto.enforce(false);
    await Deno.remove(dir, { recursive: true });
  }
  assertEquals((await bucket.keys()).length, NAMES.length - 1);
});

/** A MANIFEST of files whose content does not matter. */
async function manifest(name: string, files: readonly string[]): Promise<string> {
  const text = files.map((file) => `${"0".repeat(64)} *${file}\n`).join("");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `${text}${new Uint8Array(digest).toHex()} *${name}\n`;
}

test("condor_manifest removes a job's checkpoints from S3, and what no MANIFEST names", async (bucket) => {
  const keys = await userOf(bucket);
  await fill(bucket);
  for (const name of ["0001/interrupted", "0007//etc/passwd"]) {
    await bucket.put(`ck/${GID}/${name}`);
  }
  await bucket.put(`ck/${GID}0/0000/neighbour`);
  const dir = await Deno.makeTempDir({ prefix: "pinion-s3-" });
  const job = `${dir}/spool/checkpoint-cleanup/alice/cluster1.proc0.subproc0`;
  const name = "_condor_checkpoint_MANIFEST.0000";
  await Deno.mkdir(job, { recursive: true });
  await Deno.mkdir(`${dir}/libexec`);
  await Deno.copyFile(
    await built("cleanup_s3_checkpoint"),
    `${dir}/libexec/cleanup_s3_checkpoint`,
  );
  const files = {
    id: keys.id,
    secret: keys.secret,
    map: `* s3:// cleanup_s3_checkpoint,-endpoint,${moto.origin},-prefix,\\0\n`,
    [`${job}/${name}`]: await manifest(name, NAMES),
    [`${job}/.job.ad`]: `ClusterId = 1
ProcId = 0
JobStatus = 4
Owner = "alice"
GlobalJobId = "${GID.replace(/_/g, "#")}"
CheckpointDestination = "s3://${bucket.name}/ck"
CheckpointNumber = 0
EC2AccessKeyId = "${dir}/id"
EC2SecretAccessKey = "${dir}/secret"
`,
  };
  for (const [path, text] of Object.entries(files)) {
    await Deno.writeTextFile(path.startsWith("/") ? path : `${dir}/${path}`, text);
  }
  const location = `s3://${bucket.name}/ck/${GID}`;
  const stem = `${job}/_condor_checkpoint_MANIFEST`;
  await moto.enforce(true);
  const { code, stdout } = await run(
    await built("condor_manifest"),
    ["deleteFilesStoredAt", location, stem, "0", "0"],
    {
      env: {
        _CONDOR_SPOOL: `${dir}/spool`,
        _CONDOR_LIBEXEC: `${dir}/libexec`,
        _CONDOR_CHECKPOINT_DESTINATION_MAPFILE: `${dir}/map`,
      },
    },
  ).finally(() => moto.enforce(false));
  await Deno.remove(dir, { recursive: true });
  assertEquals([code, stdout], [0, ""]);
  assertEquals(await bucket.keys(), [`ck/${GID}0/0000/neighbour`]);
});
