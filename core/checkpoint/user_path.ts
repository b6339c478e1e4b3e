/** Words of the map that stand for something else with each user. */
import { CleanupFailure } from "./failure.ts";
import { quote } from "./location.ts";
import type { StoreContext } from "./store.ts";

/**
 * The value of an option with the user's home for a `~` at its beginning, and name for each `%u`.
 *
 * @param option its name, for messages
 * @throws {CleanupFailure} `Credentials`, when it needs a user and none is known
 */
export function expandUser(
  text: string,
  { option, user }: { readonly option: string; readonly user: StoreContext["user"] },
): string {
  const isHome = text === "~" || text.startsWith("~/");
  if (!isHome && !text.includes("%u")) return text;
  if (user === undefined) {
    throw new CleanupFailure(
      "Credentials",
      `Cannot use -${option} ${quote(text)}: the user is unknown`,
    );
  }
  return (isHome ? `${user.home}${text.slice(1)}` : text).replaceAll("%u", () => user.name);
}
