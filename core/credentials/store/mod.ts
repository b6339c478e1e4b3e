/** The credential directory: what is in it, and how it is read and written. */
export { StoreError, type StoreErrorCode } from "./error.ts";
export { CredentialStore } from "./store.ts";
export type {
  CondorIds,
  CredentialExtension,
  CredentialName,
  FileFacts,
  ListedCredential,
  LockOptions,
  Mark,
  StoreOptions,
} from "./types.ts";
