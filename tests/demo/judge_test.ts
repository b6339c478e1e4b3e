/** Each check of the demonstration has to pass what is right and to name what is wrong. */
import { assertEquals } from "@std/assert";
import { parseAd } from "../../core/classad/mod.ts";
import type { Case } from "../../scripts/demo/cases.ts";
import { text } from "../../scripts/demo/content.ts";
import {
  failedWith,
  judge,
  type Outcome,
  resumed,
  sentLength,
  sentToken,
} from "../../scripts/demo/judge.ts";
import type { Exchange } from "../../scripts/demo/origin.ts";

const CONTENT = text("abc");
const FILE: Case = { name: "a", url: "http://h/a", about: "", content: CONTENT };
const MOVED = parseAd("[ TransferSuccess = true; TransferFileBytes = 3 ]");
const FAILED = parseAd(
  `[ TransferSuccess = false; TransferErrorData = { [ ErrorType = "Contact" ], ` +
    `[ ErrorType = "Transfer" ] } ]`,
);

function exchange(facts: Partial<Exchange> = {}): Exchange {
  return {
    at: 0,
    method: "GET",
    path: "/a",
    status: 200,
    from: undefined,
    cut: undefined,
    authorization: undefined,
    length: undefined,
    ...facts,
  };
}

function outcome(facts: Partial<Outcome>): Outcome {
  return { ad: MOVED, content: CONTENT, exchanges: [], ...facts };
}

const nothing = { ...FILE, content: undefined };
const JUDGED: readonly (readonly [string, Case, Partial<Outcome>, string | undefined])[] = [
  ["a whole file", FILE, {}, undefined],
  ["a file without an ad", FILE, { ad: undefined }, "no result ad"],
  ["a file that failed", FILE, { ad: FAILED }, "failed"],
  ["a file that is not there", FILE, { content: undefined }, "no file"],
  ["another content", FILE, { content: text("abd") }, "other content"],
  ["a shorter content", FILE, { content: text("ab") }, "other content"],
  ["a wrong size in the ad", FILE, {
    ad: parseAd("[ TransferSuccess = true; TransferFileBytes = 4 ]"),
  }, "wrong size in ad"],
  ["a failure that had to be", nothing, { ad: FAILED, content: undefined }, undefined],
  ["a success that must not be", nothing, {}, "did not fail"],
  ["a file left by a failure", nothing, { ad: FAILED }, "other content"],
  ["what the file's own check says", { ...FILE, check: () => "odd" }, {}, "odd"],
];
for (const [what, file, facts, expected] of JUDGED) {
  Deno.test(`judge() of ${what}`, () => assertEquals(judge(file, outcome(facts)), expected));
}

const requests = (...starts: (number | undefined)[]) =>
  outcome({ exchanges: starts.map((from) => exchange({ from })) });

Deno.test("resumed() wants each request to continue later than the one before", () => {
  const check = resumed({ cuts: 2 });
  assertEquals(check(requests(undefined, 5, 9)), undefined);
  assertEquals(check(requests(undefined, 5)), "2 requests, not 3");
  assertEquals(check(requests(undefined, 5, undefined)), "begun anew, not continued");
  assertEquals(check(requests(undefined, 5, 5)), "begun anew, not continued");
  assertEquals(check(requests(1, 5, 9)), "begun anew, not continued");
});

Deno.test("sentToken() wants the token with every request", () => {
  const check = sentToken("t");
  const guarded = exchange({ authorization: "Bearer t" });
  assertEquals(check(outcome({ exchanges: [guarded, guarded] })), undefined);
  assertEquals(check(outcome({ exchanges: [guarded, exchange()] })), "token not sent");
  assertEquals(check(outcome({})), "token not sent");
});

Deno.test("failedWith() wants the last error of a kind, and a number of tries", () => {
  const failed = outcome({ ad: FAILED, exchanges: [exchange(), exchange()] });
  assertEquals(failedWith("Transfer", { tries: 2 })(failed), undefined);
  assertEquals(failedWith("Contact", { tries: 2 })(failed), "ErrorType is Transfer");
  assertEquals(failedWith("Transfer", { tries: 1 })(failed), "2 tries, not 1");
  assertEquals(failedWith("Transfer", { tries: 0 })(outcome({})), "ErrorType is missing");
});

Deno.test("sentLength() wants the length of the body in the last request", () => {
  const sent = outcome({ exchanges: [exchange({ length: "3" })] });
  assertEquals(sentLength(3)(sent), undefined);
  assertEquals(sentLength(4)(sent), "sent without its length");
});
