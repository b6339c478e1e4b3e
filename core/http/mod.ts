/** HTTP for all roles: proxies, trust, two engines, failures in HTCondor's kinds. */
export { HttpClient } from "./client.ts";
export { type ClientCertificate, readClientCertificate } from "./client_certificate.ts";
export { trustedRoots } from "./authorities.ts";
export { type BodyFacts, bodyFailure, shortBodyFailure } from "./body.ts";
export { bareHost, portOf, serverOf } from "./address.ts";
export { type Proxy, proxyFor, proxyTail } from "./proxy.ts";
export { type StatusFacts, statusFailure } from "./status.ts";
export type { HttpRequest, HttpResponse, HttpSettings, RequestBody } from "./types.ts";
