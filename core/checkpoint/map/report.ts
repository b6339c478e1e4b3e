/** What the commands about the map file answer. */

/** An answer, for people and for programs. */
export interface Report {
  readonly lines: readonly string[];
  /** For `--json`. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What the command ends with. */
  readonly status: 0 | 1;
}
