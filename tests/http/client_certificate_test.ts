import { assert, assertEquals, assertThrows } from "@std/assert";
import { readClientCertificate } from "../../core/http/mod.ts";

const pem = (label: string, body: string) =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;

function read(text: string) {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(path, text);
    return readClientCertificate(path);
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("readClientCertificate() takes an X.509 proxy apart", () => {
  for (const label of ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]) {
    const text = pem("CERTIFICATE", "AA") + pem(label, "KK") + pem("CERTIFICATE", "BB");
    assertEquals(read(text), {
      cert: pem("CERTIFICATE", "AA") + pem("CERTIFICATE", "BB"),
      key: pem(label, "KK"),
    });
  }
});

Deno.test("readClientCertificate() says what is missing, not what is there", () => {
  const bad = [
    pem("PRIVATE KEY", "SECRET"),
    pem("CERTIFICATE", "AA"),
    pem("CERTIFICATE", "AA") + pem("ENCRYPTED PRIVATE KEY", "SECRET"),
    "SECRET",
    "x".repeat(2 << 20),
  ];
  for (const text of bad) {
    const error = assertThrows(() => read(text), Error);
    assert(!error.message.includes("SECRET"), error.message);
  }
  assertThrows(() => readClientCertificate("/nonexistent"), Deno.errors.NotFound);
  assertThrows(() => readClientCertificate("/dev/null"), Error, "not a regular file");
});
