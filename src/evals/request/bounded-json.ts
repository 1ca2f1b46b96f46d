/** Longest output kept of an answer, in characters. */
export const maxOutputLength = 256 * 1024;

/**
 * JSON text of a value, given up as soon as it is too long: a found list may hold one large part thousands of times.
 * @throws Error when longer than `max` characters or nested too deep
 */
export function boundedJson(value: unknown, max: number): string {
  let left = max;
  return JSON.stringify(value, (key, part: unknown) => {
    left -= key.length + (typeof part === "string" ? part.length : 1);
    if (left < 0) throw new Error(`it has more than ${max} characters as JSON`);
    return part;
  });
}
