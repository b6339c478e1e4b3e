/** Names for what is wrong with a server's certificate, in the words of OpenSSL and libcurl. */

/** Reasons of the runtime's TLS library, as they begin in its texts. */
const RUSTLS_REASONS: readonly (readonly [RegExp, string])[] = [
  [/^certificate expired/, "certificate has expired (10)"],
  [/^Expired/, "certificate has expired (10)"],
  [/^certificate not valid yet/, "certificate is not yet valid (9)"],
  [/^NotValidYet/, "certificate is not yet valid (9)"],
  [/^certificate revoked|^Revoked/, "certificate revoked (23)"],
  [/^UnknownIssuer/, "unable to get local issuer certificate (20)"],
  [/^Other\(OtherError\(CaUsedAsEndEntity/, "self-signed certificate (18)"],
  [/^UnsupportedSignatureAlgorithm/, "CA signature digest algorithm too weak (68)"],
  [/^BadSignature/, "certificate signature failure (7)"],
  [/^(?:InvalidPurpose|certificate does not allow)/, "unsuitable certificate purpose (26)"],
];

/** Codes of `node:tls`. */
const NODE_REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed certificate (18)",
  SELF_SIGNED_CERT_IN_CHAIN: "self-signed certificate in certificate chain (19)",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unable to get local issuer certificate (20)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unable to get local issuer certificate (20)",
  CERT_HAS_EXPIRED: "certificate has expired (10)",
  CERT_NOT_YET_VALID: "certificate is not yet valid (9)",
  CERT_REVOKED: "certificate revoked (23)",
};

/**
 * What is wrong with a certificate, from the text of a refused handshake; undefined when the text
 * is not about the server's certificate.
 *
 * @param text the library's text, or a code of `node:tls`
 * @param hostname the name that was asked for
 */
export function certificateReason(text: string, hostname: string): string | undefined {
  const coded = NODE_REASONS[text];
  if (coded) return verifyResult(coded);
  if (text === "ERR_TLS_CERT_ALTNAME_INVALID") return wrongName(hostname);
  const reason = /invalid peer certificate: (.*)/s.exec(text)?.[1];
  if (reason === undefined) return undefined;
  if (/^certificate not valid for name|^NotValidForName/.test(reason)) return wrongName(hostname);
  for (const [pattern, words] of RUSTLS_REASONS) {
    if (pattern.test(reason)) return verifyResult(words);
  }
  return verifyResult(reason.replace(/[({].*$/s, "").trim().slice(0, 100));
}

function verifyResult(words: string): string {
  return `SSL certificate OpenSSL verify result: ${words}`;
}

function wrongName(hostname: string): string {
  return `SSL: no alternative certificate subject name matches target host name '${hostname}'`;
}

/** Alerts by which a server asks for a client certificate, or for another one. */
const CLIENT_ALERTS =
  /fatal alert: (CertificateRequired|BadCertificate|UnsupportedCertificate|CertificateRevoked|CertificateExpired|CertificateUnknown|UnknownCA|AccessDenied)/;

/** The alert that refused our client certificate; undefined for other texts. */
export function clientCertificateAlert(text: string): string | undefined {
  return CLIENT_ALERTS.exec(text)?.[1];
}
