/** What the credential store shows of its files. */

/** A credential by its place: `<user>/<name>.top` and `<user>/<name>.use`. */
export interface CredentialName {
  /** Name of the user's directory: the user without `@domain`. */
  readonly user: string;
  /** `<provider>` or `<provider>_<handle>`; a file's name without its extension. */
  readonly name: string;
}

/** A file as it was when the directory was listed. */
export interface FileFacts {
  readonly size: number;
  /** Unix time of its content in milliseconds. */
  readonly mtime: number;
  readonly inode: bigint;
}

/** A credential that somebody asked for: its `.top` is there. */
export interface ListedCredential extends CredentialName {
  readonly top: FileFacts;
  /** Its `.use`, unless it has none that can be used: then it is to be made first. */
  readonly use?: FileFacts;
}
