import { assertEquals, assertRejects } from "@std/assert";
import { AwsError } from "../../core/aws/service_error.ts";
import { AwsSession, type SigningFacts } from "../../core/aws/session.ts";

const { signal } = new AbortController();
const NOW = Date.UTC(2026, 10, 1);

/** A session whose n-th credentials are called `n`, and the outcomes of its attempts in turn. */
function session(...outcomes: (AwsError | string)[]) {
  let given = 0;
  const seen: string[] = [];
  const aws = new AwsSession({
    get: () => Promise.resolve({ accessKeyId: `${++given}`, secretAccessKey: "x" }),
  }, () => NOW);
  const attempt = ({ credentials, time }: SigningFacts): Promise<string> => {
    seen.push(`${credentials.accessKeyId} ${(time - NOW) / 1000}`);
    const outcome = outcomes.shift()!;
    return typeof outcome === "string" ? Promise.resolve(outcome) : Promise.reject(outcome);
  };
  return { aws, attempt, seen, call: () => aws.call(attempt, signal) };
}

const refusal = (code: string, skew?: number) =>
  new AwsError({ status: 403, code, ...(skew !== undefined && { skew }) });

Deno.test("call() keeps the credentials for the next call", async () => {
  const { call, seen } = session("a", "b");
  assertEquals([await call(), await call()], ["a", "b"]);
  assertEquals(seen, ["1 0", "1 0"]);
});

Deno.test("call() gets new credentials once when they were refused as out of date", async () => {
  const codes = ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"];
  const ofS3 = ["InvalidAccessKeyId", "InvalidToken", "TokenRefreshRequired"];
  for (const code of [...codes, ...ofS3]) {
    const { call, seen } = session(refusal(code), "a", "b");
    assertEquals([await call(), await call()], ["a", "b"]);
    assertEquals(seen, ["1 0", "2 0", "2 0"]);
  }
  const { call, seen } = session(refusal("ExpiredToken"), refusal("ExpiredToken"));
  await assertRejects(call, AwsError, "ExpiredToken");
  assertEquals(seen, ["1 0", "2 0"]);
});

Deno.test("call() takes the service's time once when it was refused for the clock's sake", async () => {
  for (
    const code of [
      "RequestTimeTooSkewed",
      "RequestExpired",
      "SignatureDoesNotMatch",
      "AuthFailure",
    ]
  ) {
    const { call, seen } = session(refusal(code, -1000), "a", "b");
    assertEquals([await call(), await call()], ["a", "b"]);
    assertEquals(seen, ["1 0", "1 1000", "1 1000"]);
  }
  const { call, seen } = session(refusal("AuthFailure", 400), refusal("AuthFailure", 900));
  await assertRejects(call, AwsError, "AuthFailure");
  assertEquals(seen, ["1 0", "1 -400"]);
});

Deno.test("call() adjusts nothing where the clocks agree, or no time was said", async () => {
  for (const skew of [undefined, 0, 1, -1]) {
    const { call, seen } = session(refusal("SignatureDoesNotMatch", skew));
    await assertRejects(call, AwsError);
    assertEquals(seen, ["1 0"]);
  }
});

Deno.test("call() survives a skewed clock and out-of-date credentials together", async () => {
  const { call, seen } = session(refusal("RequestExpired", 600), refusal("ExpiredToken"), "a");
  assertEquals(await call(), "a");
  assertEquals(seen, ["1 0", "1 -600", "2 -600"]);
});

Deno.test("call() passes on other failures at once", async () => {
  for (const error of [refusal("AccessDenied", 5000), new TypeError("x")]) {
    const { call, seen } = session(error as AwsError);
    await assertRejects(call, error.constructor as typeof Error);
    assertEquals(seen, ["1 0"]);
  }
});

Deno.test("calls side by side renew the credentials once", async () => {
  const { call, seen } = session(refusal("ExpiredToken"), refusal("ExpiredToken"), "a", "b");
  await Promise.all([call(), call()]);
  assertEquals(seen.toSorted().at(-1), "2 0");
});
