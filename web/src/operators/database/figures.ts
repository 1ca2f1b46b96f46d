import { formatNumber } from "../../lib/text.ts";
import { shortDuration } from "../../lib/time.ts";

const units = ["bytes", "kB", "MB", "GB", "TB"];

/** `12.4 MB`; a dash where it is not known. */
export function bytes(given: unknown): string {
  if (given === null || given === undefined) return "—";
  let value = Number(given);
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A whole number, GraphQL's large ones too; a dash where it is not known. */
export const count = (given: unknown): string =>
  given === null || given === undefined ? "—" : formatNumber(Number(given));

/** A time span given in seconds; a dash where it is not known. */
export const seconds = (given: number | null | undefined): string =>
  given === null || given === undefined ? "—" : shortDuration(given * 1_000);
