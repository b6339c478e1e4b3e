/** Texts of `fetch` that no test server can bring about. */
import { assertEquals } from "@std/assert";
import { TransferFailure } from "../../core/errors.ts";
import { fetchFailure } from "../../core/http/fetch_failure.ts";
import { factsOf } from "./engines.ts";

const ROUTE = { url: new URL("https://h.example/x"), proxy: undefined, elapsed: 7 };

function failureFor(text: string): Record<string, unknown> {
  const cause = new Error(`error sending request for url (https://h.example/x?sig=1): ${text}`);
  return factsOf(fetchFailure(new TypeError("fetch failed", { cause }), ROUTE));
}

const LOOKUPS = [
  ["Name or service not known", "Definitive", -1],
  ["No address associated with hostname", "Definitive", -1],
  ["Temporary failure in name resolution", "PostContact", 0],
  ["Non-recoverable failure in name resolution", "PostContact", 0],
  ["System error", "PreContact", 0],
] as const;

for (const [words, failureType, retryable] of LOOKUPS) {
  Deno.test(`fetchFailure() classes a look-up: ${words}`, () => {
    const text =
      `client error (Connect): dns error: failed to lookup address information: ${words}`;
    assertEquals(failureFor(text), {
      kind: "Resolution",
      message: "Could not resolve host: h.example",
      failureType,
      retryable,
      errorCode: 6,
      name: "h.example",
      server: "h.example:443",
    });
  });
}

const TEXTS: [text: string, kind: string, code: number, message: string][] = [
  [
    "client error (Connect): tcp connect error: No route to host (os error 113)",
    "Contact",
    7,
    "Failed to connect to h.example port 443 after N ms: Could not connect to server",
  ],
  [
    "client error (Connect): invalid peer certificate: certificate not valid yet: verification …",
    "Authorization",
    60,
    "SSL certificate OpenSSL verify result: certificate is not yet valid (9)",
  ],
  [
    "client error (Connect): invalid peer certificate: Revoked",
    "Authorization",
    60,
    "SSL certificate OpenSSL verify result: certificate revoked (23)",
  ],
  [
    "client error (Connect): invalid peer certificate: " +
    "UnsupportedSignatureAlgorithmContext { signature_algorithm_id: [6, 7] }",
    "Authorization",
    60,
    "SSL certificate OpenSSL verify result: CA signature digest algorithm too weak (68)",
  ],
  [
    "client error (Connect): invalid peer certificate: NewReason(Other(1))",
    "Authorization",
    60,
    "SSL certificate OpenSSL verify result: NewReason",
  ],
  [
    "client error (Connect): received fatal alert: HandshakeFailure",
    "Contact",
    35,
    "TLS connect error: received fatal alert: HandshakeFailure",
  ],
  [
    "client error (Connect): received fatal alert: BadCertificate",
    "Authorization",
    58,
    'Problem with the local client certificate: the server answered "BadCertificate"',
  ],
  [
    "received fatal alert: CertificateRequired",
    "Authorization",
    58,
    'Problem with the local client certificate: the server answered "CertificateRequired"',
  ],
  ["Broken pipe (os error 32)", "Transfer", 55, "Send failure: Broken pipe"],
  ["something new", "Transfer", 56, "Recv failure: something new"],
];

for (const [text, kind, code, message] of TEXTS) {
  Deno.test(`fetchFailure() classes "${text.slice(0, 70)}"`, () => {
    const facts = failureFor(text);
    assertEquals([facts["kind"], facts["errorCode"], facts["message"]], [kind, code, message]);
  });
}

Deno.test("fetchFailure() takes a text without a URL", () => {
  const cause = new Error("Connection reset by peer (os error 104)");
  const { facts } = fetchFailure(new TypeError("fetch failed", { cause }), ROUTE);
  assertEquals(facts.errorCode, 56);
});

Deno.test("fetchFailure() keeps a failure as it is", () => {
  const failure = new TransferFailure("Transfer", "x", { errorCode: 1, retryable: 0 });
  assertEquals(fetchFailure(failure, ROUTE), failure);
});
