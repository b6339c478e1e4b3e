/** Bearer tokens as HTCondor lays them out for a job, and as users keep them. */
export { type DiscoverOptions, discoverToken, type Discovery } from "./discover_token.ts";
export { readToken, readTokenFile, type Token, tokenFileName } from "./read_token.ts";
