/**
 * Text as Postgres can store it: a NUL or half a surrogate pair, which an endpoint may well answer, becomes U+FFFD.
 * Judged is what is stored, so that a judgement made later comes to the same verdict.
 */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}
