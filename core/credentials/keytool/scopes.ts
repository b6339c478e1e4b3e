/**
 * What a token allows (SciTokens, "Scopes"; WLCG Common JWT Profiles 1.x, "Capability based
 * authorization: scope"): an operation, and for most of them a path below which it is allowed.
 */
import { isPathName } from "../names.ts";

/** Operations that others include. */
const INCLUDED_IN: Readonly<Record<string, string>> = {
  "storage.create": "storage.modify",
  "storage.read": "storage.stage",
};

interface Scope {
  readonly operation: string;
  /** Parts of the path; absent when there is no path. */
  readonly path?: readonly string[];
}

/**
 * Whether the scopes of a token allow something.
 *
 * @param scopes the claim `scope`: texts between blanks
 * @param wanted one scope, e.g. `read:/user/alice`
 * @returns nothing when `wanted` is no scope, or its path leaves its place
 */
export function allows(scopes: string, wanted: string): boolean | undefined {
  const need = parse(wanted);
  if (need === undefined) return undefined;
  return scopes.split(" ").some((text) => {
    const have = parse(text);
    return have !== undefined && covers(have, need);
  });
}

function covers(have: Scope, need: Scope): boolean {
  const included = INCLUDED_IN[need.operation];
  if (have.operation !== need.operation && have.operation !== included) return false;
  if (have.path === undefined || need.path === undefined) return have.path === need.path;
  return have.path.every((part, i) => need.path![i] === part);
}

function parse(text: string): Scope | undefined {
  const [, operation, path] =
    /^([\x21\x23-\x39\x3b-\x5b\x5d-\x7e]+)(?::(\/[\x21-\x7e]*))?$/.exec(text) ??
      [];
  if (operation === undefined) return undefined;
  if (path === undefined) return { operation };
  const parts = path.split("/").filter((part) => part !== "");
  // Where such a path leads is for every reader another question.
  if (!parts.every(isPathName)) return undefined;
  return { operation, path: parts };
}
