/** Bearer tokens as HTCondor lays them out for a job. */
export { readToken, type Token, tokenFileName } from "./read_token.ts";
