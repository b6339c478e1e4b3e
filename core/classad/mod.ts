/**
 * HTCondor's ClassAds: reading, evaluating and writing them.
 */

export { type AdValue, ClassAd, makeAd, toExpression } from "./ad.ts";
export { ClassAdError, type ClassAdErrorCode } from "./error.ts";
export { evaluate, type EvaluateOptions } from "./evaluate.ts";
export { type Expression, literal } from "./expression.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { type BadLine, type OldAdOptions, parseOldAd } from "./old_format.ts";
export { type AdText, parseAd, parseAds, parseExpression } from "./parser.ts";
export { printAd, printExpression, printOldAd, printValue, quoteName } from "./print.ts";
export { printRecord } from "./print_record.ts";
export { encodeText, isWellFormedText } from "./text.ts";
export { AbsoluteTime, ERROR, Real, real, RelativeTime, type Value, ValueList } from "./value.ts";
