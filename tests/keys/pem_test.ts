import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { KeyError } from "../../core/keys/error.ts";
import { printPem, readPem } from "../../core/keys/pem.ts";
import { fixture } from "./samples.ts";

const BODY = "MHcCAQEEIA==";
const block = (label: string, lines = BODY) =>
  `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;

Deno.test("readPem() finds the one block of a text", () => {
  const wanted = { label: "EC PRIVATE KEY", der: Uint8Array.fromBase64(BODY) };
  const one = block("EC PRIVATE KEY");
  for (
    const text of [
      one,
      one.trimEnd(),
      one.replaceAll("\n", "\r\n"),
      one.replaceAll("\n", "\r"),
      `\uFEFF${one}`,
      `${one}\n \n`,
      one.replace("MHcC", "  MHcC \n\t"),
      // RFC 7468, 5.2: what tools print before it.
      `Bag Attributes\n    friendlyName: x\nKey Attributes: <No Attributes>\n${one}`,
      // openssl ecparam -genkey
      block("EC PARAMETERS", "BggqhkjOPQMBBw==") + one,
    ]
  ) {
    assertEquals(readPem(text), wanted);
  }
});

Deno.test("readPem() says what is wrong with a text", () => {
  const one = block("PRIVATE KEY");
  const cases = [
    ["", "not-pem"],
    ["hello", "not-pem"],
    [block("EC PARAMETERS"), "not-pem"],
    [one.replace(/-----END.*/s, ""), "not-pem"],
    [one.replace("END PRIVATE", "END PUBLIC"), "not-pem"],
    [one.replace("-----BEGIN PRIVATE KEY-----\n", ""), "not-pem"],
    [one.replace("PRIVATE KEY-----", "private key-----"), "not-pem"],
    [`-----BEGIN ${"A".repeat(61)}-----\n`, "not-pem"],
    [block("PRIVATE KEY", one), "not-pem"],
    [block("PRIVATE KEY", `Comment: x\n\n${BODY}`), "not-pem"],
    [block("PRIVATE KEY", ""), "bad-base64"],
    [block("PRIVATE KEY", "MHcC*"), "bad-base64"],
    [block("PRIVATE KEY", "MHcCAQEEIA"), "bad-base64"],
    [block("PRIVATE KEY", "MHcCAQEEIB=="), "bad-base64"],
    [block("PRIVATE KEY", "MHcC-_=="), "bad-base64"],
    [block("ENCRYPTED PRIVATE KEY"), "encrypted"],
    [
      block("RSA PRIVATE KEY", `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n${BODY}`),
      "encrypted",
    ],
    [one + one, "several-keys"],
    [one + block("CERTIFICATE"), "several-keys"],
    [one + block("EC PARAMETERS"), "several-keys"],
    [`${one}rubbish`, "trailing-data"],
    [`${one}\0`, "trailing-data"],
    ["x".repeat(65_537), "too-large"],
  ] as const;
  for (const [text, code] of cases) {
    const error = assertThrows(() => readPem(text), KeyError);
    assertEquals([text.slice(0, 200), error.code], [text.slice(0, 200), code]);
    assert(!error.message.includes("MHcC") && !error.message.includes("\n"), error.message);
  }
});

Deno.test("readPem() is quick with hostile texts", () => {
  const hostile = [
    "-----BEGIN ".repeat(5000),
    `-----BEGIN ${"A ".repeat(30_000)}`,
    block("A").repeat(1500),
    "\n".repeat(65_000),
    `${block("A").slice(0, -5)}${":".repeat(60_000)}`,
  ];
  for (const text of hostile) {
    const start = performance.now();
    assertThrows(() => readPem(text), KeyError);
    assert(performance.now() - start < 1000);
  }
});

Deno.test("printPem() prints as OpenSSL does", () => {
  for (
    const name of ["ec-private.pem", "rsa-private.pem", "rsa-public.pem", "ec-pkcs8-private.pem"]
  ) {
    const text = fixture(name);
    const { label, der } = readPem(text);
    assertEquals(printPem(label, der), text);
  }
});

Deno.test("what printPem() prints, readPem() reads", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((list) =>
    Uint8Array.from(list)
  );
  fc.assert(fc.property(bytes, (der) => {
    assertEquals(readPem(printPem("PUBLIC KEY", der)), { label: "PUBLIC KEY", der });
  }));
});
