/**
 * Times as text, and text as times.
 */

import { AbsoluteTime, RelativeTime } from "./value.ts";

/** Seconds by which this machine's clock runs ahead of UTC at a moment. */
export function localOffset(seconds: number): number {
  return -new Date(seconds * 1000).getTimezoneOffset() * 60 || 0;
}

/** `2026-01-31T12:00:00+01:00` (ISO 8601). */
export function formatAbsoluteTime(time: AbsoluteTime): string {
  const date = new Date((time.seconds + time.offset) * 1000);
  const shown = Number.isNaN(date.getTime())
    ? "1970-01-01T00:00:00"
    : date.toISOString().slice(0, -5);
  const minutes = Math.abs(Math.trunc(time.offset / 60));
  // UTC itself is written with a minus sign, as HTCondor does.
  const sign = time.offset > 0 ? "+" : "-";
  return `${shown}${sign}${digits(Math.trunc(minutes / 60))}:${digits(minutes % 60)}`;
}

/** `days+hours:minutes:seconds` without the leading parts that are zero; or seconds with a fraction. */
export function formatRelativeTime(time: RelativeTime): string {
  if (!Number.isFinite(time.seconds)) return "00";
  if (!Number.isInteger(time.seconds)) {
    const text = time.seconds.toString();
    return text.includes("e") ? time.seconds.toFixed(20) : text;
  }
  const sign = time.seconds < 0 ? "-" : "";
  const total = Math.abs(time.seconds);
  const days = Math.trunc(total / 86400);
  const hours = digits(Math.trunc(total / 3600) % 24);
  const minutes = digits(Math.trunc(total / 60) % 60);
  const seconds = digits(total % 60);
  if (days > 0) return `${sign}${days}+${hours}:${minutes}:${seconds}`;
  if (total >= 3600) return `${sign}${hours}:${minutes}:${seconds}`;
  return total >= 60 ? `${sign}${minutes}:${seconds}` : `${sign}${seconds}`;
}

const MOMENT =
  /^\D{0,100}(\d{4})\D?(\d\d)\D?(\d\d)(?:\D?(\d\d)(?:\D?(\d\d)(?:\D?(\d\d)(?:\.\d{1,20})?)?)?)? ?(?:z|([+-])(\d\d):?(\d\d))?$/i;

/** A moment written as in ISO 8601, with or without separators; undefined if it is none. */
export function parseAbsoluteTime(text: string): AbsoluteTime | undefined {
  const found = MOMENT.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hours, minutes, seconds] = found.slice(1, 7).map((part) =>
    Number(part ?? 0)
  ) as [number, number, number, number, number, number];
  const local = Date.UTC(year, month - 1, day, hours, minutes, seconds) / 1000;
  const isUtc = /z$/i.test(text);
  const offset = found[7] === undefined
    ? (isUtc ? 0 : localOffset(local))
    : (found[7] === "-" ? -1 : 1) * (Number(found[8]) * 3600 + Number(found[9]) * 60);
  return new AbsoluteTime(local - offset, offset);
}

const SPAN_BY_COLONS =
  /^\s{0,100}([+-]?)(?:(\d{1,15})\+)?(?:(?:(\d{1,15}):)?(\d{1,15}):)?(\d{0,15}(?:\.\d{1,40})?)s?\s{0,100}$/i;
const SPAN_BY_LETTERS =
  /^\s{0,100}([+-]?)(?:(\d{1,15})\s?d)?\s?(?:(\d{1,15})\s?h)?\s?(?:(\d{1,15})\s?m)?\s?(?:(\d{1,15}(?:\.\d{1,40})?)\s?s)?\s{0,100}$/i;

/** A span written `days+hours:minutes:seconds` or `1d2h3m4s`; undefined if it is none. */
export function parseRelativeTime(text: string): RelativeTime | undefined {
  const found = SPAN_BY_COLONS.exec(text) ?? SPAN_BY_LETTERS.exec(text);
  if (found === null) return undefined;
  const [days, hours, minutes, seconds] = found.slice(2).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  const total = days * 86400 + hours * 3600 + minutes * 60 + seconds;
  return new RelativeTime(found[1] === "-" ? -total : total);
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** A moment by a pattern of strftime(3) in the C locale; undefined beyond the calendar. */
export function formatTime(time: AbsoluteTime, pattern: string): string | undefined {
  const date = new Date((time.seconds + time.offset) * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  return pattern.replace(/%(.)/gs, (whole, letter: string) => conversion(date, letter) ?? whole);
}

function conversion(date: Date, letter: string): string | undefined {
  const also = (pattern: string): string =>
    pattern.replace(/%(.)/g, (_, inner: string) => conversion(date, inner) ?? "");
  const weekday = DAYS[date.getUTCDay()] ?? "";
  const month = MONTHS[date.getUTCMonth()] ?? "";
  const hours = date.getUTCHours();
  const yearDay = Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / 86_400_000);
  switch (letter) {
    case "%":
      return "%";
    case "a":
      return weekday.slice(0, 3);
    case "A":
      return weekday;
    case "b":
    case "h":
      return month.slice(0, 3);
    case "B":
      return month;
    case "c":
      return also("%a %b %e %H:%M:%S %Y");
    case "C":
      return digits(Math.floor(date.getUTCFullYear() / 100));
    case "d":
      return digits(date.getUTCDate());
    case "D":
    case "x":
      return also("%m/%d/%y");
    case "e":
      return date.getUTCDate().toString().padStart(2);
    case "F":
      return also("%Y-%m-%d");
    case "H":
      return digits(hours);
    case "I":
      return digits(hours % 12 || 12);
    case "j":
      return (yearDay + 1).toString().padStart(3, "0");
    case "k":
      return hours.toString().padStart(2);
    case "l":
      return (hours % 12 || 12).toString().padStart(2);
    case "m":
      return digits(date.getUTCMonth() + 1);
    case "M":
      return digits(date.getUTCMinutes());
    case "n":
      return "\n";
    case "p":
      return hours < 12 ? "AM" : "PM";
    case "r":
      return also("%I:%M:%S %p");
    case "R":
      return also("%H:%M");
    case "s":
      return Math.floor(date.getTime() / 1000).toString();
    case "S":
      return digits(date.getUTCSeconds());
    case "t":
      return "\t";
    case "T":
    case "X":
      return also("%H:%M:%S");
    case "u":
      return (date.getUTCDay() || 7).toString();
    case "U":
      return digits(Math.floor((yearDay + 7 - date.getUTCDay()) / 7));
    case "w":
      return date.getUTCDay().toString();
    case "W":
      return digits(Math.floor((yearDay + 7 - (date.getUTCDay() + 6) % 7) / 7));
    case "y":
      return digits(((date.getUTCFullYear() % 100) + 100) % 100);
    case "Y":
      return date.getUTCFullYear().toString();
    // The parts of a moment carry no zone; C then answers for UTC.
    case "z":
      return "+0000";
    case "Z":
      return "UTC";
    default:
      return undefined;
  }
}

function digits(value: number): string {
  return value.toString().padStart(2, "0");
}
