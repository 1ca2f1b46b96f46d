import { formatNumber } from "../../lib/text.ts";
import { shortDuration } from "../../lib/time.ts";

type Limits = { maxRunning: number | null; rateJobs: number | null; rateMs: number | null };

/** `10 at once, 5 per 1 s`; undefined where there is no limit. */
export function limitsInWords({ maxRunning, rateJobs, rateMs }: Limits): string | undefined {
  const words = [
    maxRunning === null ? undefined : `${formatNumber(maxRunning)} at once`,
    rateJobs === null || rateMs === null
      ? undefined
      : `${formatNumber(rateJobs)} per ${shortDuration(rateMs)}`,
  ].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : words.join(", ");
}
