/**
 * Reals as text, digit for digit as C's printf() writes them for HTCondor.
 */

/** `%1.15E`, with zero as `0.0` and no literal form for NaN and the infinities: new format. */
export function formatReal(value: number): string {
  return special(value) ?? scientific(value, 15);
}

/** `%.16G` with `.0` where that looks like an integer: long format. */
export function formatOldReal(value: number): string {
  const found = special(value);
  if (found !== undefined) return found;
  const rounded = scientific(value, 15);
  const at = rounded.indexOf("E");
  const exponent = Number(rounded.slice(at + 1));
  const sign = value < 0 ? "-" : "";
  const digits = rounded.slice(sign.length, at).replace(".", "").replace(/0+$/, "");
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits.charAt(0)}${fraction}${rounded.slice(at)}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

function special(value: number): string | undefined {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (Number.isNaN(value)) return 'real("NaN")';
  if (!Number.isFinite(value)) return value < 0 ? 'real("-INF")' : 'real("INF")';
  return undefined;
}

/** Mantissa with the given count of decimals, `E`, sign and at least two digits of exponent. */
function scientific(value: number, decimals: number): string {
  const text = roundHalfEven(value, decimals);
  const at = text.indexOf("e");
  const exponent = text.slice(at + 2).padStart(2, "0");
  return `${text.slice(0, at)}E${text.charAt(at + 1)}${exponent}`;
}

/** toExponential() rounds an exact tie away from zero, printf() to the even digit. */
function roundHalfEven(value: number, decimals: number): string {
  const text = value.toExponential(decimals);
  if (!value.toExponential(decimals + 4).includes("5000e")) return text; // no tie, as nearly always
  const exact = value.toExponential(100);
  const tail = exact.slice(exact.indexOf(".") + 1 + decimals, exact.indexOf("e"));
  if (!/^50*$/.test(tail)) return text;
  const kept = exact.slice(0, exact.indexOf(".") + 1 + decimals);
  return /[02468]$/.test(kept) ? kept + exact.slice(exact.indexOf("e")) : text;
}
