/** What is known of a plug-in before it is started. */
import { isPinion } from "../../cli/is_pinion.ts";

/** The file of a plug-in. */
export interface ProgramState {
  readonly exists: boolean;
  /** A regular file that somebody may start. */
  readonly isExecutable: boolean;
  /** One of this project's executables. */
  readonly isPinion: boolean;
}

/** Looks at the file of a plug-in; one that cannot be looked at is not there. */
export async function programState(path: string): Promise<ProgramState> {
  const status = await Deno.stat(path).catch(() => undefined);
  if (status === undefined) return { exists: false, isExecutable: false, isPinion: false };
  return {
    exists: true,
    isExecutable: status.isFile && ((status.mode ?? 0) & 0o111) !== 0,
    // Whoever may start a program may still not be allowed to read it.
    isPinion: await isPinion(path).catch(() => false),
  };
}
