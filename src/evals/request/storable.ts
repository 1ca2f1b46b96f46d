/**
 * Text as Postgres can store it: a NUL or half a surrogate pair, which an endpoint may well answer, becomes U+FFFD.
 * Judged is what is stored, so that a judgement made later comes to the same verdict.
 */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/** The same for a JSON value. */
export function storableJson(value: unknown): unknown {
  if (typeof value === "string") return storable(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(storableJson);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [storable(key), storableJson(part)]));
}
