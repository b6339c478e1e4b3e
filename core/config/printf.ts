/** The part of C's printf that `$INT`, `$REAL` and `$STRING` accept: exactly one conversion. */

interface Conversion {
  readonly before: string;
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly type: string;
  readonly after: string;
}

const WIDEST = 1000;

/**
 * A value in a format, or nothing when the format is not a valid one.
 *
 * @param types the conversions that are allowed, e.g. `diouxX`
 */
export function printf(
  format: string,
  value: bigint | number | string,
  types: string,
): string | undefined {
  const conversion = parse(format);
  if (conversion === undefined || !types.includes(conversion.type)) return undefined;
  const { before, after } = conversion;
  return before + pad(convert(conversion, value), conversion) + after;
}

function parse(format: string): Conversion | undefined {
  const literal = String.raw`((?:[^%]|%%)*)`;
  const match = new RegExp(
    String.raw`^${literal}%([-+ 0#]*)(\d{0,4})(?:\.(\d{0,4}))?(?:hh?|ll?)?([a-zA-Z])${literal}$`,
  ).exec(format);
  if (match === null) return undefined;
  const [, before, flags, width, precision, type, after] = match;
  return {
    before: before!.replaceAll("%%", "%"),
    flags: flags!,
    width: Math.min(Number(width), WIDEST),
    precision: precision === undefined ? undefined : Math.min(Number(precision), 100),
    type: type!,
    after: after!.replaceAll("%%", "%"),
  };
}

function convert(conversion: Conversion, value: bigint | number | string): string {
  const { type, precision, flags } = conversion;
  if (typeof value === "string") return precision === undefined ? value : value.slice(0, precision);
  if (typeof value === "number") return signed(value, real(Math.abs(value), conversion), flags);
  if (type === "c") return String.fromCharCode(Number(BigInt.asUintN(8, value)));
  const digits = (n: bigint, radix: number) => n.toString(radix).padStart(precision ?? 1, "0");
  if (type === "d" || type === "i") {
    return signed(value < 0n ? -1 : 1, digits(value < 0n ? -value : value, 10), flags);
  }
  // HTCondor passes a 64-bit value to a 32-bit conversion.
  const unsigned = BigInt.asUintN(32, value);
  if (type === "u") return digits(unsigned, 10);
  if (type === "o") return (flags.includes("#") ? "0" : "") + digits(unsigned, 8);
  const hex = (flags.includes("#") && unsigned !== 0n ? "0x" : "") + digits(unsigned, 16);
  return type === "X" ? hex.toUpperCase() : hex;
}

function signed(value: number, digits: string, flags: string): string {
  if (value < 0 || Object.is(value, -0)) return `-${digits}`;
  return (flags.includes("+") ? "+" : flags.includes(" ") ? " " : "") + digits;
}

function real(value: number, { type, precision = 6, flags }: Conversion): string {
  const kind = type.toLowerCase();
  const text = !Number.isFinite(value)
    ? String(value).toLowerCase().slice(0, 3)
    : kind === "f"
    ? value.toFixed(precision)
    : kind === "e"
    ? exponent(value.toExponential(precision))
    : general(value, Math.max(precision, 1), flags.includes("#"));
  return type === kind ? text : text.toUpperCase();
}

function general(value: number, precision: number, keepZeros: boolean): string {
  const power = value === 0 ? 0 : Number(value.toExponential(precision - 1).split("e")[1]);
  const fixed = power >= -4 && power < precision;
  const text = fixed ? value.toFixed(precision - 1 - power) : value.toExponential(precision - 1);
  const [mantissa = "", tail] = text.split("e");
  const short = keepZeros || !mantissa.includes(".") ? mantissa : mantissa.replace(/\.?0+$/, "");
  return exponent(tail === undefined ? short : `${short}e${tail}`);
}

/** C writes at least two digits of the exponent. */
function exponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

function pad(text: string, { flags, width, type }: Conversion): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0") || type === "s" || type === "c") return text.padStart(width);
  const sign = /^[-+ ]?(?:0[xX])?/.exec(text)![0];
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}
