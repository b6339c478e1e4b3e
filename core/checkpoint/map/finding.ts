/** What `condor_manifest check-map` finds. */

/** Errors make it fail; a note only says how things are. */
export type Severity = "error" | "warning" | "note";

/** Something about a line. */
export interface Finding {
  readonly severity: Severity;
  readonly text: string;
}

/** Shorthands. */
export const error = (text: string): Finding => ({ severity: "error", text });
/** A line that works, but perhaps not as meant. */
export const warning = (text: string): Finding => ({ severity: "warning", text });
/** A line that works as meant. */
export const note = (text: string): Finding => ({ severity: "note", text });
