/**
 * How long an answer asks to be left alone, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
 * Null when it says nothing that can be read.
 */
export function retryAfterOf(header: string | string[] | undefined, now = Date.now()): number | null {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const moment = /^[a-z]{3,9}, /i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? null : Math.max(0, moment - now);
}
