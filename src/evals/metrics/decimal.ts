/**
 * A decimal number exactly as written: `digits` × 10^-`scale`. Comparing text through `number` would call
 * 9007199254740993 and 9007199254740992 equal, and 0.3 within 0.1 of 0.2 a matter of luck.
 */
export type Decimal = { digits: bigint; scale: number };

const written = /^([-+−]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d{1,3}))?$/;

/** Reads a plain or scientific number (`-12`, `1.50`, `.5`, `1e-3`); null when it is none. */
export function parseDecimal(text: string): Decimal | null {
  const match = written.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (whole + fraction === "") return null;
  const digits = BigInt(whole + fraction);
  return {
    digits: sign === "-" || sign === "−" ? -digits : digits,
    scale: fraction.length - Number(exponent),
  };
}

/** Whether |a - b| <= tolerance, without rounding anywhere. */
export function within(a: Decimal, b: Decimal, tolerance: Decimal): boolean {
  const scale = Math.max(a.scale, b.scale, tolerance.scale);
  const at = (value: Decimal) => value.digits * 10n ** BigInt(scale - value.scale);
  const difference = at(a) - at(b);
  return (difference < 0n ? -difference : difference) <= at(tolerance);
}
