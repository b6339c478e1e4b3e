/**
 * Times: the clock, their parts, and their text.
 */

import { ClassAd } from "../ad.ts";
import { formatTime, localOffset } from "../times.ts";
import { toReal } from "../convert.ts";
import { AbsoluteTime, ERROR, Real, RelativeTime, type Value } from "../value.ts";
import { argument, type BuiltIn, type Call, type Family } from "./call.ts";

function now(call: Call): AbsoluteTime {
  const seconds = call.evaluation.now();
  return new AbsoluteTime(seconds, localOffset(seconds));
}

function withoutArguments(answer: (call: Call) => Value): BuiltIn {
  return (call) => call.args.length === 0 ? answer(call) : ERROR;
}

/** A number or time as a moment; the offset is that of this machine unless one is given. */
function toMoment(value: Value, offset?: number): AbsoluteTime | undefined {
  if (value instanceof AbsoluteTime) return value;
  if (typeof value !== "bigint" && !(value instanceof Real) && !(value instanceof RelativeTime)) {
    return undefined;
  }
  const seconds = Math.trunc(toReal(value) ?? NaN);
  if (!Number.isFinite(seconds)) return undefined;
  return new AbsoluteTime(seconds, offset ?? localOffset(seconds));
}

function absTime(call: Call): Value {
  if (call.args.length === 0) return now(call);
  if (call.args.length > 2) return ERROR;
  const value = argument(call, 0);
  if (call.args.length === 1) return value === undefined ? undefined : toMoment(value) ?? ERROR;
  const offset = argument(call, 1);
  if (
    typeof offset !== "bigint" && !(offset instanceof Real) && !(offset instanceof RelativeTime)
  ) {
    return ERROR;
  }
  if (value === undefined) return undefined;
  return toMoment(value, Math.trunc(toReal(offset) ?? 0)) ?? ERROR;
}

function relTime(call: Call): Value {
  if (call.args.length !== 1) return ERROR;
  const value = argument(call, 0);
  if (value === undefined) return undefined;
  const seconds = typeof value === "boolean" || typeof value === "string"
    ? undefined
    : toReal(value);
  return seconds === undefined ? ERROR : new RelativeTime(seconds);
}

/** What a moment or a span is made of, under the names splitTime() gives. */
function split(value: Value): ClassAd | undefined {
  const ad = new ClassAd();
  if (value instanceof RelativeTime) {
    const total = Math.trunc(value.seconds);
    ad.set("Type", "RelativeTime");
    ad.set("Days", Math.trunc(total / 86400));
    ad.set("Hours", Math.trunc((total % 86400) / 3600));
    ad.set("Minutes", Math.trunc((total % 3600) / 60));
    ad.set("Seconds", new Real(total % 60 + value.seconds - total));
    return ad;
  }
  const moment = toMoment(value);
  if (moment === undefined) return undefined;
  const date = new Date((moment.seconds + moment.offset) * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  ad.set("Type", "AbsoluteTime");
  ad.set("Year", date.getUTCFullYear());
  ad.set("Month", date.getUTCMonth() + 1);
  ad.set("Day", date.getUTCDate());
  ad.set("Hours", date.getUTCHours());
  ad.set("Minutes", date.getUTCMinutes());
  ad.set("Seconds", date.getUTCSeconds());
  ad.set("Offset", moment.offset);
  return ad;
}

function splitTime(call: Call): Value {
  if (call.args.length !== 1) return ERROR;
  const value = argument(call, 0);
  return value === undefined ? undefined : split(value) ?? ERROR;
}

/** A part of a moment (in this machine's time zone) or of a span. */
function part(ofMoment: ((date: Date) => number) | undefined, ofSpan?: string): BuiltIn {
  return (call) => {
    const value = call.args.length === 1 ? argument(call, 0) : ERROR;
    if (value instanceof AbsoluteTime && ofMoment !== undefined) {
      return BigInt(ofMoment(new Date((value.seconds + localOffset(value.seconds)) * 1000)) || 0);
    }
    if (!(value instanceof RelativeTime) || ofSpan === undefined) return ERROR;
    return BigInt(Math.trunc(split(value)?.getReal(ofSpan) ?? 0));
  };
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / 86_400_000);
}

function format(call: Call): Value {
  if (call.args.length > 2) return ERROR;
  const value = call.args.length === 0 ? now(call) : argument(call, 0);
  const pattern = call.args.length === 2 ? argument(call, 1) : "%c";
  const moment = value instanceof RelativeTime ? undefined : toMoment(value);
  if (moment === undefined || typeof pattern !== "string") return ERROR;
  return formatTime(moment, pattern) ?? ERROR;
}

/** time(), absTime(), formatTime() and their relatives. */
export const TIME_FUNCTIONS: Family = {
  time: withoutArguments((call) => BigInt(Math.trunc(call.evaluation.now()))),
  currenttime: withoutArguments(now),
  timezoneoffset: withoutArguments((call) => new RelativeTime(now(call).offset)),
  daytime: withoutArguments((call) => {
    const { seconds, offset } = now(call);
    return new RelativeTime((((seconds + offset) % 86400) + 86400) % 86400);
  }),
  abstime: absTime,
  reltime: relTime,
  splittime: splitTime,
  formattime: format,
  getyear: part((date) => date.getUTCFullYear()),
  getmonth: part((date) => date.getUTCMonth() + 1),
  getdayofyear: part(dayOfYear),
  getdayofmonth: part((date) => date.getUTCDate()),
  getdayofweek: part((date) => date.getUTCDay()),
  getdays: part(undefined, "Days"),
  gethours: part((date) => date.getUTCHours(), "Hours"),
  getminutes: part((date) => date.getUTCMinutes(), "Minutes"),
  getseconds: part((date) => date.getUTCSeconds(), "Seconds"),
};
