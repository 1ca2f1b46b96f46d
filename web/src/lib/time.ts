/** A time span in its two largest units: `3.2 s`, `4 min 10 s`, `2 h 5 min`, `6 d 3 h`. */
export function shortDuration(ms: number): string {
  if (ms < 1) return "0 ms";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return join(`${minutes} min`, seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return join(`${hours} h`, minutes % 60, "min");
  return join(`${Math.floor(hours / 24)} d`, hours % 24, "h");
}

/** `in 5 min`, `3 s ago`, `now`. */
export function relativeTime(at: number, now: number): string {
  const ms = at - now;
  if (Math.abs(ms) < 1_000) return "now";
  const span = shortDuration(Math.abs(ms) < 10_000 ? Math.round(Math.abs(ms) / 1_000) * 1_000 : Math.abs(ms))
    .replace(".0 s", " s")
    .replace(/^(\d+ (?:min|d|h)) .*/, "$1");
  return ms > 0 ? `in ${span}` : `${span} ago`;
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A moment in full, in the reader's zone and language. */
export const exactTime = (at: string | number): string => exact.format(new Date(at));
/** Hours, minutes, seconds. */
export const clockTime = (at: string | number): string => clock.format(new Date(at));

/** The time between two moments; undefined while one is missing. */
export function between(from: string | null | undefined, to: string | null | undefined): string | undefined {
  if (from === null || from === undefined || to === null || to === undefined) return undefined;
  return shortDuration(Math.max(0, Date.parse(to) - Date.parse(from)));
}

function join(whole: string, rest: number, unit: string): string {
  return rest === 0 ? whole : `${whole} ${rest} ${unit}`;
}
