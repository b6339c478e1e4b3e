/** The files of the demonstration: what is asked for, and what must come of it. */

import { digestOf, noise, text } from "./content.ts";
import { type Check, failedWith, resumed, sentLength, sentToken } from "./judge.ts";
import type { Origin, Resource } from "./origin.ts";

/** One file to move. */
export interface Case {
  /** Name of the local file. */
  readonly name: string;
  readonly url: string;
  /** What is special about it, in a few words. */
  readonly about: string;
  /** Path at the servers. */
  readonly path?: string;
  /** What must be there afterwards; undefined: nothing, for the transfer has to fail. */
  readonly content: Uint8Array<ArrayBuffer> | undefined;
  /** `PluginData` of this file. */
  readonly options?: string;
  /** What else has to be so. */
  readonly check?: Check;
}

/** The tokens of the job, by credential name; made for this demonstration only. */
export const TOKENS: Readonly<Record<string, string>> = {
  "demo.read": "made-up-token-of-the-demo",
};

const BEARER = TOKENS["demo.read"]!;

const CONTENT = {
  good: text("Well begun is half done.\n"),
  large: noise(64 * 1024 * 1024),
  slow: noise(40_000),
  flaky: noise(5_000_000),
  secret: text("Only for holders of the token.\n"),
  moved: text("Found at its new home.\n"),
  corrupt: text("Not what was promised.\n"),
  inline: text("This text came inside its URL.\n"),
  result: noise(3_000_000),
} as const;

/** What the first server offers. `elsewhere` is the host of the second. */
export function resources(elsewhere: string): Record<string, Resource> {
  return {
    "/good.txt": { content: CONTENT.good },
    "/large.bin": { content: CONTENT.large, headers: digestOf(CONTENT.large) },
    "/slow.bin": { content: CONTENT.slow, pieces: 20 },
    "/flaky.bin": { content: CONTENT.flaky, cuts: [2_000_000, 1_500_000] },
    "/secret.txt": { content: CONTENT.secret, bearer: BEARER },
    "/moved.txt": {
      content: CONTENT.moved,
      bearer: BEARER,
      redirect: `http://${elsewhere}/new-home.txt`,
    },
    "/corrupt.bin": { content: CONTENT.corrupt, headers: digestOf(text("something else")) },
  };
}

/** What the second server offers. */
export const ELSEWHERE: Readonly<Record<string, Resource>> = {
  "/new-home.txt": { content: CONTENT.moved },
};

/** The downloads of `curl_plugin`. */
export function downloads(origin: Origin): Case[] {
  const at = (path: string, credential = "") => ({
    path,
    url: `${credential}http://${origin.host}${path}`,
  });
  return [
    { name: "good.txt", about: "nothing special", content: CONTENT.good, ...at("/good.txt") },
    {
      name: "large.bin",
      about: "states its digest",
      content: CONTENT.large,
      ...at("/large.bin"),
    },
    { name: "slow.bin", about: "comes drop by drop", content: CONTENT.slow, ...at("/slow.bin") },
    {
      name: "flaky.bin",
      about: "cut twice and resumed",
      content: CONTENT.flaky,
      ...at("/flaky.bin"),
      check: resumed({ cuts: 2 }),
    },
    {
      name: "secret.txt",
      about: "needs the job's token",
      content: CONTENT.secret,
      ...at("/secret.txt", "demo.read+"),
      check: sentToken(BEARER),
    },
    {
      name: "moved.txt",
      about: "has moved elsewhere",
      content: CONTENT.moved,
      ...at("/moved.txt", "demo.read+"),
      check: sentToken(BEARER),
    },
    {
      name: "missing.txt",
      about: "is not there",
      content: undefined,
      ...at("/missing.txt"),
      check: failedWith("Specification", { tries: 1 }),
    },
    {
      name: "corrupt.bin",
      about: "has a wrong digest",
      content: undefined,
      options: "[ MaxRetries = 1 ]",
      ...at("/corrupt.bin"),
      check: failedWith("Transfer", { tries: 2 }),
    },
  ];
}

/** The download of `data_plugin`. */
export const INLINE: readonly Case[] = [{
  name: "inline.txt",
  about: "comes in its URL",
  url: `data://text/plain;base64,${CONTENT.inline.toBase64()}/inline.txt`,
  content: CONTENT.inline,
}];

/** The upload of `curl_plugin`. */
export function uploads(origin: Origin): Case[] {
  return [{
    name: "result.bin",
    about: "goes to the server",
    path: "/out/result.bin",
    url: `http://${origin.host}/out/result.bin`,
    content: CONTENT.result,
    check: sentLength(CONTENT.result.length),
  }];
}
