/**
 * Times as text.
 */

import type { AbsoluteTime, RelativeTime } from "./value.ts";

/** `2026-01-31T12:00:00+01:00` (ISO 8601). */
export function formatAbsoluteTime(time: AbsoluteTime): string {
  const date = new Date((time.seconds + time.offset) * 1000);
  const shown = Number.isNaN(date.getTime())
    ? "1970-01-01T00:00:00"
    : date.toISOString().slice(0, -5);
  const minutes = Math.abs(Math.trunc(time.offset / 60));
  const sign = time.offset < 0 ? "-" : "+";
  return `${shown}${sign}${twoDigits(Math.trunc(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

/** `days+hours:minutes:seconds`, without the leading parts that are zero. */
export function formatRelativeTime(time: RelativeTime): string {
  const sign = time.seconds < 0 ? "-" : "";
  const total = Math.trunc(Math.abs(time.seconds));
  const days = Math.trunc(total / 86400);
  const hours = Math.trunc(total / 3600) % 24;
  const minutes = Math.trunc(total / 60) % 60;
  const seconds = twoDigits(total % 60);
  if (days > 0) return `${sign}${days}+${twoDigits(hours)}:${twoDigits(minutes)}:${seconds}`;
  if (hours > 0) return `${sign}${twoDigits(hours)}:${twoDigits(minutes)}:${seconds}`;
  return minutes > 0 ? `${sign}${twoDigits(minutes)}:${seconds}` : `${sign}${seconds}`;
}

function twoDigits(value: number): string {
  return value.toString().padStart(2, "0");
}
