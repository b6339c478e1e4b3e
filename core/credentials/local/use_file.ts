/** The text of a `.use` file: a JSON object in one line, or the token alone. */

/** How a token is written. */
export interface UseForm {
  /** Seconds that the token is good for. */
  readonly lifetime: number;
  readonly useJson: boolean;
}

/**
 * The text of a `.use`, with Python's blanks as in HTCondor's own: its readers take lines, so that
 * the object has to be in one.
 *
 * @param token empty for a user who is to have none
 */
export function printUse(token: string, { lifetime, useJson }: UseForm): string {
  return useJson ? `{"access_token": "${token}", "expires_in": ${lifetime}}` : `${token}\n`;
}

/**
 * The token in a `.use` that is written as it would be now.
 *
 * @returns undefined for any other text
 */
export function readUse(text: string, form: UseForm): string | undefined {
  const token = /^(?:\{"access_token": "|)([\w.-]*)/.exec(text)?.[1] ?? "";
  return printUse(token, form) === text ? token : undefined;
}
