/** What EC2 announces through the metadata service (EC2 user guide, "Spot Instance interruption notices"). */

/** An interruption to come. */
export interface SpotNotice {
  /** `terminate`, `stop`, `hibernate`, or a word that is new. */
  readonly action: string;
  /** When it will be, in milliseconds since the epoch; undefined when that cannot be read. */
  readonly time: number | undefined;
}

/** Item of an interruption; absent until one is announced. */
export const NOTICE_ITEM = "meta-data/spot/instance-action";
/** Item of a recommendation to move work away; absent until there is one. */
export const REBALANCE_ITEM = "meta-data/events/recommendations/rebalance";

/**
 * Reads an interruption, such as `{"action": "terminate", "time": "2026-11-01T08:22:00Z"}`. That
 * there is one counts more than how it is written.
 */
export function parseNotice(text: string): SpotNotice {
  const { action, time } = parseObject(text);
  return {
    action: typeof action === "string" && /^[a-z-]{1,32}$/.test(action) ? action : "unknown",
    time: parseTime(time),
  };
}

/**
 * Reads a recommendation, such as `{"noticeTime": "2026-11-01T08:22:00Z"}`.
 *
 * @returns when it was made, in milliseconds since the epoch; undefined when that cannot be read
 */
export function parseRebalance(text: string): number | undefined {
  return parseTime(parseObject(text)["noticeTime"]);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function parseTime(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
