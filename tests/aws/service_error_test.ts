import { assert, assertEquals } from "@std/assert";
import { type AwsError, serviceError } from "../../core/aws/service_error.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

function error(
  text: string,
  { status = 403, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): AwsError {
  const body = new TextEncoder().encode(text);
  return serviceError({ status, headers: new Headers(headers), body }, NOW);
}

Deno.test("serviceError() reads code and message in the forms of S3, IAM and EC2", () => {
  const inner = "<Code>C</Code><Message>words</Message>";
  for (
    const text of [
      `<Error>${inner}</Error>`,
      `<ErrorResponse xmlns="u"><Error><Type>Sender</Type>${inner}</Error><RequestId/></ErrorResponse>`,
      `<Response><Errors><Error>${inner}</Error></Errors><RequestID>x</RequestID></Response>`,
    ]
  ) {
    const { message, facts } = error(text);
    assertEquals([message, facts.code, facts.status], ["C (words)", "C", 403]);
  }
});

Deno.test("serviceError() says the status where there is nothing else", () => {
  for (const text of ["", "<html><body>x</body></html>", "no", "<Error/>", "<a><b/></a>"]) {
    assertEquals(error(text, { status: 502 }).message, "HTTP status 502");
  }
});

Deno.test("serviceError() keeps a hostile text to one short line", () => {
  const { message, facts } = error(
    `<Error><Code>C\n\u202eX</Code><Message>a\r\nb\u0085${"x".repeat(5000)}</Message></Error>`,
  );
  assertEquals(facts.code, "C X");
  assert(/^C X \(a b x+\.\.\.\)$/.test(message) && message.length < 400);
});

Deno.test("serviceError() names the region that the service names, if it can be one", () => {
  const region = (text: string, headers: Record<string, string> = {}) =>
    error(text, { headers }).facts.region;
  assertEquals(region("", { "x-amz-bucket-region": "eu-west-3" }), "eu-west-3");
  assertEquals(region("<Error><Code>C</Code><Region>eu-west-1</Region></Error>"), "eu-west-1");
  assertEquals(region("", { "x-amz-bucket-region": "evil.example" }), undefined);
  assertEquals(region("<Error/>"), undefined);
});

Deno.test("serviceError() says how wrong this machine's clock is where that is the trouble", () => {
  const at = (code: string, ms: number) =>
    error(`<Error><Code>${code}</Code></Error>`, {
      headers: { date: new Date(NOW + ms).toUTCString() },
    });
  assertEquals(
    at("RequestTimeTooSkewed", -3_600_000).message,
    "RequestTimeTooSkewed; this machine's clock is 3600 s ahead of the service's",
  );
  assertEquals(
    at("SignatureDoesNotMatch", 900_000).message,
    "SignatureDoesNotMatch; this machine's clock is 900 s behind the service's",
  );
  assertEquals(at("SignatureDoesNotMatch", 5_000).message, "SignatureDoesNotMatch");
  assertEquals(at("AccessDenied", 3_600_000).message, "AccessDenied");
  assertEquals(at("AccessDenied", 3_600_000).facts.skew, -3600);
});
