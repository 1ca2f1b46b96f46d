const count = new Intl.NumberFormat("en");

/** `1 job`, `1,200 jobs`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count.format(number)} ${number === 1 ? one : many}`;
}

export const formatNumber = (number: number): string => count.format(number);

/** The end of a UUID: ids of one moment begin alike. */
export const shortId = (id: string): string => id.slice(-8);

/** A fraction of 0 to 1: `37%`. */
export const percent = (fraction: number): string => `${Math.round(fraction * 100)}%`;
