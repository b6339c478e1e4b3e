/** The header fields of a request. */
import type { HttpRequest } from "./types.ts";

/** Name and value pairs, however the caller gave them. */
function pairsOf(headers: HttpRequest["headers"]): Iterable<[string, string]> {
  if (headers === undefined) return [];
  return Symbol.iterator in headers ? headers : Object.entries(headers);
}

/** The caller's fields and, unless given there, what every request says. */
export function requestHeaders(
  headers: HttpRequest["headers"],
  userAgent: string,
): [string, string][] {
  let accept = true;
  let encoding = true;
  let agent = true;
  const fields: [string, string][] = [];
  for (const field of pairsOf(headers)) {
    fields.push(field);
    const name = field[0].toLowerCase();
    if (name === "accept") accept = false;
    else if (name === "accept-encoding") encoding = false;
    else if (name === "user-agent") agent = false;
  }
  if (accept) fields.push(["accept", "*/*"]);
  // Bytes are stored as they were sent: no content coding.
  if (encoding) fields.push(["accept-encoding", "identity"]);
  if (agent) fields.push(["user-agent", userAgent]);
  return fields;
}

/** The same fields as `node:http` wants them; repeated ones become a list. */
export function fieldRecord(fields: Iterable<[string, string]>): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = record[key];
    record[key] = before === undefined ? value : [before, value].flat();
  }
  return record;
}
