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
