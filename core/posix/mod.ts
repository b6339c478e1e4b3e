/** What only the C library can do. */
export { type Account, accountById, accountByName } from "./accounts.ts";
export { Directory, type DirectoryEntry, type EntryType, shownName } from "./directory.ts";
export { errorCode, PosixError } from "./error.ts";
export { becomeUser, effectiveUser, keepDescriptors, unblockSignals } from "./process.ts";
