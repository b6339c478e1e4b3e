/** What only the C library can do. */
export { type Account, accountById, accountByName } from "./accounts.ts";
export { shownName } from "./descriptor.ts";
export { Directory } from "./directory.ts";
export { errorCode, errorText, PosixError } from "./error.ts";
export { groupByName } from "./groups.ts";
export type { DirectoryEntry } from "./listing.ts";
export { makeDirectory, type MakeOptions } from "./make_directory.ts";
export { isMountPoint } from "./mounts.ts";
export { OpenFile, type Owner } from "./open_file.ts";
export { becomeUser, effectiveUser, keepDescriptors, unblockSignals } from "./process.ts";
export { replaceFile, replaceFileSync, type ReplaceOptions } from "./replace_file.ts";
export { type EntryType, type FileStatus, isSameFile } from "./status.ts";
export { isTemporaryName } from "./temporary_name.ts";
