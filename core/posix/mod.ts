/** What only the C library can do. */
export { type Account, accountById, accountByName } from "./accounts.ts";
export { shownName } from "./descriptor.ts";
export { Directory, type DirectoryEntry, type EntryType } from "./directory.ts";
export { errorCode, errorText, PosixError } from "./error.ts";
export { isMountPoint } from "./mounts.ts";
export { becomeUser, effectiveUser, keepDescriptors, unblockSignals } from "./process.ts";
